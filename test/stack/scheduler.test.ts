import { createServer } from 'node:http';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { FUNCTIONS } from '../../functions/index.ts';
import { LocalClock } from '../local-cloud/scheduler/clock.ts';
import { nextFiring } from '../local-cloud/scheduler/cron.ts';
import { jobsOf } from '../local-cloud/scheduler/jobs.ts';
import { Scheduler } from '../local-cloud/scheduler/scheduler.ts';
import { close, listen } from '../local-cloud/stack/listen.ts';

describe('the schedules that the local scheduler knows', () => {
  test.each([
    ['0 2 * * *', '2026-10-14T01:59:59.999Z', '2026-10-14T02:00:00.000Z'],
    ['0 2 * * *', '2026-10-14T02:00:00.000Z', '2026-10-15T02:00:00.000Z'],
    ['30 23 * * *', '2026-10-31T23:30:00.001Z', '2026-11-01T23:30:00.000Z'],
    ['* * * * *', '2026-10-14T02:00:30.000Z', '2026-10-14T02:01:00.000Z'],
    ['*/5 * * * *', '2026-10-14T02:55:00.000Z', '2026-10-14T03:00:00.000Z'],
    ['*/15 * * * *', '2026-10-14T02:01:00.000Z', '2026-10-14T02:15:00.000Z'],
  ])('%s after %s fires at %s', (cron, after, expected) => {
    expect(nextFiring(cron, new Date(after)).toISOString()).toBe(expected);
  });

  test.each(['*/7 * * * *', '*/0 * * * *', '0 2 * * 1', '60 2 * * *', '0 24 * * *', '@daily', '0 2 1 * *', ''])(
    'refuses "%s", which it would fire wrongly',
    (cron) => {
      expect(() => nextFiring(cron, new Date())).toThrow(/does not know the schedule/);
    },
  );

  test('every schedule of the manifests is one that it knows', () => {
    const jobs = jobsOf(
      FUNCTIONS.map(({ manifest }) => manifest),
      ['us-central1', 'europe-west1'],
    );
    expect(jobs.map(({ name }) => name)).toContain('aggregate-usage/europe-west1');
    for (const { cron } of jobs) expect(nextFiring(cron, new Date(0)).getTime()).toBeGreaterThan(0);
  });
});

describe('the local scheduler', () => {
  const database = `scheduler_${crypto.randomUUID().replaceAll('-', '')}`;
  const databaseUrl = inject('postgresUrl').replace('DATABASE', database);
  const received: { readonly url: string; readonly time: string | undefined }[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    received.push({ url: request.url ?? '', time: request.headers['x-cloudscheduler-scheduletime']?.toString() });
    response.writeHead(status).end('{}');
  });
  const firingsAfter = new Date('2026-10-01T12:00:00Z');
  const jobs = jobsOf(
    FUNCTIONS.map(({ manifest }) => manifest),
    ['us-central1'],
  );
  const daily = jobs.find(({ name }) => name === 'aggregate-usage/us-central1');
  let port = 0;

  beforeAll(async () => {
    port = await listen(server, 0);
    const admin = new pg.Client({ connectionString: inject('postgresUrl').replace('DATABASE', 'postgres') });
    await admin.connect();
    await admin.query(`create database ${database}`);
    await admin.end();
  });
  afterAll(() => close(server));

  const open = (clock: LocalClock) =>
    Scheduler.open({
      databaseUrl,
      jobs,
      clock,
      firingsAfter,
      endpointOf: (name) => `http://127.0.0.1:${port}/${name}`,
    });

  test('fires with the due time and the region, moves the clock, and a new scheduler goes on after it', async () => {
    if (daily === undefined) throw new Error('no daily job');
    const clock = new LocalClock(new Date('2026-10-01T09:00:00Z'));
    const scheduler = await open(clock);
    const due = scheduler.due(daily);
    expect(due.toISOString()).toBe('2026-10-02T02:00:00.000Z');
    await scheduler.fire(daily, due);
    expect(received.at(-1)).toEqual({ url: '/aggregate-usage?region=us-central1', time: '2026-10-02T02:00:00.000Z' });
    expect(clock.now().toISOString()).toMatch(/^2026-10-02T02:00/);
    await scheduler.close();

    const later = new LocalClock(new Date('2026-10-01T09:00:00Z'));
    const next = await open(later);
    expect(later.now().toISOString()).toMatch(/^2026-10-02T02:00/);
    expect(next.due(daily).toISOString()).toBe('2026-10-03T02:00:00.000Z');
    await next.close();
  });

  test('promise 1: a firing that was not taken is fired again, with the same due time, by the next scheduler', async () => {
    if (daily === undefined) throw new Error('no daily job');
    status = 500;
    const scheduler = await open(new LocalClock(firingsAfter));
    const due = scheduler.due(daily);
    expect((await scheduler.fire(daily, due)).status).toBe(500);
    expect(await scheduler.failures()).toEqual([{ job: daily.name, scheduledFor: due, status: 500 }]);
    await scheduler.close();
    status = 200;
    const next = await open(new LocalClock(firingsAfter));
    expect(next.due(daily)).toEqual(due);
    await next.fire(daily, due);
    expect(await next.failures()).toEqual([]);
    await next.close();
  });

  test('the clock never goes back', () => {
    const clock = new LocalClock(new Date('2026-10-14T02:00:00Z'));
    clock.moveTo(new Date('2026-10-13T02:00:00Z'));
    expect(clock.now().getTime()).toBeGreaterThanOrEqual(Date.parse('2026-10-14T02:00:00Z'));
  });
});
