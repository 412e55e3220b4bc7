import { addDays, type UtcDay, utcDayOf } from '../calendar/utc-day.ts';
import { asRefusal, type Refusal, refuse } from '../catalogue/refusal.ts';
import type { Database, Reader, Transaction } from '../database/database.ts';
import {
  type BackfillStatus,
  backfillApprove,
  backfillCellInsertRequired,
  backfillFind,
  backfillFindClosed,
  backfillFindLive,
  backfillOpen,
  backfillReject,
  backfillResume,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { completenessOf, type Days } from './completeness.ts';

/** What is to be read again. Days are half-open; null stands for every region or source. */
export interface BackfillScope extends Days {
  readonly region: string | null;
  readonly source: string | null;
}

/** A backfill with how far it has come. */
export interface BackfillState extends BackfillScope {
  readonly id: bigint;
  readonly status: BackfillStatus;
  readonly author: string;
  readonly approver: string | null;
  readonly why: string;
  readonly cells: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly running: number;
  /** When the first lease runs out; null when no cell is being read. */
  readonly nextLeaseEnd: Date | null;
}

export type BackfillOpening =
  /** `resumed` when the same one was interrupted before; what it has done is not done again. */
  | { readonly kind: 'open'; readonly id: bigint; readonly resumed: boolean }
  /** It reaches into a closed period: a second person must approve it first. */
  | { readonly kind: 'proposed'; readonly id: bigint; readonly closedPeriod: string }
  | Refusal<'nothing_required' | 'not_over'>;

interface BackfillDependencies {
  readonly database: Database;
  readonly effects: Effects;
}

/** Opens a backfill with its cells, or finds the one of the same scope that is not done. */
export function openBackfill(
  { database, effects }: BackfillDependencies,
  { scope, author, why }: { readonly scope: BackfillScope; readonly author: string; readonly why: string },
): Promise<BackfillOpening> {
  return asRefusal(() =>
    database.transaction({ actor: author, why }, async (transaction): Promise<BackfillOpening> => {
      const problem = await scopeProblem(transaction, effects, scope);
      if (problem !== undefined) return problem;
      const days = { from_day: scope.from, to_day: scope.to };
      const columns = { ...days, region: scope.region, source_id: scope.source };
      const closed = (await transaction.first(backfillFindClosed, days))?.period ?? null;
      const opened = await transaction.first(backfillOpen, {
        ...columns,
        status: closed === null ? 'running' : 'proposed',
        author,
        why,
        opened_at: effects.now(),
      });
      if (opened !== undefined) {
        await transaction.rows(backfillCellInsertRequired, { backfill_id: opened.backfill_id });
        return closed === null
          ? { kind: 'open', id: opened.backfill_id, resumed: false }
          : { kind: 'proposed', id: opened.backfill_id, closedPeriod: closed };
      }
      const live = await transaction.first(backfillFindLive, columns);
      if (live === undefined) throw new Error('a backfill was in the way and is gone; run the command again');
      return live.status === 'running'
        ? { kind: 'open', id: live.backfill_id, resumed: true }
        : { kind: 'proposed', id: live.backfill_id, closedPeriod: closed ?? 'a period' };
    }),
  );
}

async function scopeProblem(
  reader: Reader,
  effects: Effects,
  scope: BackfillScope,
): Promise<Refusal<'nothing_required' | 'not_over'> | undefined> {
  const last = addDays(scope.to, -1);
  if (scope.to <= scope.from) return refuse('not_over', `${last} is before ${scope.from}: name the earlier day first.`);
  if (last >= utcDayOf(effects.now()))
    return refuse('not_over', `${last} is not over yet (UTC): end with an earlier day.`);
  const required = await completenessOf(reader, scope);
  const matching = required.filter(
    (cell) =>
      (scope.region === null || cell.region === scope.region) &&
      (scope.source === null || cell.source === scope.source),
  );
  if (matching.length > 0) return undefined;
  const known = [...new Set(required.map((cell) => `${cell.region}/${cell.source}`))].join(', ') || 'none';
  return refuse(
    'nothing_required',
    `No source${scope.source === null ? '' : ` ${scope.source}`} is active in ${scope.region ?? 'any region'} on these days; there are: ${known}.`,
  );
}

export type BackfillDecision = { readonly kind: 'done'; readonly id: bigint } | Refusal;

/** Lets a proposed backfill run: by somebody else than its author, which the database sees to. */
export function approveBackfill(
  { database }: Pick<BackfillDependencies, 'database'>,
  { id, actor, why }: { readonly id: bigint; readonly actor: string; readonly why: string },
): Promise<BackfillDecision> {
  return decide(database, { id, actor, why }, (transaction) =>
    transaction.first(backfillApprove, { backfill_id: id, approver: actor }),
  );
}

/** Rejects a proposed backfill; its author may take it back the same way. */
export function rejectBackfill(
  { database, effects }: BackfillDependencies,
  { id, actor, why }: { readonly id: bigint; readonly actor: string; readonly why: string },
): Promise<BackfillDecision> {
  return decide(database, { id, actor, why }, (transaction) =>
    transaction.first(backfillReject, { backfill_id: id, ended_at: effects.now() }),
  );
}

function decide(
  database: Database,
  { id, actor, why }: { readonly id: bigint; readonly actor: string; readonly why: string },
  step: (transaction: Transaction) => Promise<{ readonly backfill_id: bigint } | undefined>,
): Promise<BackfillDecision> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<BackfillDecision> => {
      if (await step(transaction)) return { kind: 'done', id };
      const found = await findBackfill(transaction, id);
      return found === undefined ? unknownBackfill(id) : refuse('state', `Backfill ${id} is ${found.status} already.`);
    }),
  );
}

/** Takes a backfill up by its number: an interrupted one as it is, one that ended with failures for its failed cells. */
export function resumeBackfill(
  { database }: Pick<BackfillDependencies, 'database'>,
  { id, actor, why }: { readonly id: bigint; readonly actor: string; readonly why: string },
): Promise<BackfillDecision> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<BackfillDecision> => {
      const found = await findBackfill(transaction, id);
      if (found === undefined) return unknownBackfill(id);
      switch (found.status) {
        case 'failed':
          await transaction.rows(backfillResume, { backfill_id: id });
          return { kind: 'done', id };
        case 'running':
          return { kind: 'done', id };
        case 'proposed':
          return refuse(
            'state',
            `Backfill ${id} reaches into a closed period and waits for a second person: daybook usage approve-backfill ${id}.`,
          );
        case 'complete':
        case 'rejected':
          return refuse('state', `Backfill ${id} is ${found.status}: there is nothing to resume.`);
        default:
          return found.status satisfies never;
      }
    }),
  );
}

function unknownBackfill(id: bigint): Refusal {
  return refuse<never>('not_found', `There is no backfill ${id}: daybook usage backfills lists them.`);
}

/** A backfill as it stands; undefined when there is none of that number. */
export async function findBackfill(reader: Reader, id: bigint): Promise<BackfillState | undefined> {
  const row = await reader.first(backfillFind, { backfill_id: id });
  if (row === undefined) return undefined;
  return {
    id: row.backfill_id,
    from: row.from_day as UtcDay,
    to: row.to_day as UtcDay,
    region: row.region,
    source: row.source_id,
    status: row.status,
    author: row.author,
    approver: row.approver,
    why: row.why,
    cells: row.cells,
    changed: row.changed,
    unchanged: row.unchanged,
    failed: row.failed,
    running: row.running,
    nextLeaseEnd: row.next_lease_end,
  };
}
