import { rateShard } from '../../shared/billing/rate-shard.ts';
import type { HttpHandler } from '../http.ts';
import { onEvent } from '../push.ts';
import type { World } from '../world.ts';

/**
 * Rates one shard. A repeat is safe: the shard's row is locked and says that it is rated; a shard of an older token is
 * left alone.
 */
export function create(world: World): HttpHandler {
  return onEvent(world, 'price-usage', 'period.completed', async (transaction, event) => {
    const { runId, fencingToken, shard } = event.data;
    const outcome = await rateShard(transaction, world.effects, { runId, fencingToken, shard });
    world.logger.log('INFO', `shard ${shard} of run ${runId}: ${outcome.kind}`, { outcome });
  });
}
