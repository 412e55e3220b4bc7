/** A day of the UTC calendar, `YYYY-MM-DD`, years 0001 to 9999. Text order is time order. */
export type UtcDay = string & { readonly __brand: 'UtcDay' };

/** Half-open: `from` is the first day, `to` the first day after. Empty when they are equal. */
export interface DayRange {
  readonly from: UtcDay;
  readonly to: UtcDay;
}

const MILLISECONDS_PER_DAY = 86_400_000;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The day that the text names; undefined when the calendar has no such day (`2026-02-30`). */
export function parseUtcDay(text: string): UtcDay | undefined {
  if (!DAY.test(text) || text.startsWith('0000')) return undefined;
  const instant = new Date(`${text}T00:00:00.000Z`);
  return Number.isNaN(instant.getTime()) || instant.toISOString().slice(0, 10) !== text ? undefined : (text as UtcDay);
}

/** As `parseUtcDay`, for text that must be a day. Throws RangeError. */
export function utcDay(text: string): UtcDay {
  const day = parseUtcDay(text);
  if (day === undefined) throw new RangeError(`"${text.slice(0, 40)}" is not a day; write it like 2026-10-31`);
  return day;
}

/** The UTC midnight at which the day begins. */
export function startOf(day: UtcDay): Date {
  return new Date(`${day}T00:00:00.000Z`);
}

/** The UTC day that the instant falls in. Throws RangeError for an invalid date or a year that has not four digits. */
export function utcDayOf(instant: Date): UtcDay {
  return utcDay(instant.toISOString().slice(0, -14));
}

/** The day this many days later; earlier when negative. */
export function addDays(day: UtcDay, days: number): UtcDay {
  return utcDayOf(new Date(startOf(day).getTime() + days * MILLISECONDS_PER_DAY));
}

/** Days from the first to the second: 1 from a day to the next, negative backwards. */
export function daysBetween(from: UtcDay, to: UtcDay): number {
  return (startOf(to).getTime() - startOf(from).getTime()) / MILLISECONDS_PER_DAY;
}

export function compareDays(a: UtcDay, b: UtcDay): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Every day of the range, in order. */
export function daysOf(range: DayRange): UtcDay[] {
  return Array.from({ length: Math.max(0, daysBetween(range.from, range.to)) }, (_, index) =>
    addDays(range.from, index),
  );
}

export function rangeContains(range: DayRange, day: UtcDay): boolean {
  return range.from <= day && day < range.to;
}

/** The days that both ranges have; undefined when there is none. */
export function intersectRanges(a: DayRange, b: DayRange): DayRange | undefined {
  const from = compareDays(a.from, b.from) > 0 ? a.from : b.from;
  const to = compareDays(a.to, b.to) < 0 ? a.to : b.to;
  return from < to ? { from, to } : undefined;
}
