import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  approveRule,
  closeRuleSchema,
  proposeRule,
  retireAutomaticApproval,
} from '../../shared/billing/close-rules.ts';
import { billingRunFind } from '../../shared/database/queries.generated.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { aggregateAll, collect, EFFECTS, PERIOD, rate, seedContracts } from './month.ts';
import { billedBefore } from './past.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedContracts(db, ['acme', 'birch']);
});
afterEach(() => db.remove());

const USAGE = { 'acme-app': '100', 'birch-app': '200' };
const deps = () => ({ database: db.database, effects: EFFECTS });
const run = () => db.database.first(billingRunFind, { run_id: PERIOD });
const inReview = async () => {
  await aggregateAll(db.database, USAGE);
  await collect(db.database);
  await rate(db.database, 0);
};

describe('automatic approval', () => {
  const rule = closeRuleSchema.parse({
    rule: 'small-months',
    kind: 'automatic_approval',
    terms: { limitsMinor: { usd: '18000' }, maxChange: '0.5' },
  });
  const agree = async () => {
    expect(await proposeRule(deps(), rule, 'person:ana', 'small months')).toMatchObject({ status: 'proposed' });
    expect(await approveRule(deps(), rule.rule, 'person:ben', 'agreed')).toMatchObject({ status: 'approved_once' });
    expect(await approveRule(deps(), rule.rule, 'person:fay', 'agreed')).toMatchObject({ status: 'in_force' });
  };

  test('without a rule every run waits for a person', async () => {
    await billedBefore(db, '2026-09', { acme: 6_000n, birch: 12_000n });
    await inReview();
    expect((await run())?.status).toBe('in_review');
  });

  test('under a rule of three people a run within its terms goes on, and the log says so', async () => {
    await billedBefore(db, '2026-09', { acme: 6_000n, birch: 12_000n });
    await agree();
    await inReview();
    expect(await run()).toMatchObject({ status: 'issuing', approver: null, approval_rule: 'small-months' });
    const { rows } = await db.owner.query(
      `select action, actor, detail from audit_log where subject = $1 order by sequence`,
      [PERIOD],
    );
    expect(rows.map(({ action }) => action.replace('billing_run.', ''))).toEqual([
      'open',
      'collecting',
      'complete',
      'rated',
      'in_review',
      'approved_by_rule',
      'approved',
      'issuing',
    ]);
    expect(rows.find(({ action }) => action === 'billing_run.approved_by_rule')?.detail).toMatchObject({
      rule: 'small-months',
      approvers: ['person:ben', 'person:fay'],
    });
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'a total above the limit: 60.00 + 120.00 + 0.06 > 180.00',
      () => billedBefore(db, '2026-09', { acme: 6_000n, birch: 12_000n }),
    ],
    ['no last period', async () => undefined],
    [
      'a change of more than half: 180.06 after 100.00',
      () => billedBefore(db, '2026-09', { acme: 5_000n, birch: 5_000n }),
    ],
  ])('%s takes a person', async (_name, prepare) => {
    await prepare();
    await agree();
    await aggregateAll(db.database, { ...USAGE, 'birch-app': '200.1' });
    await collect(db.database);
    await rate(db.database, 0);
    expect((await run())?.status).toBe('in_review');
  });

  test('an invoice that is held, usage of nobody, and a retired rule take a person', async () => {
    await billedBefore(db, '2026-09', { acme: 6_000n, birch: 12_000n });
    await agree();
    await aggregateAll(db.database, { ...USAGE, stray: '1' });
    await collect(db.database);
    await rate(db.database, 0);
    expect((await run())?.status).toBe('in_review');
    await db.database.transaction({ actor: 'person:fay', why: 'enough' }, retireAutomaticApproval);
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0, 2);
    expect((await run())?.status).toBe('in_review');
  });

  test('promise 23: the author does not approve a rule, nor one person twice; the database holds the terms fixed', async () => {
    await db.owner.query(`update principals set roles = '{author,approver}' where principal = 'person:ana'`);
    await proposeRule(deps(), rule, 'person:ana', 'small months');
    await expect(approveRule(deps(), rule.rule, 'person:ana', 'mine')).rejects.toThrow(/neither its author/);
    await approveRule(deps(), rule.rule, 'person:ben', 'agreed');
    await expect(approveRule(deps(), rule.rule, 'person:ben', 'again')).rejects.toThrow(/nor each other/);
    await expect(db.owner.query(`update close_rules set terms = '{}' where rule_id = 'small-months'`)).rejects.toThrow(
      /immutable/,
    );
    await expect(
      db.owner.query(
        `update billing_runs set status = 'approved', approval_rule = 'small-months', approved_at = now()`,
      ),
    ).resolves.toMatchObject({ rowCount: 0 });
  });

  test('whatever the code says, a rule that does not allow the run does not approve it', async () => {
    await inReview();
    await agree();
    await expect(
      db.owner.query(
        `update billing_runs set status = 'approved', approval_rule = 'small-months', approved_at = now()`,
      ),
    ).rejects.toThrow('rule small-months does not approve run 2026-10: usd has no last period');
  });
});

describe('bounds are rows that two people agree on', () => {
  test('tighter bounds of a currency take the place of those that Daybook comes with', async () => {
    const terms = {
      maxLines: 1_000,
      maxTimesMedian: '5',
      medianOf: 6,
      medianFrom: 3,
      maxChange: '0.1',
      tolerance: '1',
    };
    const bounds = closeRuleSchema.parse({ rule: 'usd-tight', kind: 'bounds', currency: 'usd', terms });
    await proposeRule(deps(), bounds, 'person:ana', 'tighter');
    expect(await approveRule(deps(), 'usd-tight', 'person:ben', 'agreed')).toMatchObject({ status: 'in_force' });
    await billedBefore(db, '2026-09', { acme: 6_000n, birch: 10_000n });
    await inReview();
    const { rows } = await db.owner.query('select invoice_id, reason from invoice_holds');
    expect(rows).toEqual([{ invoice_id: '2026-10/birch/usage', reason: 'changed_since_last_period' }]);
  });

  test.each([
    [{ maxChange: 'NaN' }, /maxChange/],
    [{ maxChange: '-1' }, /maxChange/],
    [{ maxTimesMedian: '0.5' }, /maxTimesMedian/],
    [{ maxLines: 0 }, /maxLines/],
    [{ more: 1 }, /more/],
  ])('%o is refused, with its place', (change, place) => {
    const terms = {
      maxLines: 10,
      maxTimesMedian: '5',
      medianOf: 6,
      medianFrom: 3,
      maxChange: '2',
      tolerance: '1',
      ...change,
    };
    const parsed = closeRuleSchema.safeParse({ rule: 'x', kind: 'bounds', currency: 'usd', terms });
    expect(JSON.stringify(parsed.error?.issues)).toMatch(place);
  });
});
