import type { StoredSeries } from '../local-cloud/prometheus/evaluate.ts';

const HOUR_MS = 3_600_000;
/** Scrapes from well before each month's first day until some hours after its second. */
const SCRAPED = [
  { from: '2026-09-29T00:10:00Z', hours: 4 * 24 + 4 },
  { from: '2026-10-30T00:10:00Z', hours: 4 * 24 + 4 },
] as const;
const FIRST_SCRAPE = Date.parse(SCRAPED[0].from);

/** Where each project runs, and what it counts between two scrapes. */
const COUNTERS = [
  { region: 'us-east', project: 'acme-app', perHour: 40 },
  { region: 'us-east', project: 'birch-app', perHour: 7 },
  { region: 'eu-west', project: 'acme-app', perHour: 13 },
  { region: 'eu-west', project: 'cedar-app', perHour: 5 },
  { region: 'us-east', project: 'dune-app', perHour: 2 },
  { region: 'eu-west', project: 'stray', perHour: 3 },
] as const;

/** A change of what Prometheus says of the past: samples that came late. */
export interface Amendment {
  readonly region: string;
  readonly project: string;
  /** The counter is higher by `by` from this instant on, so that the instant's day has used more; or less again. */
  readonly from: Date;
  readonly by: number;
}

/** The series of the month; each call gives fresh ones, which amendments may change. */
export function telemetry(): StoredSeries[] {
  const instants = SCRAPED.flatMap(({ from, hours }) =>
    Array.from({ length: hours }, (_, index) => Date.parse(from) + index * HOUR_MS),
  );
  const hours = instants.map((instant) => (instant - FIRST_SCRAPE) / HOUR_MS);
  const counters = COUNTERS.map(({ region, project, perHour }) => ({
    name: 'requests_total',
    labels: { region, project },
    decimals: 0,
    instants,
    values: hours.map((hour) => 100 + hour * perHour + (hour % 5)),
  }));
  const peaks = ['acme-app', 'birch-app'].map((project, offset) => ({
    name: 'requests_per_second',
    labels: { region: 'us-east', project },
    decimals: 1,
    instants,
    values: hours.map((hour) => 120 + ((hour * 7 + offset) % 31)),
  }));
  return [...counters, ...peaks];
}

/** Makes an amendment, in place. */
export function amend(series: StoredSeries[], { region, project, from, by }: Amendment): void {
  const index = series.findIndex(
    ({ name, labels }) => name === 'requests_total' && labels.region === region && labels.project === project,
  );
  const found = series[index];
  if (found === undefined) throw new RangeError(`there is no counter of ${project} in ${region}`);
  const values = found.values.map((value, at) => ((found.instants[at] ?? 0) >= from.getTime() ? value + by : value));
  series[index] = { ...found, values };
}
