import { addDays, type UtcDay } from '../calendar/utc-day.ts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import { type Refusal, refuse } from '../catalogue/refusal.ts';
import type { Reader, Transaction } from '../database/database.ts';
import {
  checkpointJudgementInsert,
  checkpointListCurrentOfSource,
  checkpointListUnjudged,
  checkpointVolumeList,
  checkpointVolumePrepare,
  metricFind,
  usageAnomalyClear,
  usageAnomalyFind,
  usageAnomalyListOpen,
  usageAnomalyLockSource,
  usageAnomalyRecord,
  usageAnomalyRelease,
  usageDailyListComparable,
  usageDailyListVanished,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { Exact } from '../exact/exact.ts';
import {
  ANOMALY_BOUNDS,
  type AnomalyKind,
  comparedAlike,
  type Finding,
  type ProjectVolumes,
  vanishedFindings,
  volumeFindings,
} from './anomaly-rules.ts';
import type { Days } from './completeness.ts';

/** A finding as it is kept. Quantities are exact text in the source's unit. */
export interface OpenAnomaly {
  readonly id: bigint;
  readonly customer: string;
  readonly region: string;
  readonly source: string;
  readonly metric: string;
  readonly project: string | null;
  readonly day: UtcDay;
  readonly kind: AnomalyKind;
  readonly quantity: string;
  readonly baseline: string;
  readonly baselineDays: number;
  /** Whether the customer is billed by usage on the day: on a fixed tier the invoice does not rest on it. */
  readonly billsUsage: boolean;
}

/** An anomaly that was not open before it was found now. */
export interface FoundAnomaly {
  readonly id: bigint;
  readonly customer: string;
}

interface SourceColumns {
  readonly region: string;
  readonly source_id: string;
  readonly metric: string;
}

/**
 * Judges the current checkpoints of some days that have not been judged. Called in the transaction that looks at the
 * period, after it has been pinned, so that no figure is rated before it was judged, whatever message came first.
 * Returns the anomalies that are open from now on, also those of later days that are compared with these.
 */
export async function judgeCheckpoints(
  transaction: Transaction,
  effects: Effects,
  days: Days,
): Promise<readonly FoundAnomaly[]> {
  const unjudged = await transaction.rows(checkpointListUnjudged, { from_day: days.from, to_day: days.to });
  const found: FoundAnomaly[] = [];
  for (const { first_day, last_day, checkpoint_ids, ...source } of unjudged) {
    const judged = { from: first_day as UtcDay, to: addDays(last_day as UtcDay, 1) };
    found.push(...(await detectAnomalies(transaction, effects, source, judged)));
    await transaction.rows(checkpointJudgementInsert, { checkpoint_ids, judged_at: effects.now() });
  }
  return found;
}

/**
 * Judges a source's days, and those that are compared with them. What is outside the bounds is kept as an open anomaly,
 * and an open one that no checkpoint shows any more is cleared. The outcome depends on the current checkpoints alone, in
 * whatever order they came; a repeat changes nothing. Returns those that were not open before.
 */
export async function detectAnomalies(
  transaction: Transaction,
  effects: Effects,
  { region, source_id, metric }: SourceColumns,
  days: Days,
): Promise<readonly FoundAnomaly[]> {
  const source = { region, source_id, metric };
  await transaction.rows(usageAnomalyLockSource, { region, source_id });
  const divisor = Exact.parse((await transaction.first(metricFind, { metric }))?.divisor ?? '1');
  const compared = { from: days.from, to: addDays(days.to, ANOMALY_BOUNDS.windowDays) };
  const next = { from: days.from, to: addDays(days.to, 1) };
  const revisions = await currentRevisions(transaction, source, compared);
  const volumes = await volumesOutside(transaction, source, compared, revisions, divisor);
  const vanished = await vanishedOn(transaction, source, next, divisor);
  const kinds = ['volume_zero', 'volume_low', 'volume_high'] as const;
  return [
    ...(await keep(transaction, effects, source, compared, kinds, volumes, revisions)),
    ...(await keep(transaction, effects, source, next, ['project_vanished'], vanished, revisions)),
  ];
}

/** Days with a current checkpoint, the window before the judged ones included, and its id. */
async function currentRevisions(
  transaction: Transaction,
  source: SourceColumns,
  days: Days,
): Promise<ReadonlyMap<UtcDay, bigint>> {
  const rows = await transaction.rows(checkpointListCurrentOfSource, { ...source, ...withWindow(days) });
  return new Map(rows.map((row) => [row.day as UtcDay, row.checkpoint_id]));
}

async function volumesOutside(
  transaction: Transaction,
  source: SourceColumns,
  days: Days,
  revisions: ReadonlyMap<UtcDay, bigint>,
  divisor: Exact,
): Promise<readonly Finding[]> {
  const range = { ...source, ...withWindow(days) };
  await transaction.rows(checkpointVolumePrepare, range);
  const series = (await transaction.rows(checkpointVolumeList, range)).map((row) => ({
    customer: row.customer_id,
    volumes: volumesBy(row),
  }));
  const checkpointed = new Set(revisions.keys());
  const judged = [...checkpointed].filter((on) => on >= days.from);
  const suspected = volumeFindings(series, judged, checkpointed, divisor);
  if (suspected.length === 0) return [];
  const projects = await projectsOf(transaction, source, suspected);
  return suspected.flatMap((finding) => comparedAlike(finding, projects, checkpointed, divisor) ?? []);
}

async function projectsOf(
  transaction: Transaction,
  source: SourceColumns,
  suspected: readonly Finding[],
): Promise<readonly ProjectVolumes[]> {
  const rows = await transaction.rows(usageDailyListComparable, {
    ...source,
    customers: suspected.map(({ customer }) => customer),
    judged_days: suspected.map(({ day }) => day),
    window_days: ANOMALY_BOUNDS.windowDays,
  });
  return rows.map((row) => ({
    customer: row.customer_id,
    day: row.judged_day as UtcDay,
    volumes: volumesBy(row),
  }));
}

function volumesBy({
  days,
  quantities,
}: {
  readonly days: readonly string[];
  readonly quantities: readonly string[];
}): ReadonlyMap<UtcDay, Exact> {
  return new Map(days.map((on, index) => [on as UtcDay, Exact.parse(quantities[index] ?? '0')]));
}

async function vanishedOn(
  transaction: Transaction,
  source: SourceColumns,
  days: Days,
  divisor: Exact,
): Promise<readonly Finding[]> {
  const rows = await transaction.rows(usageDailyListVanished, { ...source, from_day: days.from, to_day: days.to });
  const vanished = rows.map((row) => ({
    customer: row.customer_id,
    project: row.project_id,
    day: row.day as UtcDay,
    before: Exact.parse(row.quantity),
  }));
  return vanishedFindings(vanished, divisor);
}

async function keep(
  transaction: Transaction,
  effects: Effects,
  source: SourceColumns,
  days: Days,
  kinds: readonly AnomalyKind[],
  found: readonly Finding[],
  revisions: ReadonlyMap<UtcDay, bigint>,
): Promise<readonly FoundAnomaly[]> {
  const findings = canonicalJson(
    found.map((finding) => ({
      customer_id: finding.customer,
      project_id: finding.project,
      day: finding.day,
      kind: finding.kind,
      quantity: finding.quantity.toString(),
      baseline: finding.baseline.toString(),
      baseline_days: finding.baselineDays,
      checkpoint_id: (revisions.get(finding.day) ?? 0n).toString(),
    })),
  );
  const { region, source_id, metric } = source;
  const now = effects.now();
  const kept =
    found.length === 0
      ? []
      : await transaction.rows(usageAnomalyRecord, { region, source_id, metric, findings, found_at: now });
  await transaction.rows(usageAnomalyClear, {
    region,
    source_id,
    kinds,
    findings,
    from_day: days.from,
    to_day: days.to,
    ended_at: now,
    ended_by: transaction.intent.actor,
  });
  return kept.filter((row) => row.is_new).map((row) => ({ id: row.anomaly_id, customer: row.customer_id }));
}

function withWindow({ from, to }: Days): { readonly from_day: string; readonly to_day: string } {
  return { from_day: addDays(from, -ANOMALY_BOUNDS.windowDays), to_day: to };
}

/** The open anomalies of some customers on some days, in one statement: what holds their invoices. */
export async function openAnomalies(
  reader: Reader,
  customers: readonly string[],
  days: Days,
): Promise<readonly OpenAnomaly[]> {
  const rows = await reader.rows(usageAnomalyListOpen, { customers, from_day: days.from, to_day: days.to });
  return rows.map((row) => ({
    id: row.anomaly_id,
    customer: row.customer_id,
    region: row.region,
    source: row.source_id,
    metric: row.metric,
    project: row.project_id,
    day: row.day as UtcDay,
    kind: row.kind,
    quantity: row.quantity,
    baseline: row.baseline,
    baselineDays: row.baseline_days,
    billsUsage: row.bills_usage,
  }));
}

/** An anomaly in one line: `#12 us-central1/requests/2026-10-14: volume low, 12 against a median of 4000 over 28 days`. */
export function anomalyText(anomaly: Omit<OpenAnomaly, 'customer' | 'metric' | 'billsUsage'>): string {
  const { id, region, source, day, kind, project, quantity, baseline, baselineDays } = anomaly;
  const where = `#${id} ${region}/${source}/${day}`;
  if (kind === 'project_vanished')
    return `${where}: project ${project ?? ''} has no row, and had ${baseline} the day before`;
  return `${where}: ${kind.replace('_', ' ')}, ${quantity} against a median of ${baseline} over ${baselineDays} days`;
}

export type ReleaseOutcome =
  | { readonly kind: 'released'; readonly customer: string; readonly day: UtcDay }
  | Refusal<'unknown_anomaly'>;

/**
 * A person's word that a figure is right as it is, in that person's transaction, whose reason is kept. It is no reason any
 * more to hold the customer.
 */
export async function releaseAnomaly(
  transaction: Transaction,
  effects: Effects,
  anomalyId: bigint,
): Promise<ReleaseOutcome> {
  const { actor, why } = transaction.intent;
  const columns = { anomaly_id: anomalyId, ended_at: effects.now(), ended_by: actor, why };
  const released = await transaction.first(usageAnomalyRelease, columns);
  if (released) return { kind: 'released', customer: released.customer_id, day: released.day as UtcDay };
  const anomaly = await transaction.first(usageAnomalyFind, { anomaly_id: anomalyId });
  return anomaly === undefined
    ? refuse('unknown_anomaly', `There is no anomaly ${anomalyId}: daybook usage anomalies --period P lists them.`)
    : refuse('state', `Anomaly ${anomalyId} is ${anomaly.status}; only an open one can be released.`);
}
