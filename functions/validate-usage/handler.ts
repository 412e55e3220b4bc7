import { collectRun } from '../../shared/billing/collect-run.ts';
import { periodOf } from '../../shared/calendar/billing-period.ts';
import { parseUtcDay } from '../../shared/calendar/utc-day.ts';
import { Unprocessable } from '../../shared/events/receive.ts';
import type { HttpHandler } from '../http.ts';
import { onEvent } from '../push.ts';
import type { World } from '../world.ts';

/**
 * Looks at the period of a new checkpoint: judges its figures, and pins the run that is complete. A repeat is safe: the
 * claim of the message and all that follows from it are one transaction, and a look at an unchanged period changes
 * nothing.
 */
export function create(world: World): HttpHandler {
  return onEvent(world, 'validate-usage', 'usage.checkpointed', async (transaction, event) => {
    const day = parseUtcDay(event.data.day);
    if (day === undefined) throw new Unprocessable(`"${event.data.day}" is not a day`);
    const outcome = await collectRun(transaction, world.effects, periodOf(day));
    if (outcome !== 'collecting') world.logger.log('INFO', `run ${periodOf(day)}: ${outcome}`, { cell: event.data });
  });
}
