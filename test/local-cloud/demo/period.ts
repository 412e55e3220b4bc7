import { billingPeriod, periodDays } from '../../../shared/calendar/billing-period.ts';
import { addDays, startOf } from '../../../shared/calendar/utc-day.ts';

/** The month that the demo bills. */
export const DEMO_PERIOD = billingPeriod('2026-10');

const days = periodDays(DEMO_PERIOD);
const HOUR_MS = 3_600_000;

/** When the local cloud begins: contracts are signed, nothing has been used yet. */
export const DEMO_BEGIN = new Date(startOf(addDays(days.from, -3)).getTime() + 9 * HOUR_MS);

/** Schedules fire after this instant: the first daily job is that of the month's second day, about the first. */
export const FIRST_FIRING_AFTER = new Date(startOf(days.from).getTime() + 12 * HOUR_MS);

/** The last daily job is before this instant: the generated telemetry ends with the month. */
export const LAST_FIRING_BEFORE = startOf(addDays(days.to, 1));

/** When a region's Prometheus is down. On the 14th it is at the time of the daily job, and is back some minutes later. */
export const OUTAGES = [
  {
    region: 'europe-west1',
    from: new Date(startOf(addDays(days.from, 13)).getTime() + 1.75 * HOUR_MS),
    to: new Date(startOf(addDays(days.from, 13)).getTime() + 2.3 * HOUR_MS),
  },
] as const;
