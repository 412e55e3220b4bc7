import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listPlans, resolvePlanVersion, showPlan } from '../../shared/catalogue/plan-list.ts';
import { recordBacktest, submitPlan } from '../../shared/catalogue/plan-submission.ts';
import { activatePlan, approvePlan, rejectPlan, retirePlan } from '../../shared/catalogue/plan-versions.ts';
import {
  ANA,
  ANAS_ROBOT,
  BEN,
  BENS_ROBOT,
  closePeriod,
  FAY,
  faultyPlan,
  ORPHAN,
  openSetting,
  planWithWarning,
  type Setting,
  usagePlan,
  VIC,
  WHY,
} from './setting.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await openSetting();
});
afterAll(() => setting.close());

let submissions = 0;
function freshPlan(): object {
  submissions += 1;
  return usagePlan(`1.${submissions}1`);
}
/** Submits a plan that no other test has. */
async function submitted(document: object = freshPlan(), author = ANA): Promise<string> {
  const outcome = await submitPlan(setting.deps, { document, author, why: WHY });
  expect(outcome).toMatchObject({ kind: 'submitted', status: 'in_review' });
  return outcome.planVersion ?? '';
}

describe('submitting', () => {
  test('a sound plan is checked, backtested and comes under review', async () => {
    const planVersion = await submitted();
    const shown = await showPlan(setting.deps.database, planVersion);
    expect(shown).toMatchObject({
      status: 'in_review',
      author: ANA,
      diagnostics: [],
      approvalsRequired: 1,
      approvals: [],
    });
    expect(shown?.backtest?.result).toMatchObject({ planVersion, rows: [], expectedMonthlyRevenue: '0' });
  });

  test('the same content again changes nothing', async () => {
    const document = usagePlan('2.5');
    const first = await submitted(document);
    expect(await submitted(document, BEN)).toBe(first);
    expect((await showPlan(setting.deps.database, first))?.author).toBe(ANA);
  });

  test('an error of the check keeps the plan a draft, with its diagnostics', async () => {
    const outcome = await submitPlan(setting.deps, { document: faultyPlan(), author: ANA, why: WHY });
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'errors' });
    const shown = await showPlan(setting.deps.database, outcome.planVersion ?? '');
    expect(shown).toMatchObject({
      status: 'draft',
      diagnostics: [{ severity: 'error', line: 'data' }],
      backtest: null,
    });
    expect(
      await approvePlan(setting.deps, { planVersion: outcome.planVersion ?? '', approver: BEN, why: WHY }),
    ).toMatchObject({
      kind: 'refused',
      reason: 'errors',
    });
  });

  test('what is no plan is refused and nothing is kept', async () => {
    const before = await listPlans(setting.deps.database);
    const outcome = await submitPlan(setting.deps, { document: { plan: 'x' }, author: ANA, why: WHY });
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'document', planVersion: null });
    expect(outcome.diagnostics.length).toBeGreaterThan(0);
    expect(await listPlans(setting.deps.database)).toEqual(before);
  });

  test('a metric that nothing collects, or collects otherwise, is refused', async () => {
    const seats = usagePlan('1', {
      metrics: { data_gb: { unit: 'TB', rollup: 'max' }, seats: { unit: 'seat', rollup: 'last' } },
    });
    const outcome = await submitPlan(setting.deps, { document: seats, author: ANA, why: WHY });
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'metrics' });
    expect(outcome.kind === 'refused' ? outcome.detail : '').toMatch(
      /seats.*|data_gb is collected in GB.*rolled up by sum/,
    );
  });

  test.each([VIC, ORPHAN, 'person:nobody@example.com'])('%s cannot be an author', async (author) => {
    expect(await submitPlan(setting.deps, { document: usagePlan('3.3'), author, why: WHY })).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('promise 23: author and approver differ', () => {
  test.each([ANA, ANAS_ROBOT])('%s cannot approve what Ana wrote', async (approver) => {
    const planVersion = await submitted();
    expect(await approvePlan(setting.deps, { planVersion, approver, why: WHY })).toMatchObject({
      kind: 'refused',
      reason: 'self_approval_or_missing_approval',
    });
    expect((await showPlan(setting.deps.database, planVersion))?.approvals).toEqual([]);
  });

  test('a person cannot approve what their service account wrote, and neither can the account', async () => {
    const planVersion = await submitted(undefined, BENS_ROBOT);
    for (const approver of [BEN, BENS_ROBOT]) {
      expect(await approvePlan(setting.deps, { planVersion, approver, why: WHY })).toMatchObject({ kind: 'refused' });
    }
    expect(await approvePlan(setting.deps, { planVersion, approver: ANAS_ROBOT, why: WHY })).toMatchObject({
      kind: 'approved',
    });
  });

  test.each([VIC, ORPHAN])('%s has not what approving takes', async (approver) => {
    const planVersion = await submitted();
    expect(await approvePlan(setting.deps, { planVersion, approver, why: WHY })).toMatchObject({ kind: 'refused' });
  });
});

describe('approving', () => {
  test('every warning must be acknowledged, and is kept with the approval', async () => {
    const planVersion = await submitted(planWithWarning());
    expect(await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY })).toMatchObject({
      kind: 'refused',
      reason: 'warnings',
      detail: expect.stringContaining('--acknowledge unused-parameter'),
    });
    const acknowledged = ['unused-parameter'];
    expect(await approvePlan(setting.deps, { planVersion, approver: BEN, acknowledged, why: WHY })).toEqual({
      kind: 'approved',
      planVersion,
    });
    expect((await showPlan(setting.deps.database, planVersion))?.approvals).toMatchObject([
      { approver: BEN, acknowledged, valid: true },
    ]);
  });

  test('above the threshold it takes two people, one of finance', async () => {
    await setting.test.owner.query(
      "update approval_thresholds set expected_monthly_revenue = 0 where currency = 'usd'",
    );
    try {
      const planVersion = await submitted(undefined, ANAS_ROBOT);
      expect(await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY })).toMatchObject({
        kind: 'waiting',
        given: 1,
        required: 2,
        financeMissing: true,
      });
      // The same person through another account is no second person.
      expect(await approvePlan(setting.deps, { planVersion, approver: BENS_ROBOT, why: WHY })).toMatchObject({
        kind: 'waiting',
        given: 1,
      });
      expect(await approvePlan(setting.deps, { planVersion, approver: FAY, why: WHY })).toMatchObject({
        kind: 'approved',
      });
    } finally {
      await setting.test.owner.query(
        "update approval_thresholds set expected_monthly_revenue = 5000000 where currency = 'usd'",
      );
    }
  });

  test('a currency without a threshold takes two people', async () => {
    const plan = usagePlan('1');
    const parameters = { platform_fee: { value: '100', unit: 'chf' }, price_per_gb: { value: '1', unit: 'chf/GB' } };
    const planVersion = await submitted({ ...plan, currency: 'chf', parameters });
    expect(await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY })).toMatchObject({
      kind: 'waiting',
      required: 2,
    });
  });
});

describe('after the approval', () => {
  test('a changed plan is another version, with no approval', async () => {
    const planVersion = await submitted(usagePlan('4.1'));
    await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY });
    const changed = await submitted(usagePlan('4.2'));
    expect(changed).not.toBe(planVersion);
    expect(
      await activatePlan(setting.deps, { planVersion: changed, from: '2027-01-01', actor: ANA, why: WHY }),
    ).toMatchObject({ kind: 'refused', reason: 'state' });
  });

  test('a changed backtest voids the approval, and the same people can approve again', async () => {
    const planVersion = await submitted();
    await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY });
    expect(await recordBacktest(setting.deps, { planVersion, actor: ANA, why: WHY })).toMatchObject({
      kind: 'recorded',
      changed: false,
    });
    expect((await showPlan(setting.deps.database, planVersion))?.status).toBe('approved');

    await seedMonth('2026-09');
    expect(await recordBacktest(setting.deps, { planVersion, actor: ANA, why: WHY })).toMatchObject({
      kind: 'recorded',
      changed: true,
    });
    expect(await showPlan(setting.deps.database, planVersion)).toMatchObject({
      status: 'in_review',
      approvals: [{ approver: BEN, valid: false }],
    });
    expect(await activatePlan(setting.deps, { planVersion, from: '2027-01-02', actor: ANA, why: WHY })).toMatchObject({
      kind: 'refused',
      reason: 'state',
    });
    expect(await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY })).toMatchObject({
      kind: 'approved',
    });
  });

  test('it is activated on a day of an open period, and retired', async () => {
    const planVersion = await submitted();
    await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY });
    await closePeriod(setting, '2026-08', '2026-09-01');
    const activate = (from: string) => activatePlan(setting.deps, { planVersion, from, actor: ANA, why: WHY });
    expect(await activate('soon')).toMatchObject({ kind: 'refused', reason: 'date' });
    expect(await activate('2026-08-31')).toMatchObject({
      kind: 'refused',
      reason: 'day_is_closed_or_not_ready',
      detail: expect.stringContaining('2026-08'),
    });
    expect(await activate('2026-09-01')).toMatchObject({ kind: 'done', status: 'active' });
    expect(await retirePlan(setting.deps, { planVersion, actor: VIC, why: WHY })).toMatchObject({
      kind: 'refused',
      reason: 'role',
    });
    expect(await retirePlan(setting.deps, { planVersion, actor: ANA, why: WHY })).toMatchObject({
      kind: 'done',
      status: 'retired',
    });
    expect(await activate('2026-12-01')).toMatchObject({ kind: 'refused', reason: 'state' });
  });

  test('a rejection is final, and says so when the same plan comes again', async () => {
    const document = usagePlan('5.5');
    const planVersion = await submitted(document);
    expect(await rejectPlan(setting.deps, { planVersion, actor: VIC, why: WHY })).toMatchObject({
      kind: 'refused',
      reason: 'role',
    });
    expect(await rejectPlan(setting.deps, { planVersion, actor: FAY, why: 'too cheap' })).toMatchObject({
      kind: 'done',
      status: 'rejected',
    });
    expect(await submitPlan(setting.deps, { document, author: ANA, why: WHY })).toMatchObject({
      kind: 'refused',
      reason: 'state',
    });
    expect(await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY })).toMatchObject({
      kind: 'refused',
      reason: 'state',
    });
  });

  test('every step is in the audit log with who and why', async () => {
    const planVersion = await submitted();
    await approvePlan(setting.deps, { planVersion, approver: BEN, why: 'the price is right' });
    const log = await setting.test.owner.query(
      'select actor, action, why from audit_log where subject = $1 order by sequence',
      [planVersion],
    );
    expect(log.rows.map((row) => row.action)).toEqual([
      'plan_version.draft',
      'plan_version.checked',
      'plan_version.in_review',
      'plan_version.approved',
    ]);
    expect(log.rows.at(-1)).toMatchObject({ actor: BEN, why: 'the price is right' });
  });
});

describe('finding a version', () => {
  test('by digest, by its beginning, or by the only version of a plan in a state', async () => {
    const planVersion = await submitted({ ...usagePlan('9.1'), plan: 'solo' });
    for (const text of [planVersion, planVersion.slice(0, 20), planVersion.slice(7, 20), 'solo']) {
      expect(await resolvePlanVersion(setting.deps.database, text, ['in_review'])).toEqual({
        kind: 'found',
        planVersion,
      });
    }
    expect(await resolvePlanVersion(setting.deps.database, 'solo', ['active'])).toMatchObject({
      kind: 'refused',
      reason: 'not_found',
    });
    await submitted({ ...usagePlan('9.2'), plan: 'solo' });
    expect(await resolvePlanVersion(setting.deps.database, 'solo', ['in_review'])).toMatchObject({
      kind: 'refused',
      reason: 'ambiguous',
    });
    for (const text of ['', '%', 'sha256:', 'sha256']) {
      expect(await resolvePlanVersion(setting.deps.database, text, ['in_review'])).toMatchObject({
        kind: 'refused',
        reason: 'not_found',
      });
    }
  });
});

/** One checkpoint on the month's last day: the least that a review looks at. */
async function seedMonth(month: string): Promise<void> {
  await setting.test.owner.query(`
    insert into usage_sources values ('data-gb', 1, 'data_gb', 'us-central1', '{}', 'sha256:0', '2026-07-01') on conflict do nothing`);
  await setting.test.owner.query(
    `insert into checkpoints (region, source_id, source_version, metric, day, status, started_at)
     select 'us-central1', 'data-gb', 1, 'data_gb', ($1 || '-01')::date + interval '1 month' - interval '1 day', 'running', now()`,
    [month],
  );
  await setting.test.owner.query(
    "update checkpoints set status = 'complete', revision = 1, row_count = 0, total = 0, digest = 'sha256:0', evidence = '{}' where status = 'running'",
  );
}
