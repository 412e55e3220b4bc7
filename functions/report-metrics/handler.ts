import { readSignals } from '../../shared/operations/read-signals.ts';
import type { HttpHandler } from '../http.ts';
import { onSchedule } from '../schedule.ts';
import type { World } from '../world.ts';

/** Reports how everything stands. A repeat is safe: it reads, and a second report says the same of a later moment. */
export function create(world: World): HttpHandler {
  return onSchedule(async () => {
    const samples = await readSignals(world.database, world.effects.now());
    for (const sample of samples) world.logger.log('INFO', `signal ${sample.signal}`, { ...sample });
    return { status: 200, body: { samples: samples.length } };
  });
}
