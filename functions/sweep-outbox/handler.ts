import { publishOutbox } from '../../shared/events/outbox.ts';
import type { HttpHandler } from '../http.ts';
import { onSchedule } from '../schedule.ts';
import type { World } from '../world.ts';

/** Publishes what waits. A repeat is safe: what is published is marked, and receivers bear a second copy. */
export function create(world: World): HttpHandler {
  return onSchedule(async () => {
    const published = await publishOutbox(world.database, world.publisher, world.effects, 'service:sweep-outbox');
    return { status: 200, body: { published } };
  });
}
