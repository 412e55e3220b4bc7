import { rateShard } from '../../shared/billing/rate-shard.ts';
import { failShard, failsForGood } from '../../shared/billing/rating-failure.ts';
import { receive } from '../../shared/events/receive.ts';
import type { HttpHandler } from '../http.ts';
import { onPush } from '../push.ts';
import type { World } from '../world.ts';
import { manifest } from './manifest.ts';

const ACTOR = `service:${manifest.name}`;

/**
 * Rates one shard. A repeat is safe: the shard's row is locked and says that it is rated; a shard of an older token is
 * left alone. What cannot be rated however often it comes is recorded, and its message claimed, in a transaction of
 * its own: the run is then rating_failed, and the exception's policy decides when the shard is tried again.
 */
export function create(world: World): HttpHandler {
  const { effects, logger } = world;
  return onPush(world, manifest.name, async (push) => {
    try {
      return await receive(world, 'period.completed', push, ACTOR, async (transaction, event) => {
        const { runId, fencingToken, shard } = event.data;
        const outcome = await rateShard(transaction, effects, { runId, fencingToken, shard });
        logger.log('INFO', `shard ${shard} of run ${runId}: ${outcome.kind}`, { outcome });
      });
    } catch (error) {
      if (!failsForGood(error)) throw error;
      return receive(world, 'period.completed', push, ACTOR, async (transaction, event) => {
        await failShard(transaction, effects, event.data, error);
        logger.log('ERROR', `shard ${event.data.shard} of run ${event.data.runId} cannot be rated`, {
          error: String(error),
        });
      });
    }
  });
}
