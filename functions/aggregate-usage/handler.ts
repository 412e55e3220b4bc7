import { addDays, utcDayOf } from '../../shared/calendar/utc-day.ts';
import { publishOutbox } from '../../shared/events/outbox.ts';
import { openReaders } from '../../shared/sources/readers.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import type { HttpHandler } from '../http.ts';
import { onSchedule } from '../schedule.ts';
import type { World } from '../world.ts';

const ACTOR = 'service:aggregate-usage';

/**
 * Aggregates the day before the scheduled one. A repeat is safe: it reads the same day again, and the same data makes
 * no new revision. A source that fails answers 200: its exception decides when it is tried again, not the scheduler.
 */
export function create(world: World): HttpHandler {
  const dependencies = {
    database: world.database,
    effects: world.effects,
    openReader: openReaders(world.configuration, world.effects),
  };
  return onSchedule(async ({ scheduledFor, region }) => {
    if (region === null) return { status: 400, body: { error: 'the query names no region: call with ?region=…' } };
    const day = addDays(utcDayOf(scheduledFor), -1);
    const work = { region, day, snapshotAt: scheduledFor, actor: ACTOR, why: `daily aggregation of ${day}` };
    const result = await aggregateDay(dependencies, work);
    await publishOutbox(world.database, world.publisher, world.effects, ACTOR);
    if (result.kind === 'refused') return { status: 400, body: { error: result.reason } };
    const failed = result.outcomes.filter((outcome) => outcome.kind === 'failed');
    for (const { cell, reason, detail } of failed)
      world.logger.log('WARNING', `${cell.source} of ${cell.region} on ${cell.day} is incomplete: ${reason}`, {
        detail,
      });
    return { status: 200, body: { region, day, outcomes: result.outcomes } };
  });
}
