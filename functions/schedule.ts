import { z } from 'zod';
import type { HttpHandler, HttpReply, HttpRequest } from './http.ts';

const scheduleTimeSchema = z.iso.datetime({ offset: true });

/** One firing of a schedule: the instant that it was due, not the one at which it came. */
export interface Firing {
  readonly scheduledFor: Date;
  /** Set for schedules that fire once per region. */
  readonly region: string | null;
}

/**
 * A handler of Cloud Scheduler's requests. The due time comes from its header, never from the clock, so that a late or
 * doubled firing means the same day. https://cloud.google.com/scheduler/docs/reference/rpc/google.cloud.scheduler.v1
 */
export function onSchedule(fire: (firing: Firing) => Promise<HttpReply>): HttpHandler {
  return async (request: HttpRequest) => {
    const header = request.headers['x-cloudscheduler-scheduletime'];
    const parsed = scheduleTimeSchema.safeParse(header);
    if (!parsed.success) {
      return {
        status: 400,
        body: {
          error: `X-CloudScheduler-ScheduleTime is ${header ? `"${header}", not an RFC 3339 instant` : 'missing'}: only a scheduler calls this; to run a day by hand use "daybook usage aggregate --region R --day D"`,
        },
      };
    }
    return fire({ scheduledFor: new Date(parsed.data), region: request.query.get('region') });
  };
}
