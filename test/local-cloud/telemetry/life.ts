import type { BillingPeriod } from '../../../shared/calendar/billing-period.ts';
import { periodDays } from '../../../shared/calendar/billing-period.ts';
import { addDays, startOf } from '../../../shared/calendar/utc-day.ts';
import { pick, seedOf } from './chance.ts';
import type { Region, ScenarioProject } from './scenario.ts';

export const SCRAPE_INTERVAL_MS = 300_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Milliseconds since 1970, half-open. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is generated: the month, a day before it (so that its first boundary has a sample), two hours after it. */
export function generatedSpan(period: BillingPeriod): Span {
  const { from, to } = periodDays(period);
  return { from: startOf(addDays(from, -1)).getTime(), to: startOf(to).getTime() + 2 * HOUR_MS };
}

/** The instant of a day of the month (1 = first) at an hour. */
export function instantOf(period: BillingPeriod, dayOfMonth: number, hour = 0): number {
  return startOf(addDays(periodDays(period).from, dayOfMonth - 1)).getTime() + hour * HOUR_MS;
}

/** When a project runs in a region: it starts and ends within a day, at an odd second, and not at midnight. */
export function lifeOf(period: BillingPeriod, project: ScenarioProject, region: Region): Span {
  const span = generatedSpan(period);
  const seed = seedOf(`life ${project.id} ${region}`);
  const partOfDay = 1_000 * pick(seed, 0, DAY_MS / 1_000 - 7_200) + HOUR_MS;
  return {
    from: project.from === undefined ? span.from : instantOf(period, project.from) + partOfDay,
    to: project.to === undefined ? span.to : instantOf(period, project.to - 1) + partOfDay,
  };
}

/**
 * The instants at which a target is scraped while it lives: every five minutes at its own offset, as Prometheus does it.
 * About one scrape in ninety begins a gap of one to three missed scrapes.
 */
export function scrapesOf(life: Span, offsetMs: number, gapSeed: number): number[] {
  const instants: number[] = [];
  let missing = 0;
  const first = Math.ceil((life.from - offsetMs) / SCRAPE_INTERVAL_MS);
  for (let slot = first; slot * SCRAPE_INTERVAL_MS + offsetMs < life.to; slot += 1) {
    if (missing === 0 && pick(gapSeed, slot, 90) === 0) missing = 1 + pick(gapSeed, -slot, 3);
    if (missing > 0) missing -= 1;
    else instants.push(slot * SCRAPE_INTERVAL_MS + offsetMs);
  }
  return instants;
}
