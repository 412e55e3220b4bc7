import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  checkpointAbandonLeft,
  checkpointAbandonRunning,
  checkpointComplete,
  checkpointEndUnchanged,
  checkpointFail,
  checkpointFindCurrent,
  checkpointLockCell,
  checkpointLockRunning,
  checkpointStart,
  checkpointSupersede,
  usageDailyInsertStaged,
  usageStagedSum,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';
import type { ReadingEvidence, UsageReading } from '../sources/reading.ts';
import { type Cell, cellName, checkpointName } from './cell.ts';
import { stagedDigest } from './staging.ts';

/** A source as it is configured for a cell's day. */
export interface ActiveSource {
  readonly version: number;
  readonly metric: string;
  readonly configurationDigest: string;
}

/** How an attempt ended. */
export type AttemptOutcome =
  | { readonly kind: 'complete'; readonly cell: Cell; readonly checkpoint: string; readonly rows: number }
  | { readonly kind: 'unchanged'; readonly cell: Cell; readonly checkpoint: string }
  | { readonly kind: 'failed'; readonly cell: Cell; readonly reason: string; readonly detail: string }
  /** A newer attempt took the cell over; this one has written nothing. */
  | { readonly kind: 'fenced_out'; readonly cell: Cell };

/** An attempt that began so long ago has lost its worker: no reading takes a day. What it staged would stay for ever. */
const LEFT_AFTER_MS = 86_400_000;

/**
 * Begins an attempt at a cell and fences out any older one, and those that were left at any cell. The returned id is the
 * attempt's fencing token.
 */
export async function startAttempt(
  transaction: Transaction,
  effects: Effects,
  cell: Cell,
  source: ActiveSource,
): Promise<bigint> {
  const key = cellKey(cell);
  await transaction.rows(checkpointLockCell, key);
  const now = effects.now();
  await transaction.rows(checkpointAbandonRunning, { ...key, finished_at: now });
  await transaction.rows(checkpointAbandonLeft, {
    finished_at: now,
    started_before: new Date(now.getTime() - LEFT_AFTER_MS),
  });
  const started = await transaction.first(checkpointStart, {
    ...key,
    source_version: source.version,
    metric: source.metric,
    started_at: now,
  });
  if (!started) throw new Error(`no attempt was started for ${cellName(cell)}`);
  return started.checkpoint_id;
}

/** An attempt at a cell. */
export interface Attempt {
  /** The fencing token, under which its rows are staged. */
  readonly id: bigint;
  readonly cell: Cell;
  readonly source: ActiveSource;
}

/**
 * Ends an attempt with what the source said, in one transaction with the rows, the event and the exception.
 * The same data as the current checkpoint makes no new revision; other data supersedes it (promise 3). The rows were
 * staged under the attempt's id (see `stageRows`), `stagedRows` of them; they leave the stage as the attempt ends.
 */
export async function finishAttempt(
  transaction: Transaction,
  effects: Effects,
  attempt: Attempt,
  reading: UsageReading,
  stagedRows: number,
): Promise<AttemptOutcome> {
  await transaction.rows(checkpointLockCell, cellKey(attempt.cell));
  if (!(await transaction.first(checkpointLockRunning, { checkpoint_id: attempt.id })))
    return { kind: 'fenced_out', cell: attempt.cell };
  if (reading.kind === 'incomplete') return fail(transaction, effects, attempt, reading);
  const sum = await transaction.first(usageStagedSum, { checkpoint_id: attempt.id });
  if (sum?.row_count !== stagedRows) {
    const detail = `${stagedRows} rows were read, but ${sum?.row_count ?? 0} are staged: the database was restarted meanwhile; run the day again`;
    return fail(transaction, effects, attempt, {
      kind: 'incomplete',
      reason: 'row_count_mismatch',
      detail,
      evidence: reading.evidence,
    });
  }
  const digest = await stagedDigest(transaction, attempt);
  const figures = { digest, rowCount: sum.row_count, total: sum.total, evidence: evidenceText(reading.evidence) };
  const current = await transaction.first(checkpointFindCurrent, cellKey(attempt.cell));
  if (current?.digest === digest && current.revision !== null)
    return endUnchanged(transaction, effects, attempt, figures, current.revision);
  return complete(transaction, effects, attempt, figures, current);
}

interface Figures {
  readonly digest: string;
  readonly rowCount: number;
  readonly total: string;
  readonly evidence: string;
}

async function endUnchanged(
  transaction: Transaction,
  effects: Effects,
  attempt: Attempt,
  { digest, evidence }: Figures,
  revision: number,
): Promise<AttemptOutcome> {
  const ended = await transaction.first(checkpointEndUnchanged, {
    checkpoint_id: attempt.id,
    digest,
    evidence,
    finished_at: effects.now(),
  });
  if (!ended) throw new FencedOut();
  await resolveAggregation(transaction, effects, attempt.cell);
  return { kind: 'unchanged', cell: attempt.cell, checkpoint: checkpointName(attempt.cell, revision) };
}

async function complete(
  transaction: Transaction,
  effects: Effects,
  attempt: Attempt,
  figures: Figures,
  current: { readonly checkpoint_id: bigint | null; readonly last_revision: number | null } | undefined,
): Promise<AttemptOutcome> {
  const revision = (current?.last_revision ?? 0) + 1;
  if (current && current.checkpoint_id !== null)
    await transaction.rows(checkpointSupersede, { checkpoint_id: current.checkpoint_id });
  // Before the end: with it the staged rows are cleared.
  await transaction.rows(usageDailyInsertStaged, { checkpoint_id: attempt.id });
  const completed = await transaction.first(checkpointComplete, {
    checkpoint_id: attempt.id,
    revision,
    row_count: figures.rowCount,
    total: figures.total,
    digest: figures.digest,
    evidence: figures.evidence,
    finished_at: effects.now(),
  });
  if (!completed) throw new FencedOut();
  await recordEvents(transaction, effects, [
    { type: 'usage.checkpointed', data: { ...attempt.cell, checkpointId: attempt.id.toString(), revision } },
  ]);
  await resolveAggregation(transaction, effects, attempt.cell);
  const checkpoint = checkpointName(attempt.cell, revision);
  return { kind: 'complete', cell: attempt.cell, checkpoint, rows: figures.rowCount };
}

/** Thrown to roll back everything that an overtaken attempt has written. */
export class FencedOut extends Error {}

async function fail(
  transaction: Transaction,
  effects: Effects,
  attempt: Attempt,
  reading: UsageReading & { kind: 'incomplete' },
): Promise<AttemptOutcome> {
  const { reason, detail } = reading;
  const failed = await transaction.first(checkpointFail, {
    checkpoint_id: attempt.id,
    failure_reason: reason,
    failure_detail: detail,
    evidence: evidenceText(reading.evidence),
    finished_at: effects.now(),
  });
  if (!failed) throw new FencedOut();
  await raiseException(transaction, effects, {
    class: 'aggregation_failed',
    subject: cellName(attempt.cell),
    reason,
    detail,
  });
  await recordEvents(transaction, effects, [{ type: 'usage.incomplete', data: { ...attempt.cell, reason, detail } }]);
  return { kind: 'failed', cell: attempt.cell, reason, detail };
}

function evidenceText(evidence: ReadingEvidence): string {
  return canonicalJson({ queries: evidence.queries, facts: evidence.facts });
}

function resolveAggregation(transaction: Transaction, effects: Effects, cell: Cell): Promise<void> {
  return resolveException(transaction, effects, 'aggregation_failed', cellName(cell), 'the source was read');
}

function cellKey(cell: Cell): { region: string; source_id: string; day: string } {
  return { region: cell.region, source_id: cell.source, day: cell.day };
}
