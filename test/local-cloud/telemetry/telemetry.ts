import { type BillingPeriod, periodDays } from '../../../shared/calendar/billing-period.ts';
import { startOf } from '../../../shared/calendar/utc-day.ts';
import { requestCounters } from './counters.ts';
import { gauges, upGauges } from './gauges.ts';
import { generatedSpan, lifeOf } from './life.ts';
import { CUSTOMERS, REGIONS } from './scenario.ts';
import { type TransferRow, transfersOf } from './transfers.ts';

/** One Prometheus series with all its samples, in time order. */
export interface GeneratedSeries {
  readonly name: string;
  readonly metric: 'requests' | 'peak_rps' | 'active_models' | 'memory_gb_hours' | 'up';
  /** Without the name. */
  readonly labels: Readonly<Record<string, string>>;
  /** Each value is a whole number of 10^-decimals. */
  readonly decimals: number;
  /** Milliseconds since 1970. */
  readonly instants: readonly number[];
  readonly values: readonly number[];
}

export interface Telemetry {
  readonly period: BillingPeriod;
  readonly series: readonly GeneratedSeries[];
  readonly transfers: readonly TransferRow[];
}

/** All telemetry of the demo month. The same period gives the same telemetry, always. */
export function generateTelemetry(period: BillingPeriod): Telemetry {
  const days = periodDays(period);
  const month = { from: startOf(days.from).getTime(), to: startOf(days.to).getTime() };
  const series: GeneratedSeries[] = REGIONS.flatMap((region) => upGauges(region, generatedSpan(period)));
  const transfers: TransferRow[] = [];
  for (const project of CUSTOMERS.flatMap((customer) => customer.projects)) {
    for (const region of project.regions) {
      const life = lifeOf(period, project, region);
      series.push(...requestCounters(period, project, region, life), ...gauges(project, region, life));
      transfers.push(...transfersOf(project, region, life, month));
    }
  }
  return { period, series, transfers };
}
