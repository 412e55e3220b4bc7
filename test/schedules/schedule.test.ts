import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { manifest as aggregateUsage } from '../../functions/aggregate-usage/manifest.ts';
import { manifest as sweepOutbox } from '../../functions/sweep-outbox/manifest.ts';
import { daybook } from '../cli/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { LocalClock } from '../local-cloud/scheduler/clock.ts';
import { jobsOf } from '../local-cloud/scheduler/jobs.ts';
import { Scheduler } from '../local-cloud/scheduler/scheduler.ts';
import { LOCATION, type SchedulerServer, startSchedulerServer } from '../local-cloud/scheduler/server.ts';
import { close, listen } from '../local-cloud/stack/listen.ts';

const BEGIN = new Date('2026-10-05T12:00:30Z');
const OPERATOR = 'person:omar';

let db: TestDatabase;
let target: Server;
let scheduler: Scheduler;
let server: SchedulerServer;
let calls: string[];

beforeEach(async () => {
  db = await createTestDatabase();
  await db.owner.query(
    "insert into principals (principal, kind, roles) values ($1, 'person', '{operator}'), ('person:vera', 'person', '{viewer}')",
    [OPERATOR],
  );
  calls = [];
  target = createServer((request, response) => {
    calls.push(request.url ?? '');
    response.writeHead(200).end('{}');
  });
  const port = await listen(target, 0);
  scheduler = await openScheduler(port);
  server = await startSchedulerServer(scheduler);
});
afterEach(async () => {
  await server.close();
  await scheduler.close();
  await close(target);
  // Dropping the database would cut off connections that are still saying goodbye.
  await expect.poll(openLedgers).toBe(0);
  await db.remove();
});

async function openLedgers(): Promise<number> {
  const { rows } = await db.owner.query<{ open: number }>(
    "select count(*)::int as open from pg_stat_activity where datname = current_database() and application_name = 'scheduler'",
  );
  return rows[0]?.open ?? 0;
}

function openScheduler(port: number): Promise<Scheduler> {
  return Scheduler.open({
    databaseUrl: db.url,
    jobs: jobsOf([aggregateUsage, sweepOutbox], ['eu-west']),
    clock: new LocalClock(BEGIN),
    firingsAfter: BEGIN,
    endpointOf: (name) => `http://127.0.0.1:${port}/${name}`,
  });
}

const schedule = (...words: string[]) =>
  daybook(['schedule', ...words, '--json'], {
    database: db.database,
    environment: { SCHEDULER_ENDPOINT: server.url, SCHEDULER_LOCATIONS: LOCATION },
  });

const entries = async () =>
  (
    await db.owner.query(
      "select actor, action, subject, why from audit_log where action like 'schedule.%' order by sequence",
    )
  ).rows;

test('Google’s own client lists the jobs by name, with their state and next firing', async () => {
  const listed = await schedule('list');
  expect(listed).toMatchObject({ code: 0 });
  expect(listed.json()).toMatchObject({
    jobs: [
      { name: 'aggregate-usage-eu-west', cron: '0 2 * * *', timeZone: 'Etc/UTC', state: 'enabled' },
      {
        name: 'sweep-outbox',
        cron: '* * * * *',
        state: 'enabled',
        nextAt: '2026-10-05T12:01:00.000Z',
        lastAttemptAt: null,
      },
    ],
  });
});

test('promise 16: pausing and resuming take effect, outlive the scheduler, and are logged with who and why', async () => {
  const [job] = scheduler.jobs.filter(({ functionName }) => functionName === 'sweep-outbox');
  if (!job) throw new Error('no sweep-outbox');
  const paused = await schedule('pause', 'sweep-outbox', '--as', OPERATOR, '--why', 'Pub/Sub is down');
  expect(paused.json()).toMatchObject({ did: 'pause', job: { name: 'sweep-outbox', state: 'paused' } });
  expect(scheduler.isPaused(job)).toBe(true);
  const again = await openScheduler(1);
  expect(again.isPaused(job)).toBe(true);
  await again.close();
  const resumed = await schedule('resume', 'sweep-outbox', '--as', OPERATOR, '--why', 'it is back');
  expect(resumed.json()).toMatchObject({ job: { state: 'enabled' } });
  expect(await entries()).toEqual([
    { actor: OPERATOR, action: 'schedule.pause', subject: 'sweep-outbox', why: 'Pub/Sub is down' },
    { actor: OPERATOR, action: 'schedule.resume', subject: 'sweep-outbox', why: 'it is back' },
  ]);
});

test('status names the jobs that do not fire, and what lets them', async () => {
  const [job] = scheduler.jobs;
  if (job) await scheduler.setPaused(job, true);
  const environment = { SCHEDULER_ENDPOINT: server.url, SCHEDULER_LOCATIONS: LOCATION };
  const status = await daybook('status', { database: db.database, environment });
  expect(status.out).toContain('jobs that do not fire: aggregate-usage-eu-west: daybook schedule resume');
});

test('a forced run fires the job now, with its region, and leaves its schedule as it was', async () => {
  const before = scheduler.jobs.map((job) => scheduler.due(job));
  const ran = await schedule('run', 'aggregate-usage-eu-west', '--as', OPERATOR, '--why', 'the source is back');
  expect(ran).toMatchObject({ code: 0 });
  await expect.poll(() => calls).toEqual(['/aggregate-usage?region=eu-west']);
  expect(scheduler.jobs.map((job) => scheduler.due(job))).toEqual(before);
});

test('promise 23: someone without the role changes nothing, and nothing is logged as if', async () => {
  const refused = await schedule('pause', 'sweep-outbox', '--as', 'person:vera', '--why', 'x');
  expect(refused.json()).toMatchObject({ refused: { reason: 'role_missing' } });
  const unknown = await schedule('pause', 'no-such-job', '--as', OPERATOR, '--why', 'x');
  expect(unknown.json()).toMatchObject({ refused: { reason: 'unknown_job' } });
  expect(scheduler.jobs.filter((job) => scheduler.isPaused(job))).toEqual([]);
  expect(await entries()).toEqual([]);
});

test('a scheduler that does not answer is a refusal that says so', async () => {
  await server.close();
  const listed = await schedule('list');
  expect(listed).toMatchObject({ code: 1 });
  expect(listed.json()).toMatchObject({ refused: { reason: 'scheduler_unavailable' } });
});
