import { addDays, daysOf, type UtcDay } from '../calendar/utc-day.ts';
import { Exact } from '../exact/exact.ts';

/**
 * The bounds of ordinary variation. They are wide on purpose: a finding stops an invoice until a person has looked, and
 * whoever is asked too often looks no more. What is smaller is left to the review of the run's amounts.
 */
export const ANOMALY_BOUNDS = {
  /** Days before the day that the median is taken over. */
  windowDays: 28,
  /** Days with a checkpoint, from the customer's first usage in the window on, below which there is no median. */
  leastDays: 7,
  /** A volume of more than this many times the median is too high, of less than this part of it too low. */
  factor: Exact.of(5n),
  /** In the billed unit: a figure that is compared with a smaller one still makes no finding. */
  floor: Exact.of(10n),
  /** A series is busy, so that little or no usage is worth a question, when at most one day in so many is without any. */
  idleDayInDays: 10,
} as const;

export type AnomalyKind = 'project_vanished' | 'volume_zero' | 'volume_low' | 'volume_high';

/** A figure outside the bounds. Quantities are in the source's unit. */
export interface Finding {
  readonly kind: AnomalyKind;
  readonly customer: string;
  /** Set for a vanished project. */
  readonly project: string | null;
  readonly day: UtcDay;
  readonly quantity: Exact;
  /** The median, or the day before's figure of a vanished project. */
  readonly baseline: Exact;
  /** The days that the baseline is taken over. */
  readonly baselineDays: number;
}

/** What a customer used in all of one source; days with a checkpoint and without an entry are zero, by evidence. */
export interface VolumeSeries {
  readonly customer: string;
  readonly volumes: ReadonlyMap<UtcDay, Exact>;
}

/** A project that had usage on the day before and has no row on the day, though it still belongs to the customer. */
export interface VanishedProject {
  readonly customer: string;
  readonly project: string;
  readonly day: UtcDay;
  /** The day before's usage. */
  readonly before: Exact;
}

/** The same, project by project, of those that still belong to the customer on the judged day. */
export interface ProjectVolumes {
  readonly customer: string;
  readonly day: UtcDay;
  readonly volumes: ReadonlyMap<UtcDay, Exact>;
}

/**
 * A finding compared like with like, before anybody is asked: without projects that were given up, which nobody misses,
 * and upwards without projects that begin on the day, for a launch is no fault. Undefined when it was only that.
 */
export function comparedAlike(
  finding: Finding,
  projects: readonly ProjectVolumes[],
  checkpointed: ReadonlySet<UtcDay>,
  divisor: Exact,
): Finding | undefined {
  const { customer, day, kind } = finding;
  const own = projects.filter((project) => project.customer === customer && project.day === day);
  const known = own.filter(({ volumes }) => [...volumes].some(([on, volume]) => on < day && !volume.isZero()));
  const volumes = sumOf(kind === 'volume_high' ? known : own);
  return volumeFindings([{ customer, volumes }], [day], checkpointed, divisor)[0];
}

function sumOf(projects: readonly ProjectVolumes[]): ReadonlyMap<UtcDay, Exact> {
  const sums = new Map<UtcDay, Exact>();
  for (const [day, volume] of projects.flatMap(({ volumes }) => [...volumes]))
    sums.set(day, (sums.get(day) ?? Exact.zero).add(volume));
  return sums;
}

/**
 * The volumes outside the bounds, for each of the days that has a checkpoint. A day without one is no zero: it stands in
 * no median and is not judged. `divisor` turns the source's unit into the billed one.
 */
export function volumeFindings(
  series: readonly VolumeSeries[],
  days: readonly UtcDay[],
  checkpointed: ReadonlySet<UtcDay>,
  divisor: Exact,
): readonly Finding[] {
  const floor = ANOMALY_BOUNDS.floor.multiply(divisor);
  const judged = days.filter((day) => checkpointed.has(day));
  return judged.flatMap((day) => {
    const window = daysOf({ from: addDays(day, -ANOMALY_BOUNDS.windowDays), to: day }).filter((before) =>
      checkpointed.has(before),
    );
    return series.flatMap((one) => volumeFinding(one, day, window, floor) ?? []);
  });
}

/** The vanished projects that were large enough to be asked about. */
export function vanishedFindings(vanished: readonly VanishedProject[], divisor: Exact): readonly Finding[] {
  const floor = ANOMALY_BOUNDS.floor.multiply(divisor);
  return vanished
    .filter(({ before }) => before.compare(floor) >= 0)
    .map(({ customer, project, day, before }) => ({
      kind: 'project_vanished',
      customer,
      project,
      day,
      quantity: Exact.zero,
      baseline: before,
      baselineDays: 1,
    }));
}

function volumeFinding(
  { customer, volumes }: VolumeSeries,
  day: UtcDay,
  window: readonly UtcDay[],
  floor: Exact,
): Finding | undefined {
  const volumeOf = (on: UtcDay): Exact => volumes.get(on) ?? Exact.zero;
  const first = window.findIndex((before) => !volumeOf(before).isZero());
  if (first < 0) return undefined;
  const history = window.slice(first).map(volumeOf);
  if (history.length < ANOMALY_BOUNDS.leastDays) return undefined;
  const quantity = volumeOf(day);
  const baseline = median(history);
  const kind = kindOf(quantity, baseline, floor, isBusy(history));
  if (kind === undefined) return undefined;
  return { kind, customer, project: null, day, quantity, baseline, baselineDays: history.length };
}

function kindOf(quantity: Exact, baseline: Exact, floor: Exact, busy: boolean): AnomalyKind | undefined {
  if (baseline.isZero()) return undefined;
  const { factor } = ANOMALY_BOUNDS;
  if (quantity.compare(floor) >= 0 && quantity.compare(baseline.multiply(factor)) > 0) return 'volume_high';
  if (!busy || baseline.compare(floor) < 0) return undefined;
  if (quantity.isZero()) return 'volume_zero';
  return quantity.multiply(factor).compare(baseline) < 0 ? 'volume_low' : undefined;
}

function isBusy(history: readonly Exact[]): boolean {
  const idle = history.filter((volume) => volume.isZero()).length;
  return idle * ANOMALY_BOUNDS.idleDayInDays <= history.length;
}

/** The middle one, or the mean of the middle two. */
function median(volumes: readonly Exact[]): Exact {
  const sorted = volumes.toSorted((a, b) => a.compare(b));
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Exact.zero;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Exact.zero;
  return upper.add(lower).divide(Exact.of(2n));
}
