import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { releaseUsageAnomaly } from '../../shared/billing/release-anomaly.ts';
import { addDays, type UtcDay, utcDay } from '../../shared/calendar/utc-day.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import { detectAnomalies, openAnomalies } from '../../shared/usage/anomalies.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { Random } from '../rating/random.ts';
import { readerOf } from './reading.ts';
import { seedWorld } from './seed.ts';

const DAY = utcDay('2026-10-20');
const EFFECTS: Effects = { ...systemEffects(), now: () => new Date('2026-11-02T08:00:00Z') };

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedWorld(db.owner);
});
afterEach(() => db.remove());

type Usage = Readonly<Record<string, string>>;

/** Reads a day of us-east, as the daily job does, and judges it, as validate-usage does. */
async function read(day: UtcDay, usage: Usage): Promise<void> {
  await aggregate(day, usage);
  await judge(day);
}

async function aggregate(day: UtcDay, usage: Usage): Promise<void> {
  const rows = Object.entries(usage).map(([project, quantity]) => ({ project, quantity: decimal(quantity) }));
  const openReader = async () => readerOf({ kind: 'complete', rows, evidence: { queries: [], facts: {} } });
  const work = { region: 'us-east', day, snapshotAt: EFFECTS.now(), actor: 'service:aggregate-usage', why: 'test' };
  await aggregateDay({ database: db.database, effects: EFFECTS, openReader }, work);
}

async function judge(day: UtcDay): Promise<void> {
  const source = { region: 'us-east', source_id: 'requests', metric: 'requests' };
  await db.database.transaction({ actor: 'service:validate-usage', why: `usage of ${day}` }, (transaction) =>
    detectAnomalies(transaction, EFFECTS, source, { from: day, to: addDays(day, 1) }),
  );
}

const daysBefore = (count: number): UtcDay[] =>
  Array.from({ length: count }, (_, index) => addDays(DAY, index - count));

/** Ten ordinary days before the day, of both customers. */
async function history(count = 10): Promise<void> {
  for (const day of daysBefore(count)) await read(day, { 'acme-app': '100', 'birch-app': '200' });
}

async function found(): Promise<string[]> {
  const { rows } = await db.owner.query<{ line: string }>(`
    select format('%s %s %s%s %s: %s against %s over %s', day, customer_id, kind, ' ' || project_id, status, quantity, baseline, baseline_days) as line
    from usage_anomalies order by day, customer_id, kind`);
  return rows.map(({ line }) => line);
}

describe('an anomaly', () => {
  test('is found for the customer that it touches and for no other, with its exact figures', async () => {
    await history();
    await read(DAY, { 'acme-app': '500.000000000000000001', 'birch-app': '210' });
    expect(await found()).toEqual(['2026-10-20 acme volume_high open: 500.000000000000000001 against 100 over 10']);
    const days = { from: utcDay('2026-10-01'), to: utcDay('2026-11-01') };
    expect(await openAnomalies(db.database, ['acme', 'birch'], days)).toMatchObject([
      { customer: 'acme', region: 'us-east', source: 'requests', metric: 'requests', day: DAY, kind: 'volume_high' },
    ]);
    expect(await openAnomalies(db.database, ['birch'], days)).toEqual([]);
    expect(await openAnomalies(db.database, ['acme'], { from: addDays(DAY, 1), to: days.to })).toEqual([]);
  });

  test('is found where a project is gone, by its name, unless it was given up', async () => {
    await read(addDays(DAY, -1), { 'acme-app': '100', 'birch-app': '200' });
    await read(DAY, { 'birch-app': '200' });
    expect(await found()).toEqual(['2026-10-20 acme project_vanished acme-app open: 0 against 100 over 1']);
    await db.owner.query(`update project_ownerships set owned_to = $1 where project_id = 'birch-app'`, [
      addDays(DAY, 1),
    ]);
    await read(addDays(DAY, 1), {});
    expect(await found()).toHaveLength(1);
  });

  test('of a project whose counter stands still is none: a row of zero is evidence', async () => {
    await read(addDays(DAY, -1), { 'acme-app': '100' });
    await read(DAY, { 'acme-app': '0' });
    expect(await found()).toEqual([]);
  });

  test('is found once, however often the day is judged', async () => {
    await history();
    await read(DAY, { 'acme-app': '0', 'birch-app': '0' });
    const first = await db.owner.query('select * from usage_anomalies order by anomaly_id');
    await judge(DAY);
    await judge(addDays(DAY, -1));
    expect((await db.owner.query('select * from usage_anomalies order by anomaly_id')).rows).toEqual(first.rows);
    expect(await found()).toEqual([
      '2026-10-20 acme volume_zero open: 0 against 100 over 10',
      '2026-10-20 birch volume_zero open: 0 against 200 over 10',
    ]);
  });

  test('is cleared when a later revision no longer shows it, and is open again when one shows it anew', async () => {
    await history();
    await read(DAY, { 'acme-app': '9000', 'birch-app': '200' });
    await read(DAY, { 'acme-app': '110', 'birch-app': '200' });
    expect(await found()).toEqual(['2026-10-20 acme volume_high cleared: 9000 against 100 over 10']);
    await read(DAY, { 'acme-app': '8000', 'birch-app': '200' });
    expect(await found()).toEqual(['2026-10-20 acme volume_high open: 8000 against 100 over 10']);
    const log = await db.owner.query(
      `select action, actor from audit_log where action like 'usage_anomaly.%' order by sequence`,
    );
    expect(log.rows.map(({ action }) => action)).toEqual([
      'usage_anomaly.open',
      'usage_anomaly.cleared',
      'usage_anomaly.open',
    ]);
  });

  test('depends on the checkpoints alone, in whatever order they came', async () => {
    const usage = (day: UtcDay): Usage =>
      day === DAY
        ? { 'acme-app': '9000' }
        : { 'acme-app': `${100 + Number(day.slice(8))}`, ...(day < DAY ? { 'birch-app': '200' } : {}) };
    const days = [...daysBefore(14), DAY, addDays(DAY, 1), addDays(DAY, 2)];
    for (const day of days) await read(day, usage(day));
    const inOrder = await found();
    expect(inOrder.length).toBeGreaterThan(2);
    await db.remove();
    db = await createTestDatabase();
    await seedWorld(db.owner);
    const random = new Random(7);
    const shuffled = days.map((day) => ({ day, rank: random.below(1_000) })).sort((a, b) => a.rank - b.rank);
    for (const { day } of shuffled) await read(day, usage(day));
    expect((await found()).filter((line) => line.includes(' open:'))).toEqual(inOrder);
  });

  test('is judged again when a day that it was compared with is read again', async () => {
    for (const day of daysBefore(10)) await read(day, { 'acme-app': '20' });
    await read(DAY, { 'acme-app': '200' });
    expect(await found()).toHaveLength(1);
    for (const day of daysBefore(10)) await read(day, { 'acme-app': '150' });
    // On the way the later of the ten days stood out against the earlier ones; at its end nothing does.
    expect((await found()).filter((line) => !line.includes(' cleared:'))).toEqual([]);
    expect((await found()).at(-1)).toContain('volume_high cleared');
  });
});

describe('a release', () => {
  beforeEach(async () => {
    await history();
    await read(DAY, { 'acme-app': '9000', 'birch-app': '200' });
  });
  const release = async (actor: string, why = 'a campaign') => {
    const { rows } = await db.owner.query('select anomaly_id from usage_anomalies');
    const deps = { database: db.database, effects: EFFECTS };
    return releaseUsageAnomaly(deps, { anomalyId: BigInt(rows[0]?.anomaly_id ?? 0), actor, why });
  };

  test('is a person’s, in their own name, with a reason, and in the log', async () => {
    expect(await release('person:ana')).toMatchObject({ kind: 'refused' });
    expect(await release('service:validate-usage')).toMatchObject({ kind: 'refused' });
    expect(await release('person:fay')).toEqual({ kind: 'released', customer: 'acme', day: DAY, invoices: [] });
    expect(await release('person:fay')).toMatchObject({ kind: 'refused', reason: 'state' });
    const log = await db.owner.query(
      `select actor, why from audit_log where action = 'usage_anomaly.released' order by sequence`,
    );
    expect(log.rows).toEqual([{ actor: 'person:fay', why: 'a campaign' }]);
  });

  test('lasts as long as the figure that was judged: a repeat keeps it, another figure asks again', async () => {
    await release('person:fay');
    await judge(DAY);
    await read(DAY, { 'acme-app': '9000', 'birch-app': '210' });
    expect(await found()).toEqual(['2026-10-20 acme volume_high released: 9000 against 100 over 10']);
    await read(DAY, { 'acme-app': '9001', 'birch-app': '210' });
    expect(await found()).toEqual(['2026-10-20 acme volume_high open: 9001 against 100 over 10']);
  });
});
