import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPromises } from '../../shared/audit/promises.ts';
import { verifyAuditLog } from '../../shared/audit/verify.ts';
import type { InvoiceReplay } from '../../shared/billing/replay.ts';
import { replayInvoices } from '../../shared/billing/replay-period.ts';
import { daybook } from '../cli/command-line.ts';
import {
  billOctober,
  comesLate,
  NOVEMBER,
  OCTOBER,
  openMonth,
  rateNovember,
  signOff,
  UNIT_PLAN,
} from '../corrections/setting.ts';
import { type Issuing, issueAll, openStripe } from '../corrections/stripe.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { parseCsv } from '../exports/parse-csv.ts';
import { Intruder } from './issued-month.ts';

const ADJUSTMENT = '2026-10/acme/adjustment/1';

let db: TestDatabase;
let issuing: Issuing;
let intruder: Intruder;
/** October was billed at 9 × 10.00 and is right at 2 (−70.00); November bears 20.00 of it, and 50.00 are a credit. */
beforeAll(async () => {
  db = await openMonth(UNIT_PLAN);
  issuing = await openStripe(db);
  await billOctober(db, { 'acme-app': '9' });
  await comesLate(db, { 'acme-app': '2' });
  await rateNovember(db, { 'acme-app': '2' });
  intruder = new Intruder(db.url);
});
afterAll(async () => {
  await issuing.stripe.close();
  await intruder.close();
  await db.remove();
});

const LONG_AGO = { settledBefore: new Date('2020-01-01T00:00:00Z') };
const afterwards = (...statements: readonly string[]) =>
  intruder.afterwards(statements, async (transaction) => ({
    faults: (await verifyAuditLog(transaction)).faults,
    breaches: (await checkPromises(transaction, LONG_AGO)).flatMap(({ promise, breaches }) =>
      breaches.map(({ place }) => `${promise}: ${place}`),
    ),
  }));

describe('promise 12: billed + adjustments = corrected, in the data at rest', () => {
  test('a correction that was carried and credited keeps every promise', async () => {
    const { rows } = await db.owner.query('select status, total::int from adjustments');
    expect(rows).toEqual([{ status: 'placed', total: -7000 }]);
    expect(await afterwards()).toEqual({ faults: [], breaches: [] });
  });

  test.each([
    [
      'its total and what is right',
      `update adjustments set total = total + 1, corrected = corrected + 1`,
      [`12: adjustment ${ADJUSTMENT}`],
      ['corrected', 'total'],
    ],
    [
      'its document, with the digest',
      `with forged as (select replace(document, '"-7000"', '"-7001"') as document from adjustments)
       update adjustments set document = forged.document, document_digest = 'sha256:' || encode(sha256(convert_to(forged.document, 'UTF8')), 'hex') from forged`,
      [`12: adjustment ${ADJUSTMENT}`],
      ['document_digest'],
    ],
    [
      'a line of it on the invoice that carries it',
      `update charges set amount = amount + 1 where purpose = 'adjustment' and amount < 0`,
      [`12: adjustment ${ADJUSTMENT}`],
      [],
    ],
    ['the credit', 'update credits set amount = amount + 1', [`12: adjustment ${ADJUSTMENT}`], ['amount']],
    ['the credit taken away', 'delete from credits', [`12: adjustment ${ADJUSTMENT}`], []],
    [
      'the invoice that was corrected',
      `update charges set amount = amount + 1 where purpose = 'billed' and run_id = '2026-10'`,
      ['12: 2026-10 acme'],
      [],
    ],
  ])('%s: found and located', async (_what, statement, places, facts) => {
    const { faults, breaches } = await afterwards(statement);
    expect(breaches).toEqual(expect.arrayContaining([...places]));
    expect(faults.flatMap((fault) => (fault.kind === 'fact_differs' ? [fault.fact] : []))).toEqual(facts);
  });
});

describe('promise 13: what was corrected, and what carries the correction', () => {
  async function replayed(period: string): Promise<readonly InvoiceReplay[]> {
    const replays: InvoiceReplay[] = [];
    for await (const batch of replayInvoices(db.database, { kind: 'period', period })) replays.push(...batch);
    return replays;
  }

  test('both replay to the byte, although the checkpoint that October had pinned is superseded', async () => {
    const { rows } = await db.owner.query(
      `select distinct c.status from run_checkpoints p join checkpoints c using (checkpoint_id) where p.run_id = '2026-10' order by 1`,
    );
    expect(rows.map(({ status }) => status)).toContain('superseded');
    for (const period of [OCTOBER, NOVEMBER])
      expect(await replayed(period)).toMatchObject([{ invoice: `${period}/acme/usage`, kind: 'identical' }]);
  });

  test('an exported line of a correction names its adjustment, and the lines add up to the invoice', async () => {
    const { out } = await daybook(['invoice', 'export', '--period', NOVEMBER, '--lines'], { database: db.database });
    const [header = [], ...records] = parseCsv(out);
    const column = (name: string) => records.map((record) => record[header.indexOf(name)] ?? '');
    expect(new Set(column('adjustment'))).toEqual(new Set(['', ADJUSTMENT]));
    const { rows } = await db.owner.query(`select total from invoices where period = '2026-11'`);
    expect(column('amount_minor').reduce((sum, amount) => sum + BigInt(amount), 0n)).toBe(BigInt(rows[0].total));
  });

  test('after both went to Stripe still to the byte, requests too, and no promise is broken', async () => {
    await signOff(db, NOVEMBER);
    for (const period of [OCTOBER, NOVEMBER]) await issueAll(db, issuing, period);
    for (const period of [OCTOBER, NOVEMBER]) {
      const [one] = await replayed(period);
      expect(one).toMatchObject({ kind: 'identical', status: expect.stringMatching(/^(finalized|paid)$/) });
      expect(one?.kind === 'identical' && one.requests).toBeGreaterThan(1);
    }
    expect(await afterwards()).toEqual({ faults: [], breaches: [] });
  });
});
