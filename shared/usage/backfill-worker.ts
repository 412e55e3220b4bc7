import type { UtcDay } from '../calendar/utc-day.ts';
import type { Transaction } from '../database/database.ts';
import {
  backfillCellClaim,
  backfillCellEnd,
  backfillCellFail,
  backfillCellGiveBack,
  backfillCellRenew,
  backfillEnd,
  backfillListRunning,
} from '../database/queries.generated.ts';
import { REFUSALS, sqlStateOf } from '../database/sqlstate.ts';
import { sleep } from '../effects/sleep.ts';
import { type AggregationDependencies, type AggregationResult, aggregateDay } from './aggregate.ts';
import { findBackfill } from './backfill.ts';
import { type Cell, cellName } from './cell.ts';

/** How a cell of a backfill ended. */
export type EndedCell =
  | {
      readonly kind: 'changed';
      readonly cell: Cell;
      readonly revisionBefore: number | null;
      readonly revisionAfter: number;
    }
  | { readonly kind: 'unchanged'; readonly cell: Cell; readonly revisionAfter: number }
  | { readonly kind: 'failed'; readonly cell: Cell; readonly reason: string; readonly detail: string }
  /** Nothing is known of it: another worker has it now, or it waits to be claimed again. */
  | { readonly kind: 'given_back'; readonly cell: Cell };

export interface BackfillWork {
  readonly id: bigint;
  readonly actor: string;
  readonly why: string;
  /** Told of each cell that this worker has ended. */
  readonly onCell?: (cell: EndedCell) => void;
  /** Asked before each cell; false stops this worker. */
  readonly goesOn?: () => boolean;
  /** Whether to stay until the cells of other workers are done, and to take over those that they leave. */
  readonly stays: boolean;
}

/** A worker that dies gives its cell free after so long. One that lives renews, so that a slow source keeps its cell. */
const LEASE_MS = 60_000;
const RENEWAL_MS = 20_000;
/** How often a worker without a cell looks whether the others are done, at least and at most. */
const LOOK_MS = { least: 100, most: 1_000 };
/** Claims of one cell after which being overtaken by other attempts is a failure. */
const MOST_CLAIMS = 8;
const OVERTAKEN_PAUSE_MS = 400;

const CLOSED_SINCE =
  'the month was signed off after the backfill began: start it anew for these days, and let a second person approve it';

interface Claim {
  readonly cell: Cell;
  readonly token: number;
  /** The day was closed since the backfill began, and nobody has approved it. */
  readonly needsApproval: boolean;
}

/**
 * Works at a backfill until no cell is left for this worker: claims a cell, reads it, ends it. Any number of workers may
 * do so at once, beside daily jobs and other backfills. A crash at any point leaves a cell whose lease runs out; read
 * again, it finds its own checkpoint unchanged, so that nothing is done twice.
 */
export async function workBackfill(dependencies: AggregationDependencies, work: BackfillWork): Promise<void> {
  const { database, effects } = dependencies;
  while (work.goesOn?.() ?? true) {
    const claim = await claimCell(dependencies, work);
    if (claim !== undefined) {
      const ended = await underLease(dependencies, work, claim, () => workCell(dependencies, work, claim));
      work.onCell?.(ended);
      continue;
    }
    const end = { backfill_id: work.id, ended_at: effects.now() };
    if (await inOneStep(dependencies, work, (step) => step.first(backfillEnd, end))) return;
    const state = await findBackfill(database, work.id);
    if (!work.stays || state?.status !== 'running') return;
    const leaseLeft = (state.nextLeaseEnd?.getTime() ?? 0) - effects.now().getTime();
    await sleep(effects, Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, leaseLeft)));
  }
}

/** Works at every running backfill until the instant: what a command that has died has left is ended without it. */
export async function continueBackfills(
  dependencies: AggregationDependencies,
  actor: string,
  until: Date,
): Promise<readonly EndedCell[]> {
  const ended: EndedCell[] = [];
  for (const { backfill_id: id } of await dependencies.database.rows(backfillListRunning, {})) {
    await workBackfill(dependencies, {
      id,
      actor,
      why: `backfill ${id}`,
      stays: false,
      goesOn: () => dependencies.effects.now() < until,
      onCell: (cell) => ended.push(cell),
    });
  }
  return ended;
}

async function claimCell(dependencies: AggregationDependencies, work: BackfillWork): Promise<Claim | undefined> {
  const now = dependencies.effects.now();
  const wanted = { backfill_id: work.id, now, lease_until: leaseFrom(now) };
  const claimed = await inOneStep(dependencies, work, (step) => step.first(backfillCellClaim, wanted));
  if (claimed === undefined) return undefined;
  const cell = { region: claimed.region, source: claimed.source_id, day: claimed.day as UtcDay };
  return { cell, token: claimed.fencing_token, needsApproval: claimed.needs_approval };
}

/** Does the work while the lease is renewed. */
async function underLease<T>(
  dependencies: AggregationDependencies,
  work: BackfillWork,
  claim: Claim,
  read: () => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const renewing = renewLease(dependencies, work, claim, done.signal);
  try {
    return await read();
  } finally {
    done.abort();
    await renewing;
  }
}

async function renewLease(
  dependencies: AggregationDependencies,
  work: BackfillWork,
  claim: Claim,
  done: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      await sleep(dependencies.effects, RENEWAL_MS, done);
      if (done.aborted) return;
      const renewal = { ...keyOf(work, claim), lease_until: leaseFrom(dependencies.effects.now()) };
      await inOneStep(dependencies, work, (step) => step.rows(backfillCellRenew, renewal));
    }
  } catch {
    // A lease that cannot be prolonged runs out. That is no failure of the reading: its end finds out by the token.
  }
}

async function workCell(dependencies: AggregationDependencies, work: BackfillWork, claim: Claim): Promise<EndedCell> {
  const { region, source, day } = claim.cell;
  if (claim.needsApproval) return failCell(dependencies, work, claim, 'closed_since', CLOSED_SINCE);
  const why = `backfill ${work.id}: ${work.why}`;
  const request = { region, day, source, snapshotAt: dependencies.effects.now(), actor: work.actor, why };
  const result = await aggregateDay(dependencies, request).catch(refusalOf);
  return endCell(dependencies, work, claim, result);
}

/** What the database refuses is this cell's failure; anything else ends the worker, whose cell is claimed again. */
function refusalOf(error: unknown): Extract<AggregationResult, { kind: 'refused' }> {
  const state = sqlStateOf(error);
  if (state === undefined || !(state in REFUSALS)) throw error;
  return { kind: 'refused', reason: (error as Error).message };
}

async function endCell(
  dependencies: AggregationDependencies,
  work: BackfillWork,
  claim: Claim,
  result: AggregationResult,
): Promise<EndedCell> {
  const { cell, token } = claim;
  if (result.kind === 'refused') return failCell(dependencies, work, claim, 'refused', result.reason);
  const [outcome] = result.outcomes;
  switch (outcome?.kind) {
    case 'complete':
    case 'unchanged':
      return endRead(dependencies, work, claim);
    case 'failed':
      return failCell(dependencies, work, claim, outcome.reason, outcome.detail);
    case 'fenced_out':
      if (token >= MOST_CLAIMS)
        return failCell(
          dependencies,
          work,
          claim,
          'overtaken',
          `claimed ${token} times, and another attempt was newer`,
        );
      await inOneStep(dependencies, work, (step) => step.rows(backfillCellGiveBack, keyOf(work, claim)));
      await sleep(dependencies.effects, OVERTAKEN_PAUSE_MS * token * dependencies.effects.fraction());
      return { kind: 'given_back', cell };
    case undefined:
      throw new Error(`${cellName(cell)} was aggregated without an outcome`);
    default:
      return outcome satisfies never;
  }
}

async function endRead(dependencies: AggregationDependencies, work: BackfillWork, claim: Claim): Promise<EndedCell> {
  const { cell } = claim;
  const ended = await inOneStep(dependencies, work, (step) => step.first(backfillCellEnd, keyOf(work, claim)));
  if (ended === undefined) return { kind: 'given_back', cell };
  const { revision_before: revisionBefore, revision_after: revisionAfter } = ended;
  return ended.status === 'changed'
    ? { kind: 'changed', cell, revisionBefore, revisionAfter }
    : { kind: 'unchanged', cell, revisionAfter };
}

async function failCell(
  dependencies: AggregationDependencies,
  work: BackfillWork,
  claim: Claim,
  reason: string,
  detail: string,
): Promise<EndedCell> {
  const { cell } = claim;
  const failure = { ...keyOf(work, claim), failure_reason: reason, failure_detail: detail };
  const failed = await inOneStep(dependencies, work, (step) => step.first(backfillCellFail, failure));
  return failed === undefined ? { kind: 'given_back', cell } : { kind: 'failed', cell, reason, detail };
}

function inOneStep<T>(
  { database }: AggregationDependencies,
  { actor, why }: BackfillWork,
  step: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return database.transaction({ actor, why }, step);
}

function keyOf(work: BackfillWork, { cell, token }: Claim) {
  return {
    backfill_id: work.id,
    region: cell.region,
    source_id: cell.source,
    day: cell.day,
    fencing_token: token,
  };
}

function leaseFrom(now: Date): Date {
  return new Date(now.getTime() + LEASE_MS);
}
