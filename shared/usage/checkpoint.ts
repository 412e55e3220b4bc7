import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  checkpointAbandonRunning,
  checkpointComplete,
  checkpointEndUnchanged,
  checkpointFail,
  checkpointFindCurrent,
  checkpointLockCell,
  checkpointStart,
  checkpointSupersede,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';
import type { ReadingEvidence, UsageReading } from '../sources/reading.ts';
import { type Cell, cellName, checkpointName } from './cell.ts';
import { insertRows, totalOf, usageDigest, withOwners } from './checkpoint-rows.ts';

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

/** Begins an attempt at a cell and fences out any older one. The returned id is the attempt's fencing token. */
export async function startAttempt(
  transaction: Transaction,
  effects: Effects,
  cell: Cell,
  source: ActiveSource,
): Promise<bigint> {
  const key = cellKey(cell);
  await transaction.rows(checkpointLockCell, key);
  await transaction.rows(checkpointAbandonRunning, { ...key, finished_at: effects.now() });
  const started = await transaction.first(checkpointStart, {
    ...key,
    source_version: source.version,
    metric: source.metric,
    started_at: effects.now(),
  });
  if (!started) throw new Error(`no attempt was started for ${cellName(cell)}`);
  return started.checkpoint_id;
}

/**
 * Ends an attempt with what the source said, in one transaction with the rows, the event and the exception.
 * The same data as the current checkpoint makes no new revision; other data supersedes it (promise 3).
 */
export async function finishAttempt(
  transaction: Transaction,
  effects: Effects,
  attempt: { readonly id: bigint; readonly cell: Cell; readonly source: ActiveSource },
  reading: UsageReading,
): Promise<AttemptOutcome> {
  await transaction.rows(checkpointLockCell, cellKey(attempt.cell));
  if (reading.kind === 'incomplete') return fail(transaction, effects, attempt, reading);
  const rows = await withOwners(transaction, attempt.cell.day, reading.rows);
  const digest = usageDigest(attempt.cell, attempt.source, rows);
  const current = await transaction.first(checkpointFindCurrent, cellKey(attempt.cell));
  const evidence = evidenceText(reading.evidence);
  if (current?.digest === digest && current.revision !== null) {
    const ended = await transaction.first(checkpointEndUnchanged, {
      checkpoint_id: attempt.id,
      digest,
      evidence,
      finished_at: effects.now(),
    });
    if (!ended) return { kind: 'fenced_out', cell: attempt.cell };
    await resolveAggregation(transaction, effects, attempt.cell);
    return { kind: 'unchanged', cell: attempt.cell, checkpoint: checkpointName(attempt.cell, current.revision) };
  }
  const revision = (current?.last_revision ?? 0) + 1;
  if (current && current.checkpoint_id !== null)
    await transaction.rows(checkpointSupersede, { checkpoint_id: current.checkpoint_id });
  const completed = await transaction.first(checkpointComplete, {
    checkpoint_id: attempt.id,
    revision,
    row_count: reading.rows.length,
    total: totalOf(reading.rows),
    digest,
    evidence,
    finished_at: effects.now(),
  });
  if (!completed) throw new FencedOut();
  await insertRows(transaction, attempt, rows);
  await recordEvents(transaction, effects, [
    { type: 'usage.checkpointed', data: { ...attempt.cell, checkpointId: attempt.id.toString(), revision } },
  ]);
  await resolveAggregation(transaction, effects, attempt.cell);
  return {
    kind: 'complete',
    cell: attempt.cell,
    checkpoint: checkpointName(attempt.cell, revision),
    rows: reading.rows.length,
  };
}

/** Thrown to roll back everything that an overtaken attempt has written. */
export class FencedOut extends Error {}

async function fail(
  transaction: Transaction,
  effects: Effects,
  attempt: { readonly id: bigint; readonly cell: Cell },
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
  if (!failed) return { kind: 'fenced_out', cell: attempt.cell };
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
