import { type SealOutcome, sealAuditLog } from '../../shared/audit/seal.ts';
import { addDays, utcDayOf } from '../../shared/calendar/utc-day.ts';
import { publishOutbox } from '../../shared/events/outbox.ts';
import type { Logger } from '../../shared/logging/logger.ts';
import type { HttpHandler } from '../http.ts';
import { onSchedule } from '../schedule.ts';
import type { World } from '../world.ts';
import { manifest } from './manifest.ts';

const ACTOR = `service:${manifest.name}`;

/**
 * Seals the day before the firing, and the days before it that were missed. A repeat is safe: a day has one seal, and
 * what is sealed stays. The seal is logged too: the log is the witness that nobody with the database can change.
 */
export function create(world: World): HttpHandler {
  return onSchedule(async ({ scheduledFor }) => {
    const outcome = await sealAuditLog(world, addDays(utcDayOf(scheduledFor), -1), ACTOR);
    report(world.logger, outcome);
    await publishOutbox(world.database, world.publisher, world.effects, ACTOR);
    return { status: 200, body: { outcome: outcome.kind } };
  });
}

function report(logger: Logger, outcome: SealOutcome): void {
  switch (outcome.kind) {
    case 'sealed': {
      const { day, sequence, hash, seal } = outcome.notice;
      logger.log('INFO', `the audit log is sealed through ${day}`, { anchor: `${sequence}:${hash}`, seal });
      return;
    }
    case 'broken':
      logger.log('CRITICAL', 'the audit log is not what its hashes were made from, and was not sealed', {
        faults: outcome.faults.slice(0, 20),
      });
      return;
    case 'unchanged':
      return;
    default:
      outcome satisfies never;
  }
}
