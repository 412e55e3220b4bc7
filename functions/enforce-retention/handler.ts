import { deliverAlerts } from '../../shared/alerts/deliver.ts';
import { raiseAlert } from '../../shared/alerts/raise.ts';
import { retentionNotices } from '../../shared/alerts/retention-notice.ts';
import { utcDayOf } from '../../shared/calendar/utc-day.ts';
import { enforceRetention } from '../../shared/retention/enforce.ts';
import type { HttpHandler } from '../http.ts';
import { onSchedule } from '../schedule.ts';
import type { World } from '../world.ts';
import { manifest } from './manifest.ts';

const ACTOR = `service:${manifest.name}`;

/**
 * Takes the steps of retention that are due at the scheduled instant. A repeat is safe: each step is one transaction that
 * finds itself taken, a crash between detaching and dropping is ended by the next run, and the database refuses a step
 * that is early or that anything still needs, whatever this function believes.
 */
export function create(world: World): HttpHandler {
  return onSchedule(async ({ scheduledFor }) => {
    const why = `retention as of ${utcDayOf(scheduledFor)}`;
    const { outcomes, stray } = await enforceRetention(world, { at: scheduledFor, actor: ACTOR, why });
    for (const { month, outcome } of outcomes) {
      const reason = 'reason' in outcome ? `: ${outcome.reason}` : '';
      world.logger.log(reason === '' ? 'INFO' : 'WARNING', `usage of ${month} ${outcome.kind}${reason}`);
    }
    const notices = retentionNotices(outcomes, stray);
    await world.database.transaction({ actor: ACTOR, why }, async (transaction) => {
      for (const notice of notices) await raiseAlert(transaction, world.effects.now(), notice);
    });
    if (notices.length > 0) await deliverAlerts(world, ACTOR);
    return { status: 200, body: { outcomes, strayRows: stray.rows } };
  });
}
