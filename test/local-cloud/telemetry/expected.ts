import type { BillingPeriod } from '../../../shared/calendar/billing-period.ts';
import type { GeneratedSeries, Telemetry } from './telemetry.ts';
import { generateTelemetry } from './telemetry.ts';

/** What one project used of one metric on one day in one region, worked out from the raw samples alone. */
export interface ExpectedUsage {
  readonly day: string;
  readonly region: string;
  readonly project: string;
  readonly metric: string;
  /** In the source's unit (GB·s of memory, models·s), a plain decimal. */
  readonly quantity: string;
}

const DAY_MS = 86_400_000;
/** A gauge's sample counts until the next one, but not longer than this. The demo's sources say the same. */
export const HOLD_MS = 900_000;

/**
 * The usage of a period, by brute force over every sample, in whole numbers: nothing here is shared with the code that
 * bills. A row exists where there is at least one sample (or a gauge still holding) on the day.
 */
export function expectedUsage(period: BillingPeriod, telemetry = generateTelemetry(period)): ExpectedUsage[] {
  const rows: ExpectedUsage[] = [...transferredGigabytes(telemetry)];
  for (const series of telemetry.series) if (series.metric !== 'up') rows.push(...usageOfSeries(series));
  return mergeByProject(rows).filter((row) => row.day.startsWith(`${period}-`));
}

/** The usage of one series on each day that it has samples on. */
function usageOfSeries(series: GeneratedSeries): ExpectedUsage[] {
  const { region = '', project = '' } = series.labels;
  return [...byDay(series)].map(([day, scaled]) => ({
    day: new Date(day * DAY_MS).toISOString().slice(0, 10),
    region,
    project,
    metric: series.metric,
    quantity: plain(scaled, decimalsOf(series)),
  }));
}

function decimalsOf(series: GeneratedSeries): number {
  switch (series.metric) {
    case 'requests':
    case 'peak_rps':
    case 'up':
      return series.decimals;
    case 'active_models':
      return series.decimals + 3;
    case 'memory_gb_hours':
      return series.decimals + 3 + 9;
    default:
      return series.metric satisfies never;
  }
}

function byDay(series: GeneratedSeries): Map<number, bigint> {
  switch (series.metric) {
    case 'requests':
      return countedByDay(series);
    case 'peak_rps':
    case 'up':
      return highestByDay(series);
    case 'active_models':
    case 'memory_gb_hours':
      return heldByDay(series);
    default:
      return series.metric satisfies never;
  }
}

function add(days: Map<number, bigint>, day: number, amount: bigint): void {
  days.set(day, (days.get(day) ?? 0n) + amount);
}

/** Each sample brings what was counted since the one before it: the difference, or all of it after a restart. */
function countedByDay({ instants, values }: GeneratedSeries): Map<number, bigint> {
  const days = new Map<number, bigint>();
  let before = 0;
  instants.forEach((instant, index) => {
    const value = values[index] ?? 0;
    add(days, Math.floor(instant / DAY_MS), BigInt(value >= before ? value - before : value));
    before = value;
  });
  return days;
}

function highestByDay({ instants, values }: GeneratedSeries): Map<number, bigint> {
  const days = new Map<number, bigint>();
  instants.forEach((instant, index) => {
    const day = Math.floor(instant / DAY_MS);
    const value = BigInt(values[index] ?? 0);
    if (value >= (days.get(day) ?? 0n)) days.set(day, value);
  });
  return days;
}

/** Value × milliseconds, cut at midnight. */
function heldByDay({ instants, values }: GeneratedSeries): Map<number, bigint> {
  const days = new Map<number, bigint>();
  instants.forEach((instant, index) => {
    const value = BigInt(values[index] ?? 0);
    const until = Math.min(instants[index + 1] ?? Number.POSITIVE_INFINITY, instant + HOLD_MS);
    const midnight = (Math.floor(instant / DAY_MS) + 1) * DAY_MS;
    add(days, midnight / DAY_MS - 1, value * BigInt(Math.min(until, midnight) - instant));
    if (until > midnight) add(days, midnight / DAY_MS, value * BigInt(until - midnight));
  });
  return days;
}

function* transferredGigabytes({ transfers }: Telemetry): Generator<ExpectedUsage> {
  for (const { day, region, project, bytes } of transfers) {
    yield { day, region, project, metric: 'data_gb', quantity: plain(BigInt(bytes), 9) };
  }
}

const MERGE_DECIMALS = 12;

/** One row per day, region, project and metric: sums, and for the peak the highest. */
function mergeByProject(rows: readonly ExpectedUsage[]): ExpectedUsage[] {
  const merged = new Map<string, { row: ExpectedUsage; scaled: bigint }>();
  for (const row of rows) {
    const key = `${row.day} ${row.region} ${row.project} ${row.metric}`;
    const scaled = scaledOf(row.quantity);
    const there = merged.get(key);
    if (there === undefined) merged.set(key, { row, scaled });
    else if (row.metric !== 'peak_rps') there.scaled += scaled;
    else if (scaled > there.scaled) there.scaled = scaled;
  }
  return [...merged.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { row, scaled }]) => ({ ...row, quantity: plain(scaled, MERGE_DECIMALS) }));
}

function scaledOf(quantity: string): bigint {
  const [whole = '0', decimals = ''] = quantity.split('.');
  return BigInt(whole + decimals.padEnd(MERGE_DECIMALS, '0'));
}

/** A non-negative whole number of 10^-decimals, written without an exponent and without trailing zeros. */
function plain(scaled: bigint, decimals: number): string {
  const digits = scaled.toString().padStart(decimals + 1, '0');
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
