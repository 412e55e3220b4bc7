import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explainInvoice } from '../../shared/billing/explain.ts';
import { approveInvoice, holdInvoice, releaseInvoice } from '../../shared/billing/invoice-decisions.ts';
import type { InvoiceReplay } from '../../shared/billing/replay.ts';
import { replayInvoices } from '../../shared/billing/replay-period.ts';
import { rerateHeld } from '../../shared/billing/rerate-held.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { draftTermCorrection } from '../../shared/catalogue/term-corrections.ts';
import { correctTerms } from '../../shared/corrections/correct-terms.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { aggregateAll, collect, EFFECTS, PERIOD, rate, seedContracts } from './month.ts';
import { billedBefore } from './past.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedContracts(db, ['acme', 'birch', 'cedar']);
  await aggregateAll(db.database, { 'acme-app': '10000', 'birch-app': '200', 'cedar-app': '30' });
});
afterEach(() => db.remove());

const deps = () => ({ database: db.database, effects: EFFECTS });
const acme = (actor: string) => ({ invoiceId: '2026-10/acme/usage', actor, why: 'looked into it' });
const statuses = async () =>
  Object.fromEntries(
    (
      await db.owner.query(`select customer_id, status from invoices where status <> 'superseded' order by customer_id`)
    ).rows.map((row) => [row.customer_id, row.status]),
  );
const runStatus = async () =>
  (await db.owner.query('select status from billing_runs where run_id = $1', [PERIOD])).rows[0].status;
const approve = (approver = 'person:fay') => approveRun(deps(), { runId: PERIOD, approver, why: 'reviewed' });
const logged = async (subject: string) =>
  (await db.owner.query('select action, actor, why from audit_log where subject = $1 order by sequence', [subject]))
    .rows;

describe('promises 19 and 24: an invoice out of bounds is held alone, rated as it is', () => {
  beforeEach(async () => {
    // 2 regions × 3 days × 10,000 × 0.10 = 6,000.00 after 1,000.00 is a change of five times.
    await billedBefore(db, '2026-09', { acme: 100_000n, birch: 12_000n });
    await collect(db.database);
    expect(await rate(db.database, 0)).toMatchObject({ kind: 'rated', invoices: 3, held: 1 });
  });

  test('the others go on, and the held one has its amount and its lines', async () => {
    expect(await statuses()).toEqual({ acme: 'held', birch: 'rated', cedar: 'rated' });
    const { rows } = await db.owner.query(
      `select i.total::int, i.hold_reason, h.reason, h.releasable, (select count(*)::int from charges c where c.invoice_id = i.invoice_id) as lines
       from invoices i join invoice_holds h using (invoice_id) where run_id = $1`,
      [PERIOD],
    );
    expect(rows).toEqual([
      {
        total: 600_000,
        hold_reason: expect.stringContaining(
          'changed_since_last_period: 600000 minor units of usd after 100000 in 2026-09',
        ),
        reason: 'changed_since_last_period',
        releasable: true,
        lines: 1,
      },
    ]);
  });

  test('released before the sign-off it goes on with the run, and the document is the one that was rated', async () => {
    const digest = async () =>
      (
        await db.owner.query(`select document_digest from invoices where customer_id = 'acme' and period = $1`, [
          PERIOD,
        ])
      ).rows;
    const before = await digest();
    expect(await releaseInvoice(deps(), acme('person:ben'))).toMatchObject({ kind: 'done', runStatus: 'in_review' });
    expect(await digest()).toEqual(before);
    expect(await approve()).toMatchObject({
      kind: 'approved',
      invoices: expect.arrayContaining(['2026-10/acme/usage']),
    });
    expect(await logged('2026-10/acme/usage')).toMatchObject([
      { action: 'invoice.held' },
      { action: 'invoice.hold_placed', actor: 'service:price-usage' },
      { action: 'invoice.hold_released', actor: 'person:ben', why: 'looked into it' },
      { action: 'invoice.rated', actor: 'person:ben' },
      { action: 'invoice.approved', actor: 'person:fay' },
    ]);
  });

  test('released after the sign-off it takes an approval of its own, by a third person; then it is issued like the others', async () => {
    await approve();
    await db.owner.query(`update billing_runs set status = 'issued' where run_id = $1`, [PERIOD]);
    expect(await releaseInvoice(deps(), acme('person:ben'))).toMatchObject({ kind: 'done', runStatus: 'issued' });
    expect(await statuses()).toMatchObject({ acme: 'rated' });
    expect(await approveInvoice(deps(), acme('person:ben'))).toEqual({
      kind: 'refused',
      reason:
        'person:ben released invoice 2026-10/acme/usage or made its run and cannot approve it: a second person must',
    });
    expect(await approveInvoice(deps(), acme('person:fay'))).toMatchObject({ kind: 'done' });
    expect(await statuses()).toMatchObject({ acme: 'approved' });
    expect(await runStatus()).toBe('issuing');
    const { rows } = await db.owner.query(
      `select body::jsonb #>> '{data,invoiceId}' as id from outbox where topic = 'invoice.approved'`,
    );
    expect(rows.map(({ id }) => id)).toContain('2026-10/acme/usage');
  });

  test('an approval of its own before the sign-off is refused: it goes with the run', async () => {
    await releaseInvoice(deps(), acme('person:ben'));
    expect(await approveInvoice(deps(), acme('person:fay'))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('is approved with its run, which is in_review'),
    });
    await db.owner.query(`select set_config('daybook.actor', 'person:fay', false)`);
    await expect(
      db.owner.query(
        `update invoices set status = 'approved', approver = 'person:fay' where invoice_id = '2026-10/acme/usage'`,
      ),
    ).rejects.toThrow(/is approved with its run, which is in_review/);
  });

  test('while it is held nothing brings it on, whatever the code says', async () => {
    await expect(db.owner.query(`update invoices set status = 'rated' where status = 'held'`)).rejects.toThrow(
      /is held/,
    );
  });
});

describe('promise 23: who places a hold does not release it', () => {
  beforeEach(async () => {
    await collect(db.database);
    await rate(db.database, 0);
  });

  test('by hand: ben holds, ben is refused, fay releases', async () => {
    expect(await holdInvoice(deps(), acme('person:ben'))).toMatchObject({ kind: 'done' });
    expect(await statuses()).toMatchObject({ acme: 'held', birch: 'rated' });
    expect(await releaseInvoice(deps(), acme('person:ben'))).toEqual({
      kind: 'refused',
      reason: 'person:ben placed the hold on invoice 2026-10/acme/usage and cannot release it: a second person must',
    });
    expect(await releaseInvoice(deps(), acme('person:fay'))).toMatchObject({ kind: 'done' });
    expect(await statuses()).toMatchObject({ acme: 'rated' });
  });

  test('through a service account of one’s own neither', async () => {
    await db.owner.query(`insert into principals values ('service:ben-bot', 'service', '{approver}', 'person:ben')`);
    await holdInvoice(deps(), acme('person:ben'));
    expect(await releaseInvoice(deps(), acme('service:ben-bot'))).toMatchObject({ kind: 'refused' });
    expect(await statuses()).toMatchObject({ acme: 'held' });
  });

  test('by somebody without the role, or unknown, neither', async () => {
    await holdInvoice(deps(), acme('person:ben'));
    for (const actor of ['person:ana', 'person:nobody'])
      expect(await releaseInvoice(deps(), acme(actor))).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining(actor),
      });
  });

  test('a hold is never edited, removed, or released twice', async () => {
    await holdInvoice(deps(), acme('person:ben'));
    await expect(db.owner.query(`update invoice_holds set placed_by = 'person:x'`)).rejects.toThrow(/immutable/);
    await expect(db.owner.query('delete from invoice_holds')).rejects.toThrow(/never changed or removed/);
    await releaseInvoice(deps(), acme('person:fay'));
    await expect(db.owner.query(`update invoice_holds set released_by = 'person:ben'`)).rejects.toThrow(/immutable/);
  });
});

describe('reasons to hold', () => {
  test('a customer that Stripe does not know is rated and held, and released only once it is mapped', async () => {
    await db.owner.query(`update customers set stripe_customer_id = null where customer_id = 'acme'`);
    await collect(db.database);
    await rate(db.database, 0);
    expect(await statuses()).toEqual({ acme: 'held', birch: 'rated', cedar: 'rated' });
    expect(await releaseInvoice(deps(), acme('person:ben'))).toMatchObject({
      kind: 'refused',
      reason: 'customer acme is still unknown to Stripe: map it first',
    });
    await db.owner.query(`update customers set stripe_customer_id = 'cus_acme' where customer_id = 'acme'`);
    expect(await releaseInvoice(deps(), acme('person:ben'))).toMatchObject({ kind: 'done' });
  });

  test('what could not be rated is not released; it is rated again when the cause is mended, also after the sign-off', async () => {
    await db.owner.query(`set session_replication_role = replica`);
    await db.owner.query(
      `update contracts set overrides = '{"parameters":{"nonsense":"1"}}' where customer_id = 'acme'`,
    );
    await db.owner.query(`set session_replication_role = origin`);
    await collect(db.database);
    await rate(db.database, 0);
    expect(await releaseInvoice(deps(), acme('person:ben'))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining(
        'could not be rated (overrides_do_not_fit): mend the cause, then daybook run rate 2026-10',
      ),
    });
    await approve();
    const terms = { contractId: 'acme-1', period: PERIOD, why: 'the offer has no such parameter' };
    expect(await draftTermCorrection(deps(), { ...terms, overrides: {}, author: 'person:ana' })).toMatchObject({
      kind: 'drafted',
    });
    expect(await correctTerms(deps(), { ...terms, approver: 'person:ben' }, 'approved')).toMatchObject({
      kind: 'approved',
    });
    const intent = { actor: 'person:fay', why: 'the override was mended' };
    expect(await rerateHeld(deps(), PERIOD, intent)).toEqual({ kind: 'rerated', invoices: 1, held: 0 });
    expect(await rerateHeld(deps(), PERIOD, intent)).toEqual({ kind: 'rerated', invoices: 0, held: 0 });
    expect(await approveInvoice(deps(), { ...acme('person:fay'), invoiceId: '2026-10/acme/usage/2' })).toMatchObject({
      kind: 'done',
    });
    const { rows } = await db.owner.query(`select status from exceptions where class = 'rating_held'`);
    expect(rows).toEqual([{ status: 'resolved' }]);
    // Promise 13: the terms that it was rated by are its own, and the invoice before it stays one that could not be rated.
    const replays: InvoiceReplay[] = [];
    for await (const batch of replayInvoices(db.database, { kind: 'period', period: PERIOD })) replays.push(...batch);
    expect(replays.map(({ invoice, kind }) => [invoice, kind])).toEqual([
      ['2026-10/acme/usage', 'identical'],
      ['2026-10/acme/usage/2', 'identical'],
      ['2026-10/birch/usage', 'identical'],
      ['2026-10/cedar/usage', 'identical'],
    ]);
    expect(await explainInvoice(db.database, '2026-10/acme/usage/2')).toMatchObject({ explanation: { matches: true } });
  });
});
