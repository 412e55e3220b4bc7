import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InvoiceExplanation } from '../../shared/billing/explanation.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { daybook } from './command-line.ts';
import { EFFECTS, ratedMonth } from './month.ts';

const INVOICE = '2026-10/acme/usage';

/** For the tests that only read. */
let db: TestDatabase;
beforeAll(async () => {
  db = await ratedMonth();
});
afterAll(() => db.remove());

const explain = (...options: string[]) =>
  daybook(['invoice', 'explain', INVOICE, ...options], { database: db.database, effects: EFFECTS });
const explanation = async () => (await explain('--json')).json() as InvoiceExplanation;

describe('promise 5: each billed quantity is led back to its rows', () => {
  test('620 fee + graduated(301.5) = 20.15 + peak 140 × 0.5 = 70.00: 710.15 in all, and everything computed anew matches', async () => {
    const { totalMinor, matches, documentMatches, lines } = await explanation();
    expect({ totalMinor, matches, documentMatches }).toEqual({
      totalMinor: '71015',
      matches: true,
      documentMatches: true,
    });
    expect(lines.map((line) => [line.key, line.exact.billed, line.amountMinor])).toEqual([
      ['fee', '620', '62000'],
      ['requests', '20.15', '2015'],
      ['peak:acme-app', '70', '7000'],
    ]);
  });

  test('a quantity names its roll-up, its six rows with their checkpoints, and the same figure rolled up anew', async () => {
    const { lines } = await explanation();
    const [requests] = lines[1]?.values ?? [];
    expect(requests).toMatchObject({
      kind: 'metric',
      name: 'requests',
      unit: 'request',
      rollup: 'sum',
      divisor: '1',
      value: { billed: '301.5', recomputed: '301.5', matches: true },
      days: [
        { day: '2026-10-01', total: '100.5' },
        { day: '2026-10-02', total: '100.5' },
        { day: '2026-10-03', total: '100.5' },
      ],
    });
    expect(requests?.kind === 'metric' && requests.rows).toHaveLength(6);
    expect(requests?.kind === 'metric' && requests.rows[0]).toEqual({
      project: 'acme-app',
      region: 'eu-west',
      day: '2026-10-01',
      quantity: '50.25',
      checkpoint: 'eu-west/requests/2026-10-01@1',
    });
  });

  test('a maximum is the greatest day total over regions, not the greatest row', async () => {
    const { lines } = await explanation();
    const peak = lines[2]?.values.find((value) => value.name === 'peak_rps');
    expect(peak).toMatchObject({
      kind: 'metric',
      rollup: 'max',
      value: { billed: '140', recomputed: '140', matches: true },
    });
  });

  test('a checkpoint carries its revision, digest, row count and the queries with their parameters', async () => {
    const { checkpoints } = await explanation();
    expect(checkpoints).toHaveLength(12);
    expect(checkpoints.find(({ name }) => name === 'us-east/requests/2026-10-02@1')).toMatchObject({
      revision: 1,
      status: 'complete',
      rowCount: 2,
      total: '51.25',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      queries: [
        {
          text: 'last_over_time(requests{region="us-east"}[86400s])',
          parameters: { time: '2026-10-02T23:59:59.999Z' },
        },
      ],
      facts: { series: 2 },
    });
  });
});

describe('what went into a line', () => {
  test('a parameter says whether plan or contract gave it, and a rate shows its tiers', async () => {
    const { lines } = await explanation();
    expect(lines[0]?.values).toContainEqual({
      kind: 'parameter',
      name: 'fee',
      value: '620',
      unit: 'usd',
      source: 'contract',
      planValue: '310',
    });
    expect(lines[2]?.values).toContainEqual({
      kind: 'parameter',
      name: 'price_per_rps',
      value: '0.5',
      unit: 'usd*s/request',
      source: 'plan',
      planValue: '0.5',
    });
    expect(lines[1]?.rates).toMatchObject([
      { name: 'request_rate', source: 'plan', rate: { per: 'request', tiers: [{ upTo: '100' }, { upTo: null }] } },
    ]);
    expect(lines[1]?.parts.map((part) => part.amountMinor)).toEqual(['0', '2015']);
  });

  test('the text folds long lists, and --full shows every row, checkpoint and query', async () => {
    const [folded, full] = [(await explain()).out, (await explain('--full')).out];
    expect(folded).toContain('acme-app in eu-west: 3 days, 2026-10-01 to 2026-10-03, 150.75 in all');
    expect(folded).toContain('formula  graduated(requests, request_rate)');
    expect(folded).toContain('fee = 620 usd by the contract, in place of 310 of the plan');
    expect(folded).not.toContain('2026-10-02T23:59:59.999Z');
    expect(full).toContain('2026-10-02  acme-app  eu-west  50.25  from eu-west/requests/2026-10-02@1');
    expect(full.match(/query last_over_time/g)).toHaveLength(12);
    expect(folded).toContain('matches: 3 lines on 12 checkpoints');
  });
});

describe('wrong ids', () => {
  test('an unknown invoice is refused with the command that lists them', async () => {
    const { code, err } = await daybook('invoice explain 2026-10/nobody/usage', { database: db.database });
    expect(err).toContain('There is no invoice "2026-10/nobody/usage": daybook invoice list');
    expect(code).toBe(1);
  });
});
