import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create } from '../../functions/console/handler.ts';
import { create as createValidation } from '../../functions/validate-usage/handler.ts';
import { collectRun } from '../../shared/billing/collect-run.ts';
import type { UtcDay } from '../../shared/calendar/utc-day.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { request, testWorld } from '../console/world.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { PrometheusStandIn } from '../local-cloud/prometheus/server.ts';
import { daybook } from './command-line.ts';
import { aggregateRegion, DAYS, EFFECTS, PERIOD, REGIONS, rateMonth, seedCatalogue } from './month.ts';

const LAST = DAYS[2] as UtcDay;
const CELL = `--region eu-west --source requests --day ${LAST}`;

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedCatalogue(db);
});
afterEach(() => db.remove());

const run = (words: string, as: string, effects: Effects = EFFECTS, environment = {}) =>
  daybook([...words.split(' '), '--as', as], { database: db.database, effects, environment });
/** The same, for a command whose reason has blanks in it. */
const decide = (words: string, as: string, why: string) =>
  daybook([...words.split(' '), '--why', why, '--as', as], { database: db.database, effects: EFFECTS });

async function page(address: string): Promise<string> {
  const reply = await create(testWorld(db).world)(request('GET', address));
  expect(reply.status).toBe(200);
  return String(reply.body);
}

describe('waivers at the command line', () => {
  beforeEach(async () => {
    for (const day of DAYS) {
      await aggregateRegion(db, 'us-east', day);
      await aggregateRegion(db, 'eu-west', day, day === LAST ? 'requests' : undefined);
    }
    await db.database.transaction({ actor: 'service:validate-usage', why: 'test' }, (transaction) =>
      collectRun(transaction, EFFECTS, PERIOD),
    );
  });

  test('promise 23: one proposes, another approves, and pricing starts without another event', async () => {
    const proposed = await decide(`usage waive ${CELL}`, 'person:omar', 'the day is lost');
    expect(proposed.out).toContain('proposed');
    expect(proposed.out).toContain(`usage approve-waiver ${CELL}`);
    expect(await page('/usage?period=2026-10')).toContain('the day is lost');
    expect(await page('/')).toContain('1 waiver is proposed');
    expect(await page(`/usage/eu-west/requests/${LAST}`)).toContain('person:omar');

    const approved = await decide(`usage approve-waiver ${CELL} --json`, 'person:fay', 'seen');
    expect(approved).toMatchObject({ code: 0 });
    expect(approved.json()).toMatchObject({ status: 'approved', author: 'person:omar', run: 'pinned' });
    expect(approved.published.map(({ topic }) => topic)).toContain('period.completed');
    const { out } = await daybook('usage waivers --period 2026-10', { database: db.database, effects: EFFECTS });
    expect(out).toMatch(/eu-west\/requests\/2026-10-03 +approved +person:omar +person:fay +the day is lost/);
    expect(await page('/')).not.toContain('waiver is proposed');
  });

  test('the author, a role that may not, and a cell without a proposal are refused', async () => {
    await db.owner.query(`update principals set roles = '{operator,approver}' where principal = 'person:omar'`);
    expect(await decide(`usage approve-waiver ${CELL}`, 'person:fay', 'seen')).toMatchObject({
      code: 1,
      err: expect.stringContaining('No waiver of eu-west/requests/2026-10-03 was proposed'),
    });
    await decide(`usage waive ${CELL}`, 'person:omar', 'lost');
    expect(await decide(`usage approve-waiver ${CELL}`, 'person:omar', 'mine')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is the author and cannot approve'),
    });
    expect((await decide(`usage approve-waiver ${CELL}`, 'person:ana', 'seen')).err).toContain(
      'needs approver or finance',
    );
    expect(await decide(`usage waive ${CELL}`, 'person:omar', ' ')).toMatchObject({ code: 2 });
    expect(await decide(`usage reject-waiver ${CELL}`, 'person:ben', 'look again')).toMatchObject({ code: 0 });
  });
});

describe('anomalies at the command line', () => {
  beforeEach(async () => {
    await aggregateRegion(db, 'us-east', DAYS[0] as UtcDay);
    await aggregateRegion(db, 'us-east', DAYS[1] as UtcDay, undefined, { 'peak-rps': [] });
    await validateAll();
  });

  /** Gives every usage.checkpointed of the outbox to validate-usage, as Pub/Sub does. */
  async function validateAll(): Promise<void> {
    const { rows } = await db.owner.query<{ event_id: string; body: string }>(
      `select event_id, body from outbox where topic = 'usage.checkpointed' order by occurred_at`,
    );
    const handle = createValidation(testWorld(db, {}, EFFECTS).world);
    for (const { event_id, body } of rows) {
      const message = { data: Buffer.from(body).toString('base64'), messageId: event_id, attributes: {} };
      const push = { message, subscription: 'projects/daybook-local/subscriptions/usage.checkpointed--validate-usage' };
      expect(await handle(request('POST', '/', { body: push }))).toMatchObject({ status: 200 });
    }
  }

  test('validate-usage finds them, the list names them with what helps, and a release takes them off it', async () => {
    const list = await daybook('usage anomalies --period 2026-10', { database: db.database, effects: EFFECTS });
    expect(list.out).toContain('project acme-app has no row, and had 50.25 the day before');
    expect(list.out).toContain('usage release-anomaly ID');
    const json = await daybook('usage anomalies --period 2026-10 --json', { database: db.database, effects: EFFECTS });
    const { anomalies } = json.json() as { anomalies: { anomaly: string; source: string }[] };
    expect(anomalies).toMatchObject([
      { source: 'peak-rps', kind: 'project_vanished', customer: 'acme', quantity: '0', baseline: '70', status: 'open' },
      { source: 'requests', kind: 'project_vanished', customer: 'acme', quantity: '0', baseline: '50.25' },
    ]);
    expect(await page('/usage?period=2026-10')).toContain('project vanished');
    expect(await page('/')).toContain('2 figures are outside the bounds');
    const status = await daybook('status', { database: db.database, effects: EFFECTS });
    expect(status.out).toContain('2 figures of 1 customer in 2026-10 outside the bounds');
    expect(await decide(`usage release-anomaly ${anomalies[0]?.anomaly}`, 'person:omar', 'mine')).toMatchObject({
      code: 1,
    });
    expect(await decide(`usage release-anomaly ${anomalies[0]?.anomaly}`, 'person:fay', 'a holiday')).toMatchObject({
      code: 0,
      out: expect.stringContaining('released'),
    });
    expect(await decide('usage release-anomaly 999', 'person:fay', 'x')).toMatchObject({ code: 1 });
    const after = await daybook('usage anomalies --period 2026-10 --all --json', {
      database: db.database,
      effects: EFFECTS,
    });
    expect((after.json() as { anomalies: { status: string }[] }).anomalies.map(({ status }) => status)).toEqual([
      'open',
      'released',
    ]);
  });
});

describe('reruns and backfills at the command line', () => {
  const standIn = new PrometheusStandIn([]);
  let environment: Record<string, string>;
  beforeEach(async () => {
    environment = { PROMETHEUS_ENDPOINTS: JSON.stringify({ main: await standIn.listen() }) };
  });
  afterEach(() => standIn.close());

  test('progress goes to the side, the report says what failed, and the exit code is 1', async () => {
    // The sources of these tests have no configuration that could be read: every cell fails, each with its reason.
    const words = 'usage backfill --from 2026-10-01 --to 2026-10-03 --region eu-west --json';
    const ran = await run(words, 'person:omar', EFFECTS, environment);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('backfill 1: 6 of 6 cells, 6 failed');
    expect(ran.err).toContain('eu-west/requests/2026-10-01 failed: source_error');
    expect(ran.json()).toMatchObject({ backfill: '1', status: 'failed', required: 6, failed: 6, changed: 0 });
    const again = await run('usage backfill --resume 1', 'person:omar', EFFECTS, environment);
    expect(again.code).toBe(1);
    expect(again.out).toContain('next: daybook usage backfill --resume 1');
    expect(await page('/usage?period=2026-10')).toContain('2026-10-01 to 2026-10-03');
    const list = await daybook('usage backfills', { database: db.database, effects: EFFECTS });
    expect(list.out).toMatch(/1 +2026-10-01 to 2026-10-03, eu-west, every source +failed +0 of 6/);
    const one = await daybook('usage backfills 1', { database: db.database, effects: EFFECTS });
    expect(one).toMatchObject({ code: 0, out: expect.stringContaining('source_error') });
  });

  test('a rerun is one day of one region, of every source or of one', async () => {
    const ran = await run(
      `usage rerun --region us-east --day ${LAST} --source requests --json`,
      'person:omar',
      EFFECTS,
      environment,
    );
    expect(ran.json()).toMatchObject({ required: 1, from: LAST, lastDay: LAST, region: 'us-east', source: 'requests' });
  });

  test('promise 23: of a closed period it is proposed, and its author cannot approve it', async () => {
    for (const day of DAYS) for (const region of REGIONS) await aggregateRegion(db, region, day);
    await rateMonth(db);
    await decide('run approve 2026-10', 'person:fay', 'reviewed');
    await db.owner.query(`update principals set roles = '{operator,approver}' where principal = 'person:omar'`);
    const ran = await run(`usage rerun --region us-east --day ${LAST}`, 'person:omar');
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('usage approve-backfill 1') });
    expect((await run('usage backfill --resume 1', 'person:omar')).err).toContain('waits for a second person');
    expect((await decide('usage approve-backfill 1', 'person:omar', 'mine')).err).toContain('second person must');
    expect(await page('/')).toContain('Backfill 1 is proposed');
    expect(await decide('usage approve-backfill 1', 'person:ben', 'seen')).toMatchObject({ code: 0 });
    const cells = await db.owner.query('select count(*)::int as waiting from backfill_cells where status = $1', [
      'waiting',
    ]);
    expect(cells.rows).toEqual([{ waiting: 2 }]);
  });

  test.each([
    ['usage backfill', '--from D --to D, or --resume ID'],
    ['usage backfill --from 2026-10-03 --to 2026-10-01', 'name the earlier day first'],
    ['usage backfill --from 2026-11-02 --to 2026-11-02', 'not over yet'],
    ['usage rerun --region mars --day 2026-10-01', 'No source is active in mars'],
    ['usage backfill --resume 99', 'There is no backfill 99'],
    ['usage backfill --from 2026-10-01 --to 2026-10-01 --workers 99', 'from 1 to 16'],
  ])('%s is refused with what to do', async (words, told) => {
    const ran = await run(words, 'person:omar');
    expect(ran.code).toBeGreaterThan(0);
    expect(ran.err).toContain(told);
  });
});
