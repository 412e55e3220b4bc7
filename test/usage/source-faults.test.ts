import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { findOverlap } from '../../shared/sources/overlap.ts';
import { SOURCE as BIGQUERY } from '../bigquery/fixture.ts';
import { aggregate } from '../billing/month.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { seedWorld } from './seed.ts';

const DAY = utcDay('2026-10-05');

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedWorld(db.owner);
});
afterEach(() => db.remove());

async function revisions(): Promise<unknown[]> {
  const { rows } = await db.owner.query(
    `select c.revision, c.status::text, c.total::text, array_agg(u.project_id || ' ' || u.quantity order by u.project_id) as rows
     from checkpoints c join usage_daily u using (checkpoint_id) group by c.checkpoint_id order by c.revision`,
  );
  return rows;
}

describe('faults of sources', () => {
  test('re-read differs: promise 12: a new revision takes over, and the old one stays readable', async () => {
    await aggregate(db.database, 'us-east', DAY, { 'acme-app': '5', 'birch-app': '7' });
    await aggregate(db.database, 'us-east', DAY, { 'acme-app': '5', 'birch-app': '8' });
    expect(await revisions()).toEqual([
      { revision: 1, status: 'superseded', total: '12', rows: ['acme-app 5', 'birch-app 7'] },
      { revision: 2, status: 'complete', total: '13', rows: ['acme-app 5', 'birch-app 8'] },
    ]);
  });

  test('data after close: promise 12: what a run was billed from stays pinned, and the later figure is a revision beside it', async () => {
    await aggregate(db.database, 'us-east', DAY, { 'acme-app': '5' });
    const owner = db.owner;
    await owner.query(
      `insert into billing_runs (run_id, scope, period, status, period_from, period_to, grace_until, author, opened_at)
       values ('2026-10', 'all', '2026-10', 'open', '2026-10-01', '2026-11-01', now(), 'service:validate-usage', now())`,
    );
    await owner.query(
      `insert into run_checkpoints (run_id, fencing_token, checkpoint_id) select '2026-10', 1, checkpoint_id from checkpoints`,
    );
    await aggregate(db.database, 'us-east', DAY, { 'acme-app': '9' });
    const { rows } = await owner.query(
      `select c.revision, c.status::text, u.quantity::text from run_checkpoints p join checkpoints c using (checkpoint_id)
       join usage_daily u using (checkpoint_id) where p.run_id = '2026-10'`,
    );
    expect(rows).toEqual([{ revision: 1, status: 'superseded', quantity: '5' }]);
    expect(await revisions()).toHaveLength(2);
  });

  test('overlapping filters between regions: promise 3: the day is incomplete, both regions are named, and neither counts twice', async () => {
    const configuration = JSON.stringify({
      kind: 'prometheus',
      endpoint: 'main',
      selector: 'requests_total{job="gateway"}',
      aggregation: 'counter',
      scrapeIntervalSeconds: 60,
      staleAfterSeconds: 300,
    });
    await db.owner.query(`insert into metrics values ('seconds', 'Seconds', 's', 'sum', 1)`);
    await db.owner.query(
      `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from)
       select 'seconds', 1, 'seconds', region, $1, 'sha256:same', '2026-10-01' from regions`,
      [configuration],
    );
    for (const region of ['us-east', 'eu-west']) await aggregate(db.database, region, DAY, { 'acme-app': '5' });
    const { rows } = await db.owner.query(
      `select region, status::text, failure_reason as reason, failure_detail as detail from checkpoints where source_id = 'seconds' order by region`,
    );
    expect(rows).toMatchObject([
      {
        region: 'eu-west',
        status: 'failed',
        reason: 'overlapping_regions',
        detail: expect.stringContaining('eu-west and us-east'),
      },
      {
        region: 'us-east',
        status: 'failed',
        reason: 'overlapping_regions',
        detail: expect.stringContaining('us-east and eu-west'),
      },
    ]);
  });
});

describe('overlapping filters between regions', () => {
  const prometheus = (over: object = {}) => ({
    kind: 'prometheus',
    endpoint: 'main',
    selector: 'requests_total{job="gateway"}',
    aggregation: 'counter',
    scrapeIntervalSeconds: 60,
    staleAfterSeconds: 300,
    ...over,
  });
  const place = { location: 'US', dataset: 'telemetry' };
  const bigquery = (over: object = {}) => ({ ...BIGQUERY, regions: { r1: place, r2: place }, ...over });
  const between = (one: unknown, other: unknown) =>
    findOverlap({ region: 'r1', configuration: one }, { region: 'r2', configuration: other });

  test.each<[string, unknown, unknown]>([
    ['the same selector without a region', prometheus(), prometheus()],
    [
      'a pattern that holds for the other region',
      prometheus({ selector: 'requests_total{zone=~"eu.*"}' }),
      prometheus({ selector: 'requests_total{zone="eu-1"}' }),
    ],
    ['a region in one of them only', prometheus({ regionLabel: 'region' }), prometheus()],
    [
      'a query for every region',
      bigquery({ query: BIGQUERY.query.replace('region = @region', 'region >= @region') }),
      bigquery(),
    ],
  ])('%s is found', (_name, one, other) => {
    expect(between(one, other)).toMatch(/^r1 and r2 may count the same/);
    expect(between(other, one)).toMatch(/^r1 and r2 may count the same/);
  });

  test.each<[string, unknown, unknown]>([
    ['a label with the region', prometheus({ regionLabel: 'region' }), prometheus({ regionLabel: 'region' })],
    [
      'a label of its own value',
      prometheus({ selector: 'requests_total{zone="us-1"}' }),
      prometheus({ selector: 'requests_total{zone="eu-1"}' }),
    ],
    ['a Prometheus of its own', prometheus(), prometheus({ endpoint: 'other' })],
    ['another metric', prometheus(), prometheus({ selector: 'bytes_total' })],
    ['a condition on @region', bigquery(), bigquery()],
    ['a dataset of its own', bigquery(), bigquery({ regions: { r2: { ...place, dataset: 'other' } } })],
  ])('%s keeps regions apart', (_name, one, other) => {
    expect(between(one, other)).toBeUndefined();
  });
});
