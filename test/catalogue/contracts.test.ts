import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  activateContract,
  approveContract,
  type ContractTerms,
  draftContract,
  endContract,
} from '../../shared/catalogue/contracts.ts';
import { addCustomer } from '../../shared/catalogue/customers.ts';
import { submitPlan } from '../../shared/catalogue/plan-submission.ts';
import { activatePlan, approvePlan } from '../../shared/catalogue/plan-versions.ts';
import { ANA, ANAS_ROBOT, BEN, closePeriod, FAY, openSetting, type Setting, usagePlan, VIC, WHY } from './setting.ts';

let setting: Setting;
let usage: string;
let legacy: string;
let unapproved: string;
beforeAll(async () => {
  setting = await openSetting();
  usage = await active(usagePlan('0.2'), '2026-08-01');
  legacy = await active(
    {
      plan: 'gold',
      title: 'Gold',
      currency: 'usd',
      parameters: { fee: { value: '500', unit: 'usd' } },
      lines: [{ key: 'fee', label: 'Gold', formula: 'fee' }],
    },
    '2026-08-01',
  );
  const outcome = await submitPlan(setting.deps, { document: usagePlan('0.3'), author: ANA, why: WHY });
  unapproved = outcome.planVersion ?? '';
});
afterAll(() => setting.close());

async function active(document: object, from: string): Promise<string> {
  const outcome = await submitPlan(setting.deps, { document, author: ANA, why: WHY });
  const planVersion = outcome.planVersion ?? '';
  expect(await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY })).toMatchObject({ kind: 'approved' });
  expect(await activatePlan(setting.deps, { planVersion, from, actor: ANA, why: WHY })).toMatchObject({ kind: 'done' });
  return planVersion;
}

let customers = 0;
/** Terms for a customer of the test's own. */
async function terms(change: Partial<ContractTerms> = {}): Promise<ContractTerms> {
  customers += 1;
  const customerId = change.customerId ?? `customer-${customers}`;
  await setting.deps.database.transaction({ actor: ANA, why: WHY }, (transaction) =>
    addCustomer(transaction, { customerId, name: customerId }),
  );
  return {
    contractId: `contract-${customers}`,
    mode: 'usage',
    usagePlanVersion: usage,
    startsOn: '2026-08-01',
    author: ANA,
    ...change,
    customerId,
  };
}

const draft = (given: ContractTerms) => draftContract(setting.deps, given);
const approve = (contractId: string, approver = BEN, acknowledged: readonly string[] = []) =>
  approveContract(setting.deps, { contractId, approver, acknowledged, why: WHY });
const activate = (contractId: string, actor = ANA) => activateContract(setting.deps, { contractId, actor, why: WHY });
const end = (contractId: string, endsOn: string, actor = BEN) =>
  endContract(setting.deps, { contractId, endsOn, actor, why: WHY });

/** Drafts, approves and activates. */
async function inForce(change: Partial<ContractTerms> = {}): Promise<ContractTerms> {
  const given = await terms(change);
  expect(await draft(given)).toMatchObject({ kind: 'drafted' });
  expect(await approve(given.contractId)).toMatchObject({ kind: 'done' });
  expect(await activate(given.contractId)).toMatchObject({ kind: 'done' });
  return given;
}

describe('the life of a contract', () => {
  test('draft, approved, active, ended', async () => {
    const given = await inForce();
    expect(await end(given.contractId, '2026-12-01')).toEqual({
      kind: 'done',
      contractId: given.contractId,
      status: 'ended',
    });
    expect(await end(given.contractId, '2026-11-01')).toMatchObject({ kind: 'refused', reason: 'state' });
    expect(await activate(given.contractId)).toMatchObject({ kind: 'refused', reason: 'state' });
  });

  test('the same terms again change nothing, other terms are refused once it is approved', async () => {
    const given = await inForce();
    expect(await draft(given)).toEqual({ kind: 'unchanged', contractId: given.contractId, status: 'active' });
    expect(await draft({ ...given, overrides: { parameters: { platform_fee: '90' } } })).toMatchObject({
      kind: 'refused',
      reason: 'immutable',
    });
  });

  test('a draft may be drafted anew', async () => {
    const given = await terms();
    expect(await draft(given)).toMatchObject({ kind: 'drafted', diagnostics: [] });
    expect(await draft({ ...given, overrides: { parameters: { price_per_gb: '-1' } } })).toMatchObject({
      kind: 'drafted',
    });
    expect(await approve(given.contractId)).toMatchObject({ kind: 'refused', reason: 'errors' });
    expect(await draft({ ...given, overrides: { parameters: { price_per_gb: '0.1' } } })).toMatchObject({
      kind: 'drafted',
      diagnostics: [],
    });
    expect(await approve(given.contractId)).toMatchObject({ kind: 'done' });
  });

  test.each<[string, Partial<ContractTerms>]>([
    ['a legacy mode without a tier', { mode: 'legacy' }],
    ['a shadow mode without a tier', { mode: 'shadow' }],
    ['an end before the start', { endsOn: '2026-08-01' }],
    ['a day that is none', { startsOn: '2026-02-30' }],
    ['an unknown plan version', { usagePlanVersion: `sha256:${'0'.repeat(64)}` }],
    ['an override of what the plan does not have', { overrides: { parameters: { discount: '1' } } }],
    ['an override that is no number', { overrides: { parameters: { platform_fee: 'cheap' } } }],
    ['an unknown author', { author: 'person:nobody@example.com' }],
    ['an author without the role', { author: VIC }],
  ])('%s is refused', async (_what, change) => {
    expect(await draft(await terms(change))).toMatchObject({ kind: 'refused', detail: expect.any(String) });
  });

  test('overrides are checked like a plan: a warning must be acknowledged', async () => {
    const given = await terms({ overrides: { parameters: { price_per_gb: '0' } } });
    const drafted = await draft(given);
    const codes = [...new Set(drafted.kind === 'drafted' ? drafted.diagnostics.map(({ code }) => code) : [])];
    expect(codes.length).toBeGreaterThan(0);
    expect(await approve(given.contractId)).toMatchObject({ kind: 'refused', reason: 'warnings' });
    expect(await approve(given.contractId, BEN, codes)).toMatchObject({ kind: 'done', status: 'approved' });
  });
});

describe('promise 23: contracts', () => {
  test('neither the author nor the author through a service account approves', async () => {
    const given = await terms();
    await draft(given);
    expect(await approve(given.contractId, ANA)).toMatchObject({
      kind: 'refused',
      reason: 'self_approval_or_missing_approval',
    });
    expect(await approve(given.contractId, ANAS_ROBOT)).toMatchObject({
      kind: 'refused',
      reason: 'self_approval_or_missing_approval',
    });
    expect(await approve(given.contractId, VIC)).toMatchObject({ kind: 'refused' });
    expect(await approve(given.contractId, FAY)).toMatchObject({ kind: 'done' });
  });

  test('only reviewers end one', async () => {
    const given = await inForce();
    expect(await end(given.contractId, '2026-12-01', VIC)).toMatchObject({ kind: 'refused', reason: 'role' });
  });
});

describe('what contracts rest on', () => {
  test('a contract on a plan version that nobody approved is not approved', async () => {
    const given = await terms({ usagePlanVersion: unapproved });
    await draft(given);
    expect(await approve(given.contractId)).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('is not approved'),
    });
  });

  test('a contract from before its plan is in force is not activated', async () => {
    const given = await terms({ startsOn: '2026-07-31' });
    await draft(given);
    expect(await approve(given.contractId)).toMatchObject({ kind: 'done' });
    expect(await activate(given.contractId)).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('not active on 2026-07-31'),
    });
  });

  test('promise 7: no day has two contracts, also after one has ended', async () => {
    const first = await inForce();
    const second = { ...(await terms({ customerId: first.customerId, startsOn: '2026-10-01' })) };
    await draft(second);
    expect(await approve(second.contractId)).toMatchObject({ kind: 'refused', reason: 'overlapping' });
    await end(first.contractId, '2026-10-02');
    expect(await approve(second.contractId)).toMatchObject({ kind: 'refused', reason: 'overlapping' });
    const third = { ...second, contractId: `${second.contractId}-b`, startsOn: '2026-10-02' };
    await draft(third);
    expect(await approve(third.contractId)).toMatchObject({ kind: 'done' });
  });

  test('a contract that ends on its first day was withdrawn and leaves its days to another', async () => {
    const first = await terms();
    await draft(first);
    await approve(first.contractId);
    expect(await end(first.contractId, '2026-07-31')).toMatchObject({ kind: 'refused', reason: 'date' });
    expect(await end(first.contractId, first.startsOn)).toMatchObject({ kind: 'done', status: 'ended' });
    const second = { ...first, contractId: `${first.contractId}-b` };
    await draft(second);
    expect(await approve(second.contractId)).toMatchObject({ kind: 'done' });
  });

  test('an agreed end is not put off', async () => {
    const given = await inForce({ endsOn: '2027-01-01' });
    expect(await end(given.contractId, '2027-02-01')).toMatchObject({ kind: 'refused', reason: 'immutable' });
    expect(await end(given.contractId, '2026-12-01')).toMatchObject({ kind: 'done' });
  });

  test('a change of the billing mode takes effect on the first day of a month', async () => {
    const first = await inForce({ mode: 'legacy', usagePlanVersion: undefined, legacyPlanVersion: legacy });
    await end(first.contractId, '2026-10-15');
    const inside = await terms({ customerId: first.customerId, startsOn: '2026-10-15' });
    await draft(inside);
    expect(await approve(inside.contractId)).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('inside a period'),
    });

    const second = await inForce({ mode: 'legacy', usagePlanVersion: undefined, legacyPlanVersion: legacy });
    await end(second.contractId, '2026-11-01');
    await inForce({ customerId: second.customerId, mode: 'shadow', legacyPlanVersion: legacy, startsOn: '2026-11-01' });
  });

  test('closed periods stay as they were billed', async () => {
    const before = await inForce();
    const late = await terms({ startsOn: '2026-08-31' });
    await draft(late);
    const drafted = await terms({ startsOn: '2026-08-31', endsOn: '2026-12-01' });
    await draft(drafted);
    expect(await approve(drafted.contractId)).toMatchObject({ kind: 'done' });
    await closePeriod(setting, '2026-08', '2026-09-01');
    const closed = { kind: 'refused', reason: 'day_is_closed_or_not_ready' };
    expect(await approve(late.contractId)).toMatchObject(closed);
    expect(await activate(drafted.contractId)).toMatchObject(closed);
    expect(await end(before.contractId, '2026-08-31')).toMatchObject(closed);
    expect(await end(before.contractId, '2026-09-01')).toMatchObject({ kind: 'done' });
  });
});
