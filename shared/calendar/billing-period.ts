import { addDays, type DayRange, daysBetween, type UtcDay, utcDay } from './utc-day.ts';

/** A calendar month in UTC, `YYYY-MM`. Text order is time order. */
export type BillingPeriod = string & { readonly __brand: 'BillingPeriod' };

const PERIOD = /^\d{4}-(0[1-9]|1[0-2])$/;

/** The period that the text names; undefined when it names none. */
export function parseBillingPeriod(text: string): BillingPeriod | undefined {
  return PERIOD.test(text) && !text.startsWith('0000') ? (text as BillingPeriod) : undefined;
}

/** As `parseBillingPeriod`, for text that must be a period. Throws RangeError. */
export function billingPeriod(text: string): BillingPeriod {
  const period = parseBillingPeriod(text);
  if (period === undefined) throw new RangeError(`"${text.slice(0, 40)}" is not a month; write it like 2026-10`);
  return period;
}

/** The period that the day falls in. */
export function periodOf(day: UtcDay): BillingPeriod {
  return billingPeriod(day.slice(0, 7));
}

export function nextPeriod(period: BillingPeriod): BillingPeriod {
  return periodOf(addDays(utcDay(`${period}-28`), 4));
}

export function previousPeriod(period: BillingPeriod): BillingPeriod {
  return periodOf(addDays(utcDay(`${period}-01`), -1));
}

/** The period's days, half-open: its first day, and the first day of the next period. */
export function periodDays(period: BillingPeriod): DayRange {
  return { from: utcDay(`${period}-01`), to: utcDay(`${nextPeriod(period)}-01`) };
}

/** How many days the period has: 28 to 31. */
export function periodLength(period: BillingPeriod): number {
  const { from, to } = periodDays(period);
  return daysBetween(from, to);
}
