import type { BillingPeriod } from '../../../shared/calendar/billing-period.ts';
import { pick, seedOf } from './chance.ts';
import { generatedSpan, instantOf, SCRAPE_INTERVAL_MS, type Span, scrapesOf } from './life.ts';
import type { Region, ScenarioProject } from './scenario.ts';
import type { GeneratedSeries } from './telemetry.ts';

/** Requests follow the hour of the day, in percent of the busiest. */
const PERCENT_BY_HOUR = [
  31, 27, 24, 22, 22, 25, 33, 46, 62, 78, 90, 97, 100, 98, 96, 94, 92, 89, 84, 77, 67, 56, 46, 38,
];

/** One process that counts: its life, its silences (it counts nothing then) and when it starts over from 0. */
interface CountingProcess {
  readonly instance: string;
  readonly life: Span;
  readonly offsetMs: number;
  readonly restarts: readonly number[];
  readonly silent: readonly Span[];
}

/** The request counters of a project in a region: one or two processes, and what happens to them in the month. */
export function requestCounters(
  period: BillingPeriod,
  project: ScenarioProject,
  region: Region,
  life: Span,
): GeneratedSeries[] {
  return processesOf(period, project, region, life).map((process) => {
    const labels = { job: 'gateway', region, project: project.id, instance: process.instance };
    const seed = seedOf(`requests ${region} ${project.id} ${process.instance}`);
    const instants = scrapesOf(process.life, process.offsetMs, seed).filter((at) => !within(process.silent, at));
    const values = countAt(instants, process, project.weight, seed);
    return { name: 'api_requests_total', metric: 'requests', labels, decimals: 0, instants, values };
  });
}

function within(spans: readonly Span[], instant: number): boolean {
  return spans.some((span) => span.from <= instant && instant < span.to);
}

/** The counter at each scrape. It counts in every five minutes of its life, scraped or not, but not when silent. */
function countAt(instants: readonly number[], process: CountingProcess, weight: number, seed: number): number[] {
  const values: number[] = [];
  let count = 1_000 * pick(seed, -1, 9_000);
  let restart = 0;
  let at = process.life.from;
  for (const instant of instants) {
    for (; at < instant; at += SCRAPE_INTERVAL_MS) {
      if (at >= (process.restarts[restart] ?? Number.POSITIVE_INFINITY)) {
        count = 0;
        restart += 1;
      }
      if (within(process.silent, at)) continue;
      const percent = PERCENT_BY_HOUR[new Date(at).getUTCHours()] ?? 0;
      count += Math.floor((percent * weight * (40 + pick(seed, at / 1_000, 90))) / 100);
    }
    values.push(count);
  }
  return values;
}

function processesOf(period: BillingPeriod, project: ScenarioProject, region: Region, life: Span): CountingProcess[] {
  const key = `${project.id} ${region}`;
  const processes = Array.from({ length: project.weight >= 5 ? 2 : 1 }, (_, index) => {
    const instance = `gateway-${index}`;
    const seed = seedOf(`process ${key} ${instance}`);
    const offsetMs = pick(seed, 0, SCRAPE_INTERVAL_MS);
    return { instance, life, offsetMs, restarts: ordinaryRestarts(period, seed), silent: [] };
  });
  return processes.flatMap((process) =>
    process.instance === 'gateway-0' ? incident(period, key, process) : [process],
  );
}

/** None in half of the processes, one to three in the others. */
function ordinaryRestarts(period: BillingPeriod, seed: number): number[] {
  const span = generatedSpan(period);
  const count = pick(seed, 1, 2) * (1 + pick(seed, 2, 3));
  const minutes = (span.to - span.from) / 60_000;
  return Array.from({ length: count }, (_, index) => span.from + 60_000 * pick(seed, 3 + index, minutes)).sort(
    (a, b) => a - b,
  );
}

/** What goes wrong with the first process of some projects: each is a case that the billing of counters must get right. */
function incident(period: BillingPeriod, key: string, process: CountingProcess): CountingProcess[] {
  switch (key) {
    case 'nimbus-fleet-prod us-central1': // two restarts on one day
      return [{ ...process, restarts: [instantOf(period, 6, 9), instantOf(period, 6, 15)] }];
    case 'quanta-fraud-scoring europe-west1': // a restart at midnight, after which it passes its old value on the same day
      return [{ ...process, restarts: [instantOf(period, 17, 22), instantOf(period, 18)], offsetMs: 120_000 }];
    case 'helios-meter-ingest us-central1': // replaced by a process of another name, which starts from 0
      return [
        { ...process, life: { ...process.life, to: instantOf(period, 14, 13) } },
        {
          ...process,
          instance: 'gateway-2',
          life: { ...process.life, from: instantOf(period, 14, 13) },
          restarts: [instantOf(period, 14, 13)],
        },
      ];
    case 'orchard-search europe-west1': // silent for almost two days, then goes on from where it was
      return [
        { ...process, restarts: [], silent: [{ from: instantOf(period, 8, 15), to: instantOf(period, 10, 10) }] },
      ];
    case 'atlas-fares asia-northeast1': // silent over a midnight, and restarted meanwhile
      return [
        {
          ...process,
          restarts: [instantOf(period, 12, 1)],
          silent: [{ from: instantOf(period, 11, 20), to: instantOf(period, 12, 4) }],
        },
      ];
    case 'acme-quality us-central1': // scraped at midnight itself: that sample belongs to the day that begins
      return [{ ...process, offsetMs: 0 }];
    case 'lumen-pipeline us-central1': // scraped in the last millisecond of the day
      return [{ ...process, offsetMs: SCRAPE_INTERVAL_MS - 1 }];
    default:
      return [process];
  }
}
