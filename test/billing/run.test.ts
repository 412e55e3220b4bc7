import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dropBackChangedRuns } from '../../shared/billing/changed-runs.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { endContract } from '../../shared/catalogue/contracts.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { aggregate, aggregateAll, collect, DAYS, EFFECTS, PERIOD, REGIONS, rate, seedContracts } from './month.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedContracts(db, ['acme', 'birch', 'cedar']);
});
afterEach(() => db.remove());

const runStatus = async () => (await db.owner.query('select status, fencing_token from billing_runs')).rows[0];
const invoices = async () =>
  (await db.owner.query('select invoice_id, status, total::int from invoices order by invoice_id')).rows;
const events = async (topic: string) =>
  (
    await db.owner.query('select body::jsonb -> $2 as data from outbox where topic = $1 order by body::jsonb #>> $3', [
      topic,
      'data',
      '{data,shard}',
    ])
  ).rows.map((row) => row.data);
const deps = () => ({ database: db.database, effects: EFFECTS });
const approve = (approver: string) => approveRun(deps(), { runId: PERIOD, approver, why: 'looked right' });

const USAGE = { 'acme-app': '100', 'birch-app': '200', 'cedar-app': '0.05' };

describe('promise 3: nothing is priced unless every required cell is there', () => {
  test('each of the six cells missing in turn keeps the run collecting', async () => {
    for (const [index, missing] of DAYS.flatMap((day) => REGIONS.map((region) => ({ day, region }))).entries()) {
      const other = await createTestDatabase();
      await seedContracts(other, ['acme']);
      for (const day of DAYS)
        for (const region of REGIONS)
          if (day !== missing.day || region !== missing.region) await aggregate(other.database, region, day, {});
      expect(await collect(other.database), `cell ${index}`).toBe('collecting');
      await aggregate(other.database, missing.region, missing.day, {});
      expect(await collect(other.database), `cell ${index}`).toBe('pinned');
      await other.remove();
    }
  });
});

describe('the billing run', () => {
  test('goes from collecting to review, shard by shard, and bills 2 regions × 3 days × 100 × 0.10 = 60.00', async () => {
    await aggregateAll(db.database, USAGE);
    expect(await collect(db.database, 2)).toBe('pinned');
    expect(await events('period.completed')).toMatchObject([
      { shard: 0, shards: 2 },
      { shard: 1, shards: 2 },
    ]);
    expect(await rate(db.database, 1)).toMatchObject({ kind: 'rated', invoices: 1, held: 0 });
    expect(await runStatus()).toMatchObject({ status: 'complete' });
    expect(await rate(db.database, 0)).toMatchObject({ kind: 'rated', invoices: 2, held: 0 });
    expect(await runStatus()).toMatchObject({ status: 'in_review' });
    expect(await invoices()).toEqual([
      { invoice_id: '2026-10/acme/usage', status: 'rated', total: 6_000 },
      { invoice_id: '2026-10/birch/usage', status: 'rated', total: 12_000 },
      { invoice_id: '2026-10/cedar/usage', status: 'rated', total: 3 },
    ]);
    expect((await db.owner.query('select totals from billing_runs')).rows[0].totals).toBe(
      '{"usd":{"held":0,"invoices":3,"total":"18003"}}',
    );
  });

  test('a shard that is rated twice, or by two workers at once, is rated once', async () => {
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    const outcomes = await Promise.all([rate(db.database, 0), rate(db.database, 0), rate(db.database, 0)]);
    expect(outcomes.map((outcome) => outcome.kind).sort()).toEqual(['already_rated', 'already_rated', 'rated']);
    expect(await invoices()).toHaveLength(3);
  });

  test('promise 9: usage that changes before the approval drops the run back, and the old token changes nothing', async () => {
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
    await aggregate(db.database, 'us-east', utcDay('2026-10-01'), { ...USAGE, 'acme-app': '1100' });
    expect(await collect(db.database)).toBe('pinned');
    expect(await runStatus()).toEqual({ status: 'complete', fencing_token: 2 });
    expect(await rate(db.database, 0, 1)).toEqual({ kind: 'already_rated' });
    expect(await rate(db.database, 0, 2)).toMatchObject({ kind: 'rated' });
    expect((await invoices()).filter((row) => row.invoice_id.includes('acme'))).toEqual([
      { invoice_id: '2026-10/acme/usage', status: 'superseded', total: 6_000 },
      { invoice_id: '2026-10/acme/usage/2', status: 'rated', total: 16_000 },
    ]);
  });

  test('a look at a period in which nothing changed changes nothing', async () => {
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
    expect(await collect(db.database)).toBe('unchanged');
    expect(await runStatus()).toMatchObject({ status: 'in_review', fencing_token: 1 });
  });

  test('usage that changes after the approval leaves the invoices and opens a rerating of the customer that it touches', async () => {
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
    expect(await approve('person:fay')).toMatchObject({ kind: 'approved' });
    await aggregate(db.database, 'us-east', utcDay('2026-10-02'), { ...USAGE, 'acme-app': '7' });
    expect(await collect(db.database)).toBe('late');
    expect(await events('period.changed')).toEqual([
      { runId: PERIOD, period: PERIOD, rerating: 1, shard: 0, shards: 1 },
    ]);
    expect((await db.owner.query('select customers from rerating_shards')).rows).toEqual([{ customers: ['acme'] }]);
    expect(await collect(db.database)).toBe('unchanged');
    expect((await invoices())[0]).toMatchObject({ status: 'approved', total: 6_000 });
  });

  test('a contract that changes before the approval drops the run back too', async () => {
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
    const step = { contractId: 'cedar-1', actor: 'person:ben', why: 'left', endsOn: '2026-10-02' };
    expect(await endContract({ database: db.database, effects: EFFECTS }, step)).toMatchObject({ kind: 'done' });
    expect(await collect(db.database)).toBe('pinned');
    expect(await rate(db.database, 0, 2)).toMatchObject({ kind: 'rated' });
    expect((await invoices()).at(-1)).toEqual({ invoice_id: '2026-10/cedar/usage/2', status: 'rated', total: 1 });
  });

  test('is not signed off on inputs that have changed, and is dropped back by itself when no event tells of it', async () => {
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
    expect(await dropBackChangedRuns(deps(), 'service:retry-exceptions')).toEqual([]);
    const step = { contractId: 'cedar-1', actor: 'person:ben', why: 'left', endsOn: '2026-10-02' };
    expect(await endContract(deps(), step)).toMatchObject({ kind: 'done' });
    expect(await approve('person:fay')).toEqual({
      kind: 'refused',
      reason: 'the inputs of run 2026-10 have changed since it was rated',
    });
    expect(await dropBackChangedRuns(deps(), 'service:retry-exceptions')).toEqual([PERIOD]);
    expect(await runStatus()).toEqual({ status: 'complete', fencing_token: 2 });
    await rate(db.database, 0, 2);
    expect(await approve('person:fay')).toMatchObject({ kind: 'approved' });
    // 2 regions × 1 day × 0.05 × 0.10 = 0.01.
    expect((await invoices()).at(-1)).toEqual({ invoice_id: '2026-10/cedar/usage/2', status: 'approved', total: 1 });
  });

  test('promise 3: a source that is approved for the period before the sign-off keeps the run from it until its days are there', async () => {
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
    await db.owner.query(`insert into metrics values ('data_gb', 'Data', 'GB', 'sum', 1)`);
    await db.owner.query(
      `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, active_to)
       values ('data-gb', 1, 'data_gb', 'us-east', '{}', 'sha256:configuration', '2026-10-03', '2026-10-04')`,
    );
    expect(await approve('person:fay')).toMatchObject({ kind: 'refused' });
    expect(await dropBackChangedRuns(deps(), 'service:retry-exceptions')).toEqual([PERIOD]);
    expect(await runStatus()).toEqual({ status: 'collecting', fencing_token: 2 });
    expect((await invoices()).map(({ status }) => status)).toEqual(['superseded', 'superseded', 'superseded']);
  });

  test('a new revision that nobody has looked at yet keeps the run from its sign-off too', async () => {
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
    await aggregate(db.database, 'us-east', utcDay('2026-10-02'), { ...USAGE, 'acme-app': '7' });
    expect(await approve('person:fay')).toMatchObject({ kind: 'refused' });
    expect(await invoices()).toMatchObject([{ status: 'rated' }, { status: 'rated' }, { status: 'rated' }]);
  });

  test('a project that is given to its owner afterwards is billed once its days are read again', async () => {
    await aggregateAll(db.database, { ...USAGE, stray: '10' });
    await collect(db.database);
    await rate(db.database, 0);
    await db.owner.query(
      `insert into projects values ('stray'); insert into project_ownerships values ('stray', 'acme', '2026-10-01')`,
    );
    await aggregateAll(db.database, { ...USAGE, stray: '10' });
    expect(await collect(db.database)).toBe('pinned');
    await rate(db.database, 0, 2);
    expect((await invoices())[1]).toEqual({ invoice_id: '2026-10/acme/usage/2', status: 'rated', total: 6_600 });
  });

  test('promise 5: usage without an owner is named in an exception, not passed over', async () => {
    await aggregateAll(db.database, { ...USAGE, stray: '5' });
    await collect(db.database);
    expect((await db.owner.query('select class, detail from exceptions')).rows).toEqual([
      { class: 'unbilled_usage', detail: expect.stringContaining('stray requests: no owner (6 rows)') },
    ]);
  });
});

describe('the sign-off', () => {
  const inReview = async () => {
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
  };

  test('releases the invoices, each with its event, and moves the run to issuing', async () => {
    await inReview();
    expect(await approve('person:fay')).toEqual({
      kind: 'approved',
      invoices: ['2026-10/acme/usage', '2026-10/birch/usage', '2026-10/cedar/usage'],
    });
    expect(await runStatus()).toMatchObject({ status: 'issuing' });
    expect(await events('invoice.approved')).toHaveLength(3);
  });

  test('comes once: a second one is refused and says why', async () => {
    await inReview();
    await approve('person:fay');
    expect(await approve('person:ben')).toEqual({
      kind: 'refused',
      reason: 'run 2026-10 is issuing; only a run in review can be approved',
    });
    expect(await events('invoice.approved')).toHaveLength(3);
  });

  test('before the review is refused', async () => {
    await collect(db.database);
    expect(await approve('person:fay')).toEqual({
      kind: 'refused',
      reason: 'run 2026-10 is collecting; only a run in review can be approved',
    });
  });

  test('promise 23: the run’s author cannot sign it off, whatever account is used', async () => {
    await db.owner.query(`update principals set roles = '{finance}' where principal = 'person:ana'`);
    await inReview();
    await db.owner.query(`update billing_runs set author = 'service:ana-bot'`);
    expect(await approve('person:ana')).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('is the author'),
    });
  });

  test('by somebody whose role it is not is refused, whatever the code says', async () => {
    await db.owner.query(`insert into principals values ('person:vic', 'person', '{viewer,operator}', null)`);
    await inReview();
    expect(await approve('person:vic')).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('person:vic has not the role'),
    });
    expect(await runStatus()).toMatchObject({ status: 'in_review' });
  });

  test('by somebody unknown is refused', async () => {
    await inReview();
    expect(await approve('person:nobody')).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('person:nobody'),
    });
  });
});
