import { pick, seedOf } from '../../local-cloud/telemetry/chance.ts';
import type { GeneratedSeries } from '../../local-cloud/telemetry/telemetry.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Samples begin half a day before the month, so that the first day has something to start from. */
const FIRST = Date.parse('2026-10-01') - DAY_MS / 2;
const END = Date.parse('2026-11-01');

/** What happens to a counter in the month; every counter has one of these lives. */
const LIVES = [
  'runs through',
  'restarts once',
  'restarts twice in one day',
  'restarts at midnight and passes its old value that day',
  'is silent for hours and goes on',
  'is silent over days and goes on',
  'is silent over days and restarts meanwhile',
  'vanishes',
  'is new',
  'is new, restarts twice within two scrapes of each other, and vanishes',
] as const;

interface Life {
  readonly restarts: readonly number[];
  readonly silent: readonly (readonly [from: number, to: number])[];
}

function lifeOf(index: number, seed: number, intervalMs: number): Life {
  const day = FIRST + DAY_MS / 2 + DAY_MS * (1 + pick(seed, 1, 26));
  const moment = day + pick(seed, 2, DAY_MS);
  const life = LIVES[index % LIVES.length] ?? 'runs through';
  switch (life) {
    case 'runs through':
      return { restarts: [], silent: [] };
    case 'restarts once':
      return { restarts: [moment], silent: [] };
    case 'restarts twice in one day':
      return { restarts: [day + 5 * HOUR_MS + pick(seed, 3, HOUR_MS), day + 17 * HOUR_MS], silent: [] };
    case 'restarts at midnight and passes its old value that day':
      return { restarts: [day - DAY_MS, day], silent: [] };
    case 'is silent for hours and goes on':
      return { restarts: [], silent: [[moment, moment + (3 + pick(seed, 4, 9)) * HOUR_MS]] };
    case 'is silent over days and goes on':
      return { restarts: [], silent: [[moment, moment + DAY_MS + pick(seed, 5, 2 * DAY_MS)]] };
    case 'is silent over days and restarts meanwhile':
      return { restarts: [moment + 10 * HOUR_MS], silent: [[moment, moment + DAY_MS + pick(seed, 5, 2 * DAY_MS)]] };
    case 'vanishes':
      return { restarts: [], silent: [[moment, END]] };
    case 'is new':
      return { restarts: [], silent: [[FIRST, moment]] };
    case 'is new, restarts twice within two scrapes of each other, and vanishes':
      return {
        restarts: [moment + 8 * HOUR_MS, moment + 8 * HOUR_MS + intervalMs],
        silent: [
          [FIRST, moment],
          [moment + DAY_MS, END],
        ],
      };
    default:
      return life satisfies never;
  }
}

/** A counter of a project of its own, in tenths, scraped at an offset of its own: some at midnight, some just before. */
function counter(index: number, intervalMs: number): GeneratedSeries {
  const project = `project-${String(index).padStart(5, '0')}`;
  const seed = seedOf(project);
  const { restarts, silent } = lifeOf(index, seed, intervalMs);
  const edge = pick(seed, 6, 8);
  const offset = edge === 0 ? 0 : edge === 1 ? intervalMs - 1 : pick(seed, 7, intervalMs);
  const instants: number[] = [];
  const values: number[] = [];
  let value = pick(seed, 8, 1_000_000);
  let restart = 0;
  for (let at = FIRST + offset; at < END; at += intervalMs) {
    for (; at >= (restarts[restart] ?? Number.POSITIVE_INFINITY); restart += 1) value = 0;
    value += pick(seed, at / 1_000, 5_000);
    if (silent.some(([from, to]) => from <= at && at < to)) continue;
    instants.push(at);
    values.push(value);
  }
  return { name: 'work_total', metric: 'requests', labels: { job: 'worker', project }, decimals: 1, instants, values };
}

/** The counters of a month, and the target that exported them, up throughout. */
export function monthOfCounters(count: number, intervalMs: number): GeneratedSeries[] {
  const instants = Array.from(
    { length: Math.floor((END - FIRST) / intervalMs) },
    (_, index) => FIRST + index * intervalMs + 1_000,
  );
  const up: GeneratedSeries = {
    name: 'up',
    metric: 'up',
    labels: { job: 'worker' },
    decimals: 0,
    instants,
    values: instants.map(() => 1),
  };
  return [up, ...Array.from({ length: count }, (_, index) => counter(index, intervalMs))];
}

/** Tenths counted by each project on each UTC day that it has a sample on, by brute force over every sample. */
export function countedTenths(series: readonly GeneratedSeries[]): Map<string, Map<string, bigint>> {
  const days = new Map<string, Map<string, bigint>>();
  for (const { name, labels, instants, values } of series) {
    if (name === 'up') continue;
    let before: number | undefined;
    instants.forEach((instant, index) => {
      const value = values[index] ?? 0;
      const counted = before === undefined || value < before ? value : value - before;
      before = value;
      const day = new Date(instant).toISOString().slice(0, 10);
      const ofDay = days.get(day) ?? new Map<string, bigint>();
      days.set(day, ofDay);
      const project = labels.project ?? '';
      ofDay.set(project, (ofDay.get(project) ?? 0n) + BigInt(counted));
    });
  }
  return days;
}
