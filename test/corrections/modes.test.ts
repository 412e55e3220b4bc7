import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create } from '../../functions/console/handler.ts';
import { carryOutVoid } from '../../shared/billing/carry-out-void.ts';
import { holdInvoice } from '../../shared/billing/invoice-decisions.ts';
import { reissueInvoice } from '../../shared/billing/reissue-invoice.ts';
import { replayInvoices } from '../../shared/billing/replay-period.ts';
import { approveVoid, askVoid } from '../../shared/billing/void-invoice.ts';
import { activateContract, approveContract, draftContract } from '../../shared/catalogue/contracts.ts';
import {
  approveModeChange,
  proposeModeChange,
  proposeRollBack,
  rejectModeChange,
} from '../../shared/catalogue/mode-changes.ts';
import { submitPlan } from '../../shared/catalogue/plan-submission.ts';
import { activatePlan, approvePlan } from '../../shared/catalogue/plan-versions.ts';
import { draftTermCorrection } from '../../shared/catalogue/term-corrections.ts';
import { correctTerms } from '../../shared/corrections/correct-terms.ts';
import { readShadowReport } from '../../shared/corrections/shadow-report.ts';
import { request, testWorld } from '../console/world.ts';
import type { TestDatabase } from '../database/fixture.ts';
import {
  comesLate,
  compareChanges,
  EFFECTS,
  measure,
  NOVEMBER,
  OCTOBER,
  OCTOBER_DAYS,
  openMonth,
  rateNovember,
  rateRun,
  rowsOf,
  signOff,
  UNIT_PLAN,
} from './setting.ts';

/** A fixed monthly tier of 310.00. */
const TIER = {
  plan: 'tier-s',
  title: 'Tier S',
  currency: 'usd',
  metrics: {},
  parameters: { fee: { value: '310', unit: 'usd' } },
  lines: [{ key: 'fee', label: 'Monthly fee', formula: 'fee * active_days / period_days' }],
};

let db: TestDatabase;
let tier: string;
let usage: string;
beforeEach(async () => {
  db = await openMonth(UNIT_PLAN, []);
  usage = String((await rowsOf(db, 'select plan_version from plan_versions'))[0]?.plan_version);
  tier = await activePlan(TIER);
  for (const customer of ['acme', 'birch']) {
    await db.owner.query(`insert into customers values ($1, $1, 'cus_' || $1)`, [customer]);
    await db.owner.query(`insert into projects values ($1)`, [`${customer}-app`]);
    await db.owner.query(`insert into project_ownerships values ($1, $2, '2026-10-01')`, [`${customer}-app`, customer]);
  }
});
afterEach(() => db.remove());

const deps = () => ({ database: db.database, effects: EFFECTS });

async function activePlan(document: object): Promise<string> {
  const submitted = await submitPlan(deps(), { document, author: 'person:ana', why: 'test' });
  const planVersion = submitted.planVersion ?? '';
  const acknowledged = submitted.kind === 'submitted' ? submitted.diagnostics.map(({ code }) => code) : [];
  for (const approver of ['person:ben', 'person:fay'])
    await approvePlan(deps(), { planVersion, approver, acknowledged, why: 'test' });
  await activatePlan(deps(), { planVersion, actor: 'person:ana', from: '2026-10-01', why: 'test' });
  return planVersion;
}

async function contract(customerId: string, mode: 'legacy' | 'shadow' | 'usage', more: object = {}) {
  const contractId = `${customerId}-1`;
  const drafted = await draftContract(deps(), {
    contractId,
    customerId,
    mode,
    ...(mode === 'usage' ? {} : { legacyPlanVersion: tier }),
    ...(mode === 'legacy' ? {} : { usagePlanVersion: usage }),
    startsOn: '2026-10-01',
    author: 'person:ana',
    ...more,
  });
  if (drafted.kind === 'refused') return drafted;
  const approved = await approveContract(deps(), { contractId, approver: 'person:ben', why: 'test' });
  if (approved.kind === 'refused') return approved;
  return activateContract(deps(), { contractId, actor: 'person:ana', why: 'test' });
}

const propose = (contractId: string, to: 'legacy' | 'shadow' | 'usage', from = '2026-11-01', more: object = {}) =>
  proposeModeChange(deps(), { contractId, to, from, author: 'person:ana', why: 'the customer moves', ...more });
const approve = (changeId: string, approver = 'person:ben') =>
  approveModeChange(deps(), { changeId, approver, why: 'agreed' });
const contracts = () =>
  rowsOf(
    db,
    `select contract_id, mode, status, starts_on::text, ends_on::text from contracts where status <> 'draft' order by starts_on, contract_id`,
  );
const charges = (period: string) =>
  rowsOf(
    db,
    `select c.purpose, c.line_key, c.amount::int, c.invoice_id from charges c join billing_runs r using (run_id)
    where r.period = '${period}' and c.fencing_token = r.fencing_token order by c.customer_id, c.purpose, c.position`,
  );

describe('a change of mode', () => {
  test('shadow to usage: proposed by one, approved by another, from the first of the next month on', async () => {
    await contract('acme', 'shadow');
    expect(await propose('acme-1', 'usage')).toMatchObject({ kind: 'proposed', changeId: 'acme-usage-2026-11' });
    expect(await contracts()).toMatchObject([{ contract_id: 'acme-1', status: 'active' }]);
    expect(await approve('acme-usage-2026-11')).toMatchObject({ kind: 'approved' });
    expect(await contracts()).toEqual([
      { contract_id: 'acme-1', mode: 'shadow', status: 'ended', starts_on: '2026-10-01', ends_on: '2026-11-01' },
      { contract_id: 'acme-usage-2026-11', mode: 'usage', status: 'active', starts_on: '2026-11-01', ends_on: null },
    ]);
  });

  test('bills each month in its own mode: October the tier of 310.00, November 2 at 10 = 20.00', async () => {
    await contract('acme', 'shadow');
    await propose('acme-1', 'usage');
    await approve('acme-usage-2026-11');
    await measure(db.database, OCTOBER_DAYS, { 'acme-app': '5' });
    await rateRun(db, OCTOBER);
    await rateNovember(db, { 'acme-app': '2' });
    expect(await rowsOf(db, 'select period, total::int from invoices order by period')).toEqual([
      { period: '2026-10', total: 31_000 },
      { period: '2026-11', total: 2_000 },
    ]);
    expect(await charges('2026-11')).toMatchObject([{ purpose: 'billed', line_key: 'requests' }]);
  });

  test.each([
    ['inside a month', '2026-11-15', 'date'],
    ['that is no day', '2026-11-31', 'date'],
    ['where the contract begins', '2026-10-01', 'date'],
  ])('on a day %s is refused', async (_what, from, reason) => {
    await contract('acme', 'shadow');
    expect(await propose('acme-1', 'usage', from)).toMatchObject({ kind: 'refused', reason });
  });

  test('to the mode that it has, or by who may not, is refused', async () => {
    await contract('acme', 'shadow');
    expect(await propose('acme-1', 'shadow')).toMatchObject({ kind: 'refused', reason: 'terms' });
    expect(await propose('acme-1', 'usage', '2026-11-01', { author: 'person:fay' })).toMatchObject({ kind: 'refused' });
    expect(await propose('nobody-1', 'usage')).toMatchObject({ kind: 'refused', reason: 'not_found' });
  });

  test('promise 23: its author cannot approve it, whatever account is used', async () => {
    await contract('acme', 'shadow');
    await db.owner.query(`update principals set roles = '{author,approver}' where principal = 'person:ana'`);
    await propose('acme-1', 'usage');
    for (const approver of ['person:ana', 'service:ana-bot'])
      expect(await approve('acme-usage-2026-11', approver)).toMatchObject({
        kind: 'refused',
        reason: 'self_approval_or_missing_approval',
      });
    expect(await contracts()).toHaveLength(1);
  });

  test('whose contract was ended otherwise in the meantime is refused, and nothing of it remains', async () => {
    await contract('acme', 'shadow');
    await propose('acme-1', 'usage');
    await db.owner.query(`begin; set local daybook.actor = 'person:ben';
      update contracts set status = 'ended', ends_on = '2026-12-01' where contract_id = 'acme-1'; commit`);
    expect(await approve('acme-usage-2026-11')).toMatchObject({ kind: 'refused', reason: 'state' });
    expect(await rowsOf(db, 'select status from mode_changes')).toEqual([{ status: 'proposed' }]);
  });

  test('rejected, it leaves the contract; another may be proposed', async () => {
    await contract('acme', 'shadow');
    await propose('acme-1', 'usage');
    const decision = { changeId: 'acme-usage-2026-11', approver: 'person:ben', why: 'not yet' };
    expect(await rejectModeChange(deps(), decision)).toMatchObject({ kind: 'rejected' });
    expect(await propose('acme-1', 'usage')).toMatchObject({ kind: 'proposed', changeId: 'acme-usage-2026-11-2' });
  });

  test('of a month whose run is approved is refused, in the database too', async () => {
    await contract('acme', 'shadow');
    await measure(db.database, OCTOBER_DAYS, {});
    await rateRun(db, OCTOBER);
    await signOff(db, OCTOBER);
    await propose('acme-1', 'usage');
    await rateNovember(db, {});
    await signOff(db, NOVEMBER);
    expect(await approve('acme-usage-2026-11')).toMatchObject({
      kind: 'refused',
      reason: 'day_is_closed_or_not_ready',
    });
    await db.owner.query(`begin; set local daybook.actor = 'person:ben'`);
    await expect(
      db.owner.query(`update mode_changes set status = 'approved', approver = 'person:ben'`),
    ).rejects.toMatchObject({ code: 'DB005' });
    await db.owner.query('rollback');
  });
});

describe('a roll-back', () => {
  const changed = async () => {
    await contract('acme', 'shadow');
    await propose('acme-1', 'usage');
    await approve('acme-usage-2026-11');
  };
  const rollBack = () =>
    proposeRollBack(deps(), { changeId: 'acme-usage-2026-11', author: 'person:ana', why: 'too early' });

  test('before any run of the month is approved restores the terms from the same day', async () => {
    await changed();
    await rateNovember(db, { 'acme-app': '2' });
    expect(await rollBack()).toMatchObject({ kind: 'proposed', changeId: 'acme-shadow-2026-11' });
    expect(await approve('acme-shadow-2026-11')).toMatchObject({ kind: 'rolled_back' });
    expect(await contracts()).toEqual([
      { contract_id: 'acme-1', mode: 'shadow', status: 'ended', starts_on: '2026-10-01', ends_on: '2026-11-01' },
      { contract_id: 'acme-shadow-2026-11', mode: 'shadow', status: 'active', starts_on: '2026-11-01', ends_on: null },
      {
        contract_id: 'acme-usage-2026-11',
        mode: 'usage',
        status: 'ended',
        starts_on: '2026-11-01',
        ends_on: '2026-11-01',
      },
    ]);
    expect(await rowsOf(db, 'select status from mode_changes order by proposed_at, undoes nulls first')).toEqual([
      { status: 'rolled_back' },
      { status: 'approved' },
    ]);
    // The run that was rated on usage drops back and bills the tier.
    await rateRun(db, NOVEMBER);
    expect(await rowsOf(db, `select total::int from invoices where status = 'rated'`)).toEqual([{ total: 31_000 }]);
  });

  test('after the approval of the run is refused, and what was billed stays', async () => {
    await changed();
    await measure(db.database, OCTOBER_DAYS, {});
    await rateRun(db, OCTOBER);
    await rateNovember(db, { 'acme-app': '2' });
    expect(await rollBack()).toMatchObject({ kind: 'proposed' });
    await signOff(db, NOVEMBER);
    expect(await approve('acme-shadow-2026-11')).toMatchObject({
      kind: 'refused',
      reason: 'day_is_closed_or_not_ready',
    });
    expect(await contracts()).toHaveLength(2);
  });

  test('takes two people as well, and comes once', async () => {
    await changed();
    await db.owner.query(`update principals set roles = '{author,approver}' where principal = 'person:ana'`);
    await rollBack();
    expect(await approve('acme-shadow-2026-11', 'person:ana')).toMatchObject({ kind: 'refused' });
    expect(await approve('acme-shadow-2026-11')).toMatchObject({ kind: 'rolled_back' });
    expect(await rollBack()).toMatchObject({ kind: 'refused', reason: 'state' });
  });
});

describe('the guardrails of fixed tiers', () => {
  test('a legacy contract bills exactly its tier, whatever was used: 0 or 10^9 requests are 310.00', async () => {
    await contract('acme', 'legacy');
    await contract('birch', 'legacy');
    await measure(db.database, OCTOBER_DAYS, { 'acme-app': '0', 'birch-app': '1000000000' });
    await rateRun(db, OCTOBER);
    expect(await rowsOf(db, 'select total::int from invoices')).toEqual([{ total: 31_000 }, { total: 31_000 }]);
  });

  test('a plan that meters usage is no tier', async () => {
    expect(await contract('acme', 'legacy', { legacyPlanVersion: usage })).toMatchObject({ kind: 'refused' });
  });

  test('overrides never touch a tier', async () => {
    const overrides = { parameters: { price: '1' } };
    expect(await contract('acme', 'legacy', { usagePlanVersion: usage, overrides })).toMatchObject({ kind: 'refused' });
    expect(await contract('birch', 'shadow', { overrides })).toMatchObject({ kind: 'done' });
    await measure(db.database, OCTOBER_DAYS, { 'birch-app': '5' });
    await rateRun(db, OCTOBER);
    expect(await charges('2026-10')).toMatchObject([
      { purpose: 'billed', amount: 31_000 },
      { purpose: 'shadow', amount: 500 },
    ]);
  });

  test('a customer that has been on usage goes back only by a change of mode, with a reason', async () => {
    await contract('acme', 'usage');
    await measure(db.database, OCTOBER_DAYS, {});
    await rateRun(db, OCTOBER);
    await signOff(db, OCTOBER);
    await db.owner.query(`begin; set local daybook.actor = 'person:ben';
      update contracts set status = 'ended', ends_on = '2026-11-01'; commit`);
    const direct = {
      contractId: 'acme-2',
      customerId: 'acme',
      mode: 'legacy' as const,
      legacyPlanVersion: tier,
      startsOn: '2026-11-01',
      author: 'person:ana',
    };
    await draftContract(deps(), direct);
    expect(await approveContract(deps(), { contractId: 'acme-2', approver: 'person:ben', why: 'test' })).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('has been on usage'),
    });
  });

  test('usage to legacy by a change of mode, with its reason kept', async () => {
    await contract('acme', 'usage');
    expect(await propose('acme-1', 'legacy', '2026-11-01', { legacyPlanVersion: tier })).toMatchObject({
      kind: 'proposed',
    });
    expect(await approve('acme-legacy-2026-11')).toMatchObject({ kind: 'approved' });
    expect(await rowsOf(db, 'select from_mode, to_mode, why from mode_changes')).toEqual([
      { from_mode: 'usage', to_mode: 'legacy', why: 'the customer moves' },
    ]);
  });
});

describe('shadow', () => {
  const shadowMonth = async () => {
    await contract('acme', 'shadow');
    await contract('birch', 'shadow');
    await measure(db.database, OCTOBER_DAYS, { 'acme-app': '5', 'birch-app': '40' });
    await rateRun(db, OCTOBER);
  };

  test('the report: 310.00 against 50.00 and 400.00, the largest difference first, and their sum', async () => {
    await shadowMonth();
    const report = await readShadowReport(db.database, [OCTOBER]);
    expect(report.customers).toMatchObject([
      { customer: 'acme', billed: 31_000n, usage: 5_000n, difference: -26_000n },
      {
        customer: 'birch',
        billed: 31_000n,
        usage: 40_000n,
        difference: 9_000n,
        lines: [
          { side: 'billed', line: 'fee', amount: 31_000n },
          { side: 'usage', line: 'requests', amount: 40_000n },
        ],
      },
    ]);
    expect(report.totals).toEqual([
      { currency: 'usd', customers: 2, payMore: 1, payLess: 1, billed: 62_000n, usage: 45_000n, difference: -17_000n },
    ]);
    expect(report.unrated).toEqual([]);
  });

  test('usage that comes late moves no money of a tier, and is in the report: 50.00, then 80.00', async () => {
    await shadowMonth();
    await signOff(db, OCTOBER);
    await comesLate(db, { 'acme-app': '8', 'birch-app': '40' });
    expect(await rowsOf(db, 'select 1 from adjustments')).toEqual([]);
    const report = await readShadowReport(db.database, [OCTOBER]);
    expect(report.customers).toMatchObject([
      {
        customer: 'acme',
        billed: 31_000n,
        usage: 8_000n,
        lines: [{ side: 'billed' }, { side: 'usage', amount: 8_000n }],
      },
      { customer: 'birch', billed: 31_000n, usage: 40_000n },
    ]);
  });

  test('usage that comes late for a fixed tier alone changes nothing', async () => {
    await contract('acme', 'legacy');
    await measure(db.database, OCTOBER_DAYS, { 'acme-app': '5' });
    await rateRun(db, OCTOBER);
    await signOff(db, OCTOBER);
    await comesLate(db, { 'acme-app': '8' });
    expect(await rowsOf(db, 'select 1 from adjustments')).toEqual([]);
    expect((await readShadowReport(db.database, [OCTOBER])).customers).toEqual([]);
  });

  test('a tier that was corrected is compared with what was billed in the end; one whose invoice was voided with nothing', async () => {
    const cheaper = await activePlan({ ...TIER, plan: 'tier-xs', parameters: { fee: { value: '300', unit: 'usd' } } });
    await shadowMonth();
    await signOff(db, OCTOBER);
    const terms = { contractId: 'acme-1', period: OCTOBER, why: 'the smaller tier was agreed' };
    await draftTermCorrection(deps(), { ...terms, legacyPlanVersion: cheaper, author: 'person:ana' });
    await correctTerms(deps(), { ...terms, approver: 'person:ben' }, 'approved');
    await compareChanges(db);
    await rateNovember(db, {});
    await db.owner.query('set session_replication_role = replica');
    await db.owner.query(`update invoices set status = 'void' where invoice_id = '2026-10/birch/usage'`);
    await db.owner.query('set session_replication_role = origin');
    const report = await readShadowReport(db.database, [OCTOBER]);
    expect(report.customers).toMatchObject([{ customer: 'acme', billed: 30_000n, usage: 5_000n }]);
    expect(report.unrated).toMatchObject([{ customer: 'birch', why: 'the invoice was voided' }]);
  });

  test('an invoice that is billed anew is compared once, with what was rated beside it', async () => {
    await shadowMonth();
    const before = await readShadowReport(db.database, [OCTOBER]);
    await holdInvoice(deps(), { invoiceId: '2026-10/acme/usage', actor: 'person:ben', why: 'wrong address' });
    await askVoid(deps(), { invoiceId: '2026-10/acme/usage', actor: 'person:ben', why: 'wrong address' });
    await approveVoid(deps(), { invoiceId: '2026-10/acme/usage', actor: 'person:fay', why: 'agreed' });
    const carried = { ...deps(), stripe: () => Promise.reject(new Error('nothing was sent to Stripe')) };
    expect(await carryOutVoid(carried, '2026-10/acme/usage', 'person:fay')).toEqual({ kind: 'voided' });
    expect((await readShadowReport(db.database, [OCTOBER])).customers).toMatchObject([{ customer: 'birch' }]);
    const reissued = await reissueInvoice(deps(), {
      invoiceId: '2026-10/acme/usage',
      actor: 'person:ben',
      why: 'the address is right now',
    });
    expect(reissued).toMatchObject({ kind: 'reissued', runStatus: 'in_review' });
    expect(await readShadowReport(db.database, [OCTOBER])).toEqual(before);
    for await (const batch of replayInvoices(db.database, { kind: 'period', period: OCTOBER }))
      expect(batch.map(({ kind }) => kind)).toEqual(['identical', 'identical', 'identical']);
  });

  test('the console draws both sides and names the figures, for those who see the picture and those who do not', async () => {
    await shadowMonth();
    const reply = await create(testWorld(db).world)(request('GET', '/shadow?period=2026-10'));
    const page = String(reply.body);
    expect(page).not.toMatch(/undefined|\[object |NaN/);
    expect(page).toContain('<svg');
    expect(page).toContain('acme 310.00 USD and 50.00 USD; birch 310.00 USD and 400.00 USD');
    expect(page).toContain('+90.00 USD (+29 %)');
  });

  test('a usage plan that cannot be rated is told with its reason, and the tier is billed all the same', async () => {
    await db.owner.query(`insert into metrics values ('seats', 'Seats', 'seat', 'sum', 1)`);
    const seats = await activePlan({
      ...UNIT_PLAN,
      plan: 'seats',
      metrics: { seats: { unit: 'seat', rollup: 'sum' } },
      parameters: { price: { value: '10', unit: 'usd/seat' } },
      lines: [{ key: 'seats', label: 'Seats', quantity: 'seats', formula: 'seats * price' }],
    });
    await contract('birch', 'shadow', { usagePlanVersion: seats });
    await db.owner.query(`delete from metrics where metric = 'seats'`);
    await contract('acme', 'shadow');
    await measure(db.database, OCTOBER_DAYS, { 'acme-app': '5' });
    await rateRun(db, OCTOBER);
    expect(await rowsOf(db, 'select customer_id, status, total::int from invoices order by 1')).toEqual([
      { customer_id: 'acme', status: 'rated', total: 31_000 },
      { customer_id: 'birch', status: 'rated', total: 31_000 },
    ]);
    const report = await readShadowReport(db.database, [OCTOBER]);
    expect(report.unrated).toMatchObject([{ customer: 'birch', why: expect.stringContaining('unknown_metric') }]);
    // A tier without the other side is no saving: it is in no sum.
    expect(report.totals).toMatchObject([{ customers: 1, billed: 31_000n, usage: 5_000n }]);
  });

  test('promise 5: a shadow charge is on no invoice and in no request to Stripe, and the database keeps it so', async () => {
    await shadowMonth();
    expect((await charges('2026-10')).filter(({ purpose }) => purpose === 'shadow')).toMatchObject([
      { invoice_id: null },
      { invoice_id: null },
    ]);
    expect(await rowsOf(db, `select 1 from invoices where document like '%API requests%'`)).toEqual([]);
    const forged = db.owner.query(
      `insert into charges select run_id, fencing_token, customer_id, purpose, 99, '2026-10/acme/usage', contract_id, segment_from, segment_to, line_key,
         label, project_id, currency, quantity, exact, amount, formula, formula_digest, plan_version, parameters_digest, usage_digest, inputs, details, null
       from charges where purpose = 'shadow' limit 1`,
    );
    await expect(forged).rejects.toMatchObject({ code: '23514' });
  });
});
