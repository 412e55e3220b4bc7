import { type BillingPeriod, billingPeriod, periodDays } from '../calendar/billing-period.ts';
import { addDays, startOf, utcDay } from '../calendar/utc-day.ts';
import type { Transaction } from '../database/database.ts';
import {
  type BillingRunStatus,
  billingRunAdvance,
  billingRunDropBack,
  billingRunInputsChanged,
  billingRunListOffCycle,
  billingRunLock,
  billingRunOpen,
  billingRunPin,
  customerListOfRun,
  invoiceSupersedeOfRun,
  runShardInsertMany,
  runShardList,
  usageDailyCountPinned,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { resolveException, resolveExceptions } from '../exceptions/exceptions.ts';
import { judgeCheckpoints } from '../usage/anomalies.ts';
import { isComplete } from '../usage/completeness.ts';
import { holdTouchedInvoices } from './anomaly-holds.ts';
import { openRerating } from './open-rerating.ts';
import { runIdOf, scopeOf } from './pinned-run.ts';
import { shardSubject } from './rating-failure.ts';
import { SHARD_LIMITS, type ShardLimits, shardsOf } from './shards.ts';
import { reportUnbilledUsage } from './unbilled-usage.ts';

/** Days after a run's end until missing usage is an exception. The grace never closes a period by itself. */
const GRACE_DAYS = 3;

/** What a look at a run's completeness led to. */
export type CollectOutcome = 'collecting' | 'pinned' | 'unchanged' | 'late';

interface LockedRun {
  readonly runId: string;
  readonly period: BillingPeriod;
  readonly from: string;
  readonly to: string;
  readonly fencingToken: number;
  readonly contractId: string | null;
}

/** Opens a run unless there is one of its scope and period (promise 9). Days are half-open. */
export async function openRun(
  transaction: Transaction,
  effects: Effects,
  run: {
    readonly period: BillingPeriod;
    readonly from: string;
    readonly to: string;
    /** For an off-cycle run; null for the month. */
    readonly contractId: string | null;
  },
): Promise<'opened' | 'there_already'> {
  const opened = await transaction.first(billingRunOpen, {
    run_id: runIdOf(run.period, run.contractId),
    scope: scopeOf(run.contractId),
    period: run.period,
    period_from: run.from,
    period_to: run.to,
    grace_until: startOf(addDays(utcDay(run.to), GRACE_DAYS)),
    contract_id: run.contractId,
    author: transaction.intent.actor,
    opened_at: effects.now(),
  });
  return opened ? 'opened' : 'there_already';
}

/**
 * Looks at a period after one of its cells has changed, in the transaction of the message that says so: at the run of
 * the month, which is opened when there is none, then at the off-cycle runs of contracts that ended in it. Returns what
 * became of the month's run.
 */
export async function collectRun(
  transaction: Transaction,
  effects: Effects,
  period: BillingPeriod,
  limits: ShardLimits = SHARD_LIMITS,
): Promise<CollectOutcome> {
  await openRun(transaction, effects, { period, ...periodDays(period), contractId: null });
  const outcome = await lookAtRun(transaction, effects, period, limits);
  // Closed ones too: their days are in no other run, and late usage of them is corrected like any other.
  for (const run of await transaction.rows(billingRunListOffCycle, { period }))
    await lookAtRun(transaction, effects, run.run_id, limits);
  return outcome;
}

/**
 * Pins a run whose last cell has come and hands its shards to rating; drops a run back whose inputs changed before the
 * approval; and leaves the invoices of an approved run alone, opening a rerating that compares them with the late usage.
 * In any case it judges the figures of new checkpoints: anomalies hold customers when they are rated, and those of other
 * months' days the invoices that are rated already.
 */
export async function lookAtRun(
  transaction: Transaction,
  effects: Effects,
  runId: string,
  limits: ShardLimits = SHARD_LIMITS,
): Promise<CollectOutcome> {
  const row = await transaction.first(billingRunLock, { run_id: runId });
  if (!row) throw new Error(`the run ${runId} was neither opened nor found`);
  const run: LockedRun = {
    runId,
    period: billingPeriod(row.period),
    from: row.period_from,
    to: row.period_to,
    fencingToken: row.fencing_token,
    contractId: row.contract_id,
  };
  const outcome = await lookAtLocked(transaction, effects, run, row.status, limits);
  // After the pinning: what is pinned by now is judged by the time that it is rated.
  const found = await judgeCheckpoints(transaction, effects, { from: utcDay(run.from), to: utcDay(run.to) });
  await holdTouchedInvoices(transaction, effects, found);
  return outcome;
}

async function lookAtLocked(
  transaction: Transaction,
  effects: Effects,
  run: LockedRun,
  status: BillingRunStatus,
  limits: ShardLimits,
): Promise<CollectOutcome> {
  switch (status) {
    case 'open':
      await transaction.rows(billingRunAdvance, { ...columnsOf(run), from_status: 'open', to_status: 'collecting' });
      return pinWhenComplete(transaction, effects, run, limits);
    case 'collecting':
      return pinWhenComplete(transaction, effects, run, limits);
    case 'complete':
    case 'rated':
    case 'in_review':
    case 'rating_failed':
      return dropBackWhenChanged(transaction, effects, run, limits);
    case 'approved':
    case 'issuing':
    case 'issued':
    case 'issuing_failed':
    case 'closed':
      return openRerating(transaction, effects, run.runId, { cause: 'late_usage', author: transaction.intent.actor });
    default:
      return status satisfies never;
  }
}

function columnsOf({ runId, fencingToken }: LockedRun) {
  return { run_id: runId, fencing_token: fencingToken };
}

async function pinWhenComplete(
  transaction: Transaction,
  effects: Effects,
  run: LockedRun,
  limits: ShardLimits,
): Promise<CollectOutcome> {
  if (!(await isComplete(transaction, { from: utcDay(run.from), to: utcDay(run.to) }))) return 'collecting';
  const pinned = await transaction.first(billingRunPin, { run_id: run.runId });
  if (!pinned) throw new Error(`run ${run.runId} could not be pinned while it was locked`);
  await resolveException(transaction, effects, 'period_incomplete', run.runId, 'the last usage has come');
  const shards = await cutShards(transaction, effects, run, limits);
  await transaction.rows(runShardInsertMany, {
    ...columnsOf(run),
    shards: shards.map((_members, shard) => shard),
    customers: shards.map((members) => JSON.stringify(members)),
  });
  await recordEvents(
    transaction,
    effects,
    shards.map((_members, shard) => ({
      type: 'period.completed' as const,
      data: { runId: run.runId, period: run.period, fencingToken: run.fencingToken, shard, shards: shards.length },
    })),
  );
  return 'pinned';
}

/** The run's customers in shards. What is pinned and billed to nobody is reported on the way, by the run of the month. */
async function cutShards(
  transaction: Transaction,
  effects: Effects,
  run: LockedRun,
  limits: ShardLimits,
): Promise<readonly (readonly string[])[]> {
  const customers = (await transaction.rows(customerListOfRun, { run_id: run.runId })).map((row) => row.customer_id);
  const counts = await transaction.rows(usageDailyCountPinned, {
    ...columnsOf(run),
    from_day: run.from,
    to_day: run.to,
  });
  const billable = new Set<string | null>(customers);
  // Off-cycle runs leave this to the run of the month, which sees every row.
  if (run.contractId === null) {
    const anyUnbilled = counts.some((row) => !billable.has(row.customer_id));
    await reportUnbilledUsage(transaction, effects, run, anyUnbilled ? customers : null);
  }
  const rows = new Map(counts.map((row) => [row.customer_id, row.rows]));
  return shardsOf(
    customers.map((customer) => ({ customer, rows: rows.get(customer) ?? 0 })),
    limits,
  );
}

/** The shards of the old token are not rated any more, so that nobody has to mend them. */
async function endShardFailures(transaction: Transaction, effects: Effects, run: LockedRun): Promise<void> {
  const shards = await transaction.rows(runShardList, columnsOf(run));
  const subjects = shards.map(({ shard }) => shardSubject({ runId: run.runId, shard }));
  await resolveExceptions(transaction, effects, ['rating_failed'], subjects, 'the run has other inputs by now');
}

async function dropBackWhenChanged(
  transaction: Transaction,
  effects: Effects,
  run: LockedRun,
  limits: ShardLimits,
): Promise<CollectOutcome> {
  const inputs = await transaction.first(billingRunInputsChanged, { run_id: run.runId });
  if (!inputs?.changed) return 'unchanged';
  await transaction.rows(invoiceSupersedeOfRun, columnsOf(run));
  await endShardFailures(transaction, effects, run);
  const dropped = await transaction.first(billingRunDropBack, { run_id: run.runId });
  if (!dropped) throw new Error(`run ${run.runId} could not be dropped back while it was locked`);
  return pinWhenComplete(transaction, effects, { ...run, fencingToken: dropped.fencing_token }, limits);
}
