import { correctShard } from '../../shared/corrections/correct-shard.ts';
import type { HttpHandler } from '../http.ts';
import { onEvent } from '../push.ts';
import type { World } from '../world.ts';

/**
 * Compares one shard of a changed period's customers with what they were billed. A repeat is safe: the shard's row is
 * locked and says that it is compared, and a comparison that gives the same figures opens nothing.
 */
export function create(world: World): HttpHandler {
  return onEvent(world, 'correct-invoices', 'period.changed', async (transaction, event) => {
    const { runId, rerating, shard } = event.data;
    const outcome = await correctShard(transaction, world.effects, { runId, rerating, shard });
    world.logger.log('INFO', `shard ${shard} of rerating ${rerating} of run ${runId}: ${outcome.kind}`, { outcome });
  });
}
