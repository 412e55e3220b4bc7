import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../stack/stack.ts';

const LOOK_EVERY_MS = 1_000;

/**
 * Lets time go on at its own pace and fires the frequent schedules when they are due, until asked to stop. The daily
 * aggregation rests: the telemetry of the demo ends with its month.
 */
export async function serveUntilStopped(
  { scheduler, clock }: Pick<Stack, 'scheduler' | 'clock'>,
  stop: Promise<undefined>,
): Promise<void> {
  const frequent = scheduler.jobs.filter((job) => job.region === null);
  const began = clock.now();
  for (;;) {
    const stopped = await Promise.race([stop.then(() => true), delay(LOOK_EVERY_MS, false)]);
    if (stopped) return;
    const now = clock.now();
    for (const job of frequent) {
      const at = scheduler.dueFrom(job, began);
      if (at <= now && !scheduler.isPaused(job)) await scheduler.fire(job, at);
    }
    await scheduler.moveTo(now);
  }
}
