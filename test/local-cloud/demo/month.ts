import { periodDays, periodLength } from '../../../shared/calendar/billing-period.ts';
import { addDays, daysBetween, utcDayOf } from '../../../shared/calendar/utc-day.ts';
import { exceptionList } from '../../../shared/database/queries.generated.ts';
import { isDaily } from '../scheduler/cron.ts';
import type { Job } from '../scheduler/jobs.ts';
import type { Stack } from '../stack/stack.ts';
import { DEMO_PERIOD, LAST_FIRING_BEFORE, OUTAGES } from './period.ts';
import type { Progress } from './progress.ts';

const DELIVERY_TIMEOUT_MS = 60_000;
const REFRESH_BEFORE_MS = 10 * 60_000;
/** Far more than the policies allow attempts in a day; a retry that never ends is a fault of its own. */
const MOST_RETRIES_IN_A_DAY = 200;

type Part = Pick<Stack, 'scheduler' | 'relay' | 'telemetry' | 'world' | 'stripe'>;

/**
 * Lets the local cloud's time run through the rest of the month, from daily job to daily job, all regions at once.
 *
 * What fires more often is fired when it has something to do: retry-exceptions when an exception is due, sweep-outbox once
 * after each day. Their other firings of the month would find nothing. A day's events may still be on their way when the
 * next day begins; a failure is known when the daily job answers, and its retries wait for everything before them.
 */
export async function runMonth(stack: Part, progress: Progress): Promise<void> {
  const { scheduler } = stack;
  const days = periodDays(DEMO_PERIOD);
  const daily = scheduler.jobs.filter((job) => isDaily(job.cron));
  for (;;) {
    const due = daily.map((job) => ({ job, at: scheduler.due(job) }));
    const next = Math.min(...due.map(({ at }) => at.getTime()));
    if (next >= LAST_FIRING_BEFORE.getTime()) return;
    const at = new Date(next);
    const regional = due.some((one) => one.at.getTime() === next && one.job.region !== null);
    if (regional && utcDayOf(at) === days.to) await refreshToday(stack, at);
    await setWeather(stack, at);
    await Promise.all(due.filter((one) => one.at.getTime() === next).map(({ job }) => scheduler.fire(job, at)));
    await sweep(stack);
    await retryUntil(stack, new Date(next + 86_400_000));
    // Jobs of no region follow the day's aggregation, and bring no new day.
    if (!regional) continue;
    const day = addDays(utcDayOf(at), -1);
    progress.day(day, daysBetween(days.from, day) + 1, periodLength(DEMO_PERIOD));
  }
}

/**
 * Looks at the first day after the month while there is telemetry of it, for figures that are provisional. The firings of
 * all the days before would be read again by the daily jobs, and are passed over.
 */
async function refreshToday({ scheduler }: Part, before: Date): Promise<void> {
  const refresh = scheduler.jobs.filter(({ functionName }) => functionName === 'refresh-usage');
  const from = new Date(before.getTime() - REFRESH_BEFORE_MS);
  await Promise.all(refresh.map((job) => scheduler.fire(job, scheduler.dueFrom(job, from))));
}

/** Publishes what a stop left in the outbox, and waits until everything that is published is delivered. */
export async function settle(stack: Part): Promise<void> {
  // A signature's age counts: what was sent at one time is delivered before the clock moves on.
  await untilDelivered(stack);
  await sweep(stack);
  await untilDelivered(stack);
}

async function sweep({ scheduler, world }: Part): Promise<void> {
  const job = jobNamed(scheduler.jobs, 'sweep-outbox');
  await scheduler.fire(job, scheduler.dueFrom(job, world.effects.now()));
}

async function untilDelivered({ relay, stripe }: Part): Promise<void> {
  if ((await relay.idle(DELIVERY_TIMEOUT_MS)) && (await stripe.webhooks.idle(DELIVERY_TIMEOUT_MS))) return;
  const seconds = DELIVERY_TIMEOUT_MS / 1_000;
  throw new Error(`Messages are still not delivered after ${seconds} s; functions.log in the data directory says why.`);
}

/** Fires retry-exceptions for each exception that is due before the instant, at the times at which its schedule would. */
export async function retryUntil(stack: Part, until: Date): Promise<void> {
  const { scheduler } = stack;
  const retry = jobNamed(scheduler.jobs, 'retry-exceptions');
  for (let retries = 0; retries < MOST_RETRIES_IN_A_DAY; retries += 1) {
    const due = await nextRetry(stack);
    if (due === undefined) return;
    const at = scheduler.dueFrom(retry, due);
    if (at.getTime() >= until.getTime()) return;
    await setWeather(stack, at);
    await scheduler.fire(retry, at);
    await settle(stack);
  }
  throw new Error(
    `Retries before ${until.toISOString()} do not end; "npm run daybook -- exceptions list" shows what fails.`,
  );
}

async function nextRetry({ world }: Part): Promise<Date | undefined> {
  const live = await world.database.rows(exceptionList, { with_ended: false });
  const due = live.flatMap((exception) =>
    exception.next_attempt_at === null ? [] : [exception.next_attempt_at.getTime()],
  );
  return due.length === 0 ? undefined : new Date(Math.min(...due));
}

/** Takes down what is down at the instant, and brings up the rest. */
async function setWeather({ telemetry }: Part, at: Date): Promise<void> {
  await telemetry.setOutages(OUTAGES.filter(({ from, to }) => from <= at && at < to).map(({ region }) => region));
}

function jobNamed(jobs: readonly Job[], name: string): Job {
  const job = jobs.find((one) => one.name === name);
  if (job === undefined) throw new Error(`No manifest asks for the schedule ${name}.`);
  return job;
}
