import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approveWaiverOfCell } from '../../shared/billing/approve-waiver.ts';
import type { InvoiceExplanation } from '../../shared/billing/explanation.ts';
import type { UtcDay } from '../../shared/calendar/utc-day.ts';
import { proposeWaiver } from '../../shared/usage/waivers.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { daybook } from './command-line.ts';
import { aggregateMonth, aggregateRegion, DAYS, EFFECTS, ratedMonth, rateMonth, seedCatalogue } from './month.ts';

const INVOICE = '2026-10/acme/usage';

describe('an explanation can fail', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await ratedMonth();
  });
  afterEach(() => db.remove());

  const explain = (...options: string[]) =>
    daybook(['invoice', 'explain', INVOICE, ...options], { database: db.database, effects: EFFECTS });
  const explanation = async () => (await explain('--json')).json() as InvoiceExplanation;

  /** Changes what no role of the application can change, as a thief with the owner's rights would. */
  async function tamper(table: string, statement: string): Promise<void> {
    await db.owner.query(`alter table ${table} disable trigger user`);
    await db.owner.query(statement);
    await db.owner.query(`alter table ${table} enable trigger user`);
  }

  test('a changed usage row: the quantity and the document differ, and the exit code is 1', async () => {
    await tamper(
      'usage_daily',
      `update usage_daily set quantity = 60 where metric = 'requests' and project_id = 'acme-app' and day = '2026-10-02' and region = 'eu-west'`,
    );
    const run = await explain('--json');
    const { matches, documentMatches, lines } = run.json() as InvoiceExplanation;
    expect({ matches, documentMatches }).toEqual({ matches: false, documentMatches: false });
    expect(lines[1]?.values[0]).toMatchObject({ value: { billed: '301.5', recomputed: '311.25', matches: false } });
    expect(lines[1]?.exact).toEqual({ billed: '20.15', recomputed: '21.125', matches: false });
    expect(lines[0]?.exact.matches).toBe(true);
    expect(run.code).toBe(1);
    expect((await explain()).out).toContain('rolled up anew from 6 rows: 311.25');
  });

  test('a changed amount: the rounding differs', async () => {
    await tamper('charges', `update charges set amount = 7001 where line_key = 'peak:acme-app'`);
    const { matches, lines } = await explanation();
    expect(matches).toBe(false);
    expect(lines[2]?.rounding).toEqual({ billed: '7001', recomputed: '7000', matches: false });
  });

  test('a changed document: its digest no longer fits', async () => {
    await tamper('invoices', `update invoices set document = replace(document, 'Platform fee', 'Platform tax')`);
    expect(await explanation()).toMatchObject({ matches: false, documentMatches: false });
  });
});

describe('an explanation and what came since', () => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await ratedMonth();
  });
  afterEach(() => db.remove());

  test('a superseded checkpoint is named as the one that the invoice rests on, and a corrected divisor changes nothing', async () => {
    await aggregateRegion(db, 'eu-west', DAYS[0] as UtcDay, undefined, {
      requests: [{ project: 'acme-app', quantity: '9999' }],
    });
    await db.owner.query('update metrics set divisor = 1000');
    const run = await daybook(`invoice explain ${INVOICE} --json`, { database: db.database });
    const { checkpoints, matches } = run.json() as InvoiceExplanation;
    expect(matches).toBe(true);
    expect(checkpoints.find(({ name }) => name === 'eu-west/requests/2026-10-01@1')).toMatchObject({
      status: 'superseded',
    });
    expect((await daybook(`invoice explain ${INVOICE} --full`, { database: db.database })).out).toContain(
      'superseded since',
    );
  });
});

describe('what is not in a line', () => {
  let other: TestDatabase;
  beforeEach(async () => {
    other = await createTestDatabase();
    await seedCatalogue(other);
  });
  afterEach(() => other.remove());
  const explained = async () =>
    (await daybook(`invoice explain ${INVOICE} --json`, { database: other.database })).json() as InvoiceExplanation;

  test('usage of a metric that the plan does not bill is listed with its rows and the reason', async () => {
    await other.owner.query(`insert into metrics values ('tokens', 'Tokens', 'token', 'sum', 1)`);
    await other.owner.query(
      `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, active_to)
       values ('tokens', 1, 'tokens', 'eu-west', '{}', 'sha256:tokens', '2026-10-01', '2026-10-04')`,
    );
    await aggregateMonth(other, { tokens: [{ project: 'acme-app', quantity: '7' }] });
    await rateMonth(other);
    const { exclusions, matches } = await explained();
    expect(exclusions).toEqual([{ metric: 'tokens', rows: 3, quantity: '21', reason: 'metric_not_in_plan' }]);
    expect(matches).toBe(true);
  });

  test('a held invoice says why, and has no lines', async () => {
    await aggregateMonth(other, { requests: [{ project: 'acme-app', quantity: '1e30' }] });
    await rateMonth(other);
    expect(await explained()).toMatchObject({
      status: 'held',
      holdReason: expect.stringContaining('amount_out_of_range'),
      lines: [],
      matches: true,
    });
    const { out } = await daybook(`invoice explain ${INVOICE}`, { database: other.database });
    expect(out).toMatch(/held +amount_out_of_range/);
  });

  test('a day that was waived is named with who decided and why', async () => {
    for (const day of DAYS) {
      await aggregateRegion(other, 'us-east', day);
      if (day !== DAYS[2]) await aggregateRegion(other, 'eu-west', day);
    }
    await aggregateRegion(other, 'eu-west', DAYS[2] as UtcDay, 'requests');
    const deps = { database: other.database, effects: EFFECTS };
    const cell = { region: 'eu-west', source: 'requests', day: DAYS[2] as UtcDay };
    await proposeWaiver(deps, { cell, author: 'person:ana', why: 'the source lost the day' });
    await approveWaiverOfCell(deps, { cell, approver: 'person:fay', why: 'seen' });
    await rateMonth(other);
    const { waivers, checkpoints, matches } = await explained();
    expect(waivers).toEqual([
      {
        region: 'eu-west',
        source: 'requests',
        metric: 'requests',
        day: '2026-10-03',
        author: 'person:ana',
        approver: 'person:fay',
        why: 'the source lost the day',
      },
    ]);
    expect(checkpoints.filter(({ metric }) => metric === 'requests')).toHaveLength(5);
    expect(matches).toBe(true);
  });
});
