import { deliverAlerts, raiseDeadLetterAlerts, raiseExceptionAlerts } from '../../shared/alerts/deliver.ts';
import { dropBackChangedRuns } from '../../shared/billing/changed-runs.ts';
import { reportOverdueRuns } from '../../shared/billing/overdue-runs.ts';
import { publishOutbox } from '../../shared/events/outbox.ts';
import { retryDueExceptions } from '../../shared/retries/retry-due.ts';
import { openReaders } from '../../shared/sources/readers.ts';
import { continueBackfills } from '../../shared/usage/backfill-worker.ts';
import type { HttpHandler } from '../http.ts';
import { onSchedule } from '../schedule.ts';
import type { World } from '../world.ts';

const ACTOR = 'service:retry-exceptions';
/** Time for backfills in one firing: with the retries before them well inside the function's timeout. */
const BACKFILL_MS = 4 * 60_000;

/**
 * Tries again what is due, then works at backfills that nobody's command works at. A repeat is safe: a due exception is
 * claimed by one caller, a backfill's cells one by one, and each piece of work bears being done again. A run whose grace
 * is over becomes an exception here, once: nothing else happens to it. One whose contracts have changed is rated anew: no
 * event tells of that. Alerts that a crash or Slack left unsent are sent here too, and those of exceptions that no event tells
 * of, like a shard that cannot be rated.
 */
export function create(world: World): HttpHandler {
  const dependencies = {
    database: world.database,
    effects: world.effects,
    openReader: openReaders(world.configuration, world.effects),
  };
  return onSchedule(async () => {
    const retried = await retryDueExceptions(dependencies, ACTOR);
    const changed = await dropBackChangedRuns(world, ACTOR);
    const overdue = await reportOverdueRuns(world, ACTOR);
    await publishOutbox(world.database, world.publisher, world.effects, ACTOR);
    await raiseDeadLetterAlerts(world, ACTOR);
    await raiseExceptionAlerts(world, ACTOR);
    await deliverAlerts(world, ACTOR);
    // Last, because it may take minutes.
    const until = new Date(world.effects.now().getTime() + BACKFILL_MS);
    const backfilled = await continueBackfills(dependencies, ACTOR, until);
    await publishOutbox(world.database, world.publisher, world.effects, ACTOR);
    return { status: 200, body: { retried, changed, overdue, backfilled: backfilled.length } };
  });
}
