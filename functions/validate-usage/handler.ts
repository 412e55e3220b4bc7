import { collectRun } from '../../shared/billing/collect-run.ts';
import { periodOf } from '../../shared/calendar/billing-period.ts';
import { parseUtcDay } from '../../shared/calendar/utc-day.ts';
import { Unprocessable } from '../../shared/events/receive.ts';
import { detectAnomalies } from '../../shared/usage/anomalies.ts';
import type { HttpHandler } from '../http.ts';
import { onEvent } from '../push.ts';
import type { World } from '../world.ts';

/**
 * Judges the figures of a new checkpoint, then looks at its period: what is outside the bounds is known before the run is
 * rated. A repeat is safe: the claim of the message and all that follows from it are one transaction, findings have a
 * key, and a look at an unchanged period changes nothing.
 */
export function create(world: World): HttpHandler {
  return onEvent(world, 'validate-usage', 'usage.checkpointed', async (transaction, event) => {
    const day = parseUtcDay(event.data.day);
    if (day === undefined) throw new Unprocessable(`"${event.data.day}" is not a day`);
    const findings = await detectAnomalies(transaction, world.effects, BigInt(event.data.checkpointId));
    if (findings.length > 0)
      world.logger.log('WARNING', `${findings.length} figures are outside the bounds of ordinary variation`, {
        cell: event.data,
      });
    const outcome = await collectRun(transaction, world.effects, periodOf(day));
    if (outcome !== 'collecting') world.logger.log('INFO', `run ${periodOf(day)}: ${outcome}`, { cell: event.data });
  });
}
