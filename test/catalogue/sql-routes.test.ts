import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson, digest } from '../../shared/canonical/canonical-json.ts';
import { submitPlan } from '../../shared/catalogue/plan-submission.ts';
import { approvePlan } from '../../shared/catalogue/plan-versions.ts';
import { planVersionDigest } from '../../shared/plans/compile.ts';
import { planDocumentSchema } from '../../shared/plans/plan-document.ts';
import {
  ANA,
  ANAS_ROBOT,
  BEN,
  CHECK_VIOLATION,
  FAY,
  faultyPlan,
  ORPHAN,
  openSetting,
  PERMISSION_DENIED,
  planWithWarning,
  type Setting,
  usagePlan,
  VIC,
  WHY,
} from './setting.ts';

/** What somebody with the application's role could try in SQL, each a whole transaction. */
let setting: Setting;
let faulty: string;
let sound: string;
beforeAll(async () => {
  setting = await openSetting();
  faulty = await submit(faultyPlan());
  sound = await submit(usagePlan('0.2'));
});
afterAll(() => setting.close());

async function submit(document: object, author = ANA): Promise<string> {
  const outcome = await submitPlan(setting.deps, { document, author, why: WHY });
  expect(outcome.planVersion).not.toBeNull();
  return outcome.planVersion ?? '';
}

const LOGIN = `login_${randomUUID().replaceAll('-', '')}`;

async function statusOf(planVersion: string): Promise<string> {
  const found = await setting.test.owner.query('select status from plan_versions where plan_version = $1', [
    planVersion,
  ]);
  return found.rows[0]?.status;
}

function insertVersion(document: object, status: string, diagnostics: string): readonly [string, readonly unknown[]] {
  const plan = planDocumentSchema.parse(document);
  return [
    `insert into plan_versions (plan_version, plan, document, currency, status, author, submitted_at, diagnostics)
     values ($1, 'team', $2, 'usd', $3::plan_version_status, $4, now(), $5)`,
    [planVersionDigest(plan), canonicalJson(plan), status, ANA, diagnostics],
  ];
}

function approval(
  planVersion: string,
  approver: string,
  as: string,
  acknowledged = '{}',
): readonly [string, readonly unknown[]] {
  return [
    `insert into plan_approvals (plan_version, backtest_id, backtest_digest, approver, approved_as, acknowledged, approved_at, why)
     select v.plan_version, b.backtest_id, b.backtest_digest, $2, $3::principal_role, $4::text[], now(), 'by hand'
     from plan_versions v join plan_backtests b using (backtest_id) where v.plan_version = $1`,
    [planVersion, approver, as, acknowledged],
  ];
}

function setStatus(planVersion: string, status: string): readonly [string, readonly unknown[]] {
  return ['update plan_versions set status = $2::plan_version_status where plan_version = $1', [planVersion, status]];
}

describe('a plan with an error reaches approved by no SQL route of the application', () => {
  test('inserting it with a clean check is not permitted', async () => {
    const document = { ...faultyPlan(), title: 'By hand' };
    await expect(setting.asApplication(ANA, insertVersion(document, 'draft', '[]'))).rejects.toMatchObject({
      code: PERMISSION_DENIED,
    });
    await expect(setting.asApplication(ANA, insertVersion(document, 'approved', '[]'))).rejects.toMatchObject({
      code: PERMISSION_DENIED,
    });
  });

  test.each([
    "diagnostics = '[]'",
    'error_count = 0',
    "document = '{}'",
    'approvals_required = 1',
    'backtest_id = 1',
    `author = '${BEN}'`,
  ])('setting %s is not permitted', async (change) => {
    await expect(
      setting.asApplication(ANA, [`update plan_versions set ${change} where plan_version = $1`, [faulty]]),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/42501|428C9/),
    });
  });

  test.each(['checked', 'in_review', 'approved', 'active'])('moving the draft to %s is refused', async (status) => {
    await expect(setting.asApplication(ANA, setStatus(faulty, status))).rejects.toMatchObject({
      code: expect.stringMatching(/DB001|DB003|DB005|23514/),
    });
    expect(await statusOf(faulty)).toBe('draft');
  });

  test('an approval of a draft cannot be recorded', async () => {
    const byHand: readonly [string, readonly unknown[]] = [
      `insert into plan_approvals (plan_version, backtest_id, backtest_digest, approver, approved_as, acknowledged, approved_at, why)
       select $1, backtest_id, backtest_digest, $2, 'approver', '{}', now(), 'by hand' from plan_backtests limit 1`,
      [faulty, BEN],
    ];
    await expect(setting.asApplication(BEN, byHand)).rejects.toMatchObject({ code: 'DB001' });
  });

  test('even the role that records checks cannot bring a recorded error further than draft', async () => {
    const { owner } = setting.test;
    await expect(
      owner.query("update plan_versions set status = 'checked' where plan_version = $1", [faulty]),
    ).rejects.toMatchObject({ code: CHECK_VIOLATION });
    const hidden = [
      { code: 'x', severity: 'Error' },
      [{ code: 'x', severity: 'error' }],
      'error',
      { severity: 'error' },
      null,
    ];
    for (const finding of hidden) {
      const inserting = async () => {
        await owner.query("select set_config('daybook.actor', $1, false)", [ANA]);
        const [text, values] = insertVersion({ ...faultyPlan(), title: 'Hidden' }, 'draft', JSON.stringify([finding]));
        await owner.query(text, [...values]);
      };
      await expect(inserting(), JSON.stringify(finding)).rejects.toMatchObject({ code: CHECK_VIOLATION });
    }
    await owner.query("select set_config('daybook.actor', '', false)");
  });

  test('the findings are fixed once the check was passed, for every role', async () => {
    const warned = await submit(planWithWarning());
    await expect(
      setting.test.owner.query("update plan_versions set diagnostics = '[]' where plan_version = $1", [warned]),
    ).rejects.toMatchObject({ code: 'DB002' });
  });

  test('removing versions, approvals or backtests is not permitted', async () => {
    for (const table of [
      'plan_versions',
      'plan_approvals',
      'plan_backtests',
      'contracts',
      'principals',
      'approval_thresholds',
      'state_transitions',
    ]) {
      await expect(setting.asApplication(ANA, `delete from ${table}`), table).rejects.toMatchObject({
        code: PERMISSION_DENIED,
      });
      await expect(setting.asApplication(ANA, `truncate ${table} cascade`), table).rejects.toMatchObject({
        code: PERMISSION_DENIED,
      });
    }
  });
});

describe('promise 23: approvals by SQL', () => {
  test('without an approval nothing is approved, and nothing unapproved is activated', async () => {
    await expect(setting.asApplication(BEN, setStatus(sound, 'approved'))).rejects.toMatchObject({ code: 'DB003' });
    await expect(
      setting.asApplication(BEN, [
        "update plan_versions set status = 'active', active_from = '2027-01-01' where plan_version = $1",
        [sound],
      ]),
    ).rejects.toMatchObject({ code: 'DB001' });
  });

  test("in another's name", async () => {
    await expect(setting.asApplication(ANA, approval(sound, BEN, 'approver'))).rejects.toMatchObject({ code: 'DB003' });
    await expect(setting.asApplication('', approval(sound, BEN, 'approver'))).rejects.toMatchObject({ code: 'DB003' });
  });

  test.each([
    [ANA, 'finance'],
    [ANAS_ROBOT, 'finance'],
    [BEN, 'finance'],
    [FAY, 'approver'],
    [VIC, 'approver'],
    [ORPHAN, 'approver'],
    [BEN, 'author'],
  ])('by %s as %s', async (approver, as) => {
    await expect(setting.asApplication(approver, approval(sound, approver, as))).rejects.toMatchObject({
      code: expect.stringMatching(/DB003|23514/),
    });
  });

  test('with a warning that nobody acknowledged', async () => {
    const warned = await submit(planWithWarning());
    await expect(setting.asApplication(BEN, approval(warned, BEN, 'approver'))).rejects.toMatchObject({
      code: 'DB003',
    });
    await setting.asApplication(
      BEN,
      approval(warned, BEN, 'approver', '{unused-parameter}'),
      setStatus(warned, 'approved'),
    );
    expect(await statusOf(warned)).toBe('approved');
  });

  test('inventing a second person, or a role, is not permitted', async () => {
    await expect(
      setting.asApplication(
        ANA,
        "insert into principals values ('person:ana2@example.com', 'person', '{approver}', null)",
      ),
    ).rejects.toMatchObject({ code: PERMISSION_DENIED });
    await expect(
      setting.asApplication(ANA, "update principals set roles = '{finance}', owner = null"),
    ).rejects.toMatchObject({ code: PERMISSION_DENIED });
  });

  test('raising the threshold, adding a backtest or a transition is not permitted', async () => {
    await expect(
      setting.asApplication(ANA, 'update approval_thresholds set customer_change = 1e15'),
    ).rejects.toMatchObject({ code: PERMISSION_DENIED });
    await expect(
      setting.asApplication(ANA, "insert into state_transitions values ('plan_version', 'draft', 'approved')"),
    ).rejects.toMatchObject({ code: PERMISSION_DENIED });
    const document = canonicalJson({ planVersion: sound, expectedMonthlyRevenue: '0', largestCustomerChange: '0' });
    await expect(
      setting.asApplication(ANA, [
        'insert into plan_backtests (plan_version, document, backtest_digest, made_by, made_at) values ($1, $2, $3, $4, now())',
        [sound, document, digest(document), ANA],
      ]),
    ).rejects.toMatchObject({ code: PERMISSION_DENIED });
  });

  test("the checker's role is taken only by logins that have it", async () => {
    const { owner, url } = setting.test;
    await owner.query(`create role ${LOGIN} login password 'limited' in role daybook_app`);
    const address = new URL(url);
    address.username = LOGIN;
    address.password = 'limited';
    const client = new pg.Client({ connectionString: address.href });
    try {
      await client.connect();
      await expect(client.query('set role daybook_checker')).rejects.toMatchObject({ code: PERMISSION_DENIED });
      await client.query('set role daybook_app');
      await expect(client.query("select set_config('role', 'daybook_checker', false)")).rejects.toMatchObject({
        code: PERMISSION_DENIED,
      });
    } finally {
      await client.end();
      await owner.query(`drop role ${LOGIN}`);
    }
  });

  test('switching the guards off is not permitted', async () => {
    await expect(setting.asApplication(ANA, 'alter table plan_versions disable trigger all')).rejects.toMatchObject({
      code: PERMISSION_DENIED,
    });
    await expect(setting.asApplication(ANA, "set local session_replication_role = 'replica'")).rejects.toMatchObject({
      code: PERMISSION_DENIED,
    });
    await expect(setting.asApplication(ANA, 'create schema evil')).rejects.toMatchObject({ code: PERMISSION_DENIED });
    // A look-alike in the session's own schema, or another search path, does not take the guard's place.
    await expect(
      setting.asApplication(
        ANA,
        'create temporary table principals (principal text, kind text, roles text[], owner text)',
        'set local search_path = pg_temp, public, pg_catalog',
        approval(sound, ANA, 'finance'),
      ),
    ).rejects.toMatchObject({ code: 'DB003' });
  });

  test('a threshold that was lowered after the backtest counts', async () => {
    const { owner } = setting.test;
    await owner.query("update approval_thresholds set customer_change = 0 where currency = 'usd'");
    try {
      await expect(
        setting.asApplication(BEN, approval(sound, BEN, 'approver'), setStatus(sound, 'approved')),
      ).rejects.toMatchObject({ code: 'DB003' });
    } finally {
      await owner.query("update approval_thresholds set customer_change = 500000 where currency = 'usd'");
    }
  });
});

describe('promise 8: nothing leaves a final state, and only listed transitions happen', () => {
  test('a rejected version stays rejected', async () => {
    const rejected = await submit(usagePlan('0.31'));
    await setting.asApplication(BEN, setStatus(rejected, 'rejected'));
    for (const status of ['draft', 'checked', 'in_review', 'approved', 'active', 'retired']) {
      await expect(setting.asApplication(BEN, setStatus(rejected, status)), status).rejects.toMatchObject({
        code: expect.stringMatching(/DB001|DB003|23514/),
      });
    }
  });

  test('an approved version that goes back into review keeps the day it never had', async () => {
    const version = await submit(usagePlan('0.32'));
    await approvePlan(setting.deps, { planVersion: version, approver: BEN, why: WHY });
    await setting.asApplication(ANA, setStatus(version, 'in_review'));
    expect(await statusOf(version)).toBe('in_review');
    await expect(
      setting.asApplication(ANA, [
        "update plan_versions set active_from = '2027-01-01' where plan_version = $1",
        [version],
      ]),
    ).rejects.toMatchObject({ code: CHECK_VIOLATION });
  });
});

describe('steps by SQL without the role', () => {
  test('a viewer, or nobody, neither activates nor rejects nor retires', async () => {
    const version = await submit(usagePlan('0.33'));
    for (const actor of [VIC, ORPHAN, '', 'person:nobody@example.com']) {
      await expect(setting.asApplication(actor, setStatus(version, 'rejected')), actor).rejects.toMatchObject({
        code: 'DB003',
      });
    }
    await approvePlan(setting.deps, { planVersion: version, approver: BEN, why: WHY });
    const activating = "update plan_versions set status = 'active', active_from = '2026-09-01' where plan_version = $1";
    await expect(setting.asApplication(VIC, [activating, [version]])).rejects.toMatchObject({ code: 'DB003' });
    await setting.asApplication(ANA, [activating, [version]]);
    await expect(setting.asApplication(VIC, setStatus(version, 'retired'))).rejects.toMatchObject({ code: 'DB003' });
  });
});
