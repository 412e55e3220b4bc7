import { openReaders } from '../../shared/sources/readers.ts';
import { refreshUsage } from '../../shared/visibility/refresh.ts';
import type { HttpHandler } from '../http.ts';
import { onSchedule } from '../schedule.ts';
import type { World } from '../world.ts';
import { manifest } from './manifest.ts';

/**
 * Reads today up to the scheduled instant. A repeat is safe: a reading replaces an older one of the same day whole, and
 * never a newer one. A source that fails answers 200 and keeps its last figure: the next firing comes in minutes, and the
 * daily aggregation is what raises exceptions.
 */
export function create(world: World): HttpHandler {
  const dependencies = {
    database: world.database,
    effects: world.effects,
    openReader: openReaders(world.configuration, world.effects),
  };
  return onSchedule(async ({ scheduledFor, region }) => {
    if (region === null) return { status: 400, body: { error: 'the query names no region: call with ?region=…' } };
    const result = await refreshUsage(dependencies, { region, at: scheduledFor, actor: `service:${manifest.name}` });
    if (result.kind === 'refused') return { status: 400, body: { error: result.reason } };
    for (const outcome of result.outcomes)
      if (outcome.kind === 'failed')
        world.logger.log('INFO', `${outcome.source} of ${region} gave no figure for today: ${outcome.reason}`, {
          detail: outcome.detail,
        });
    return { status: 200, body: result };
  });
}
