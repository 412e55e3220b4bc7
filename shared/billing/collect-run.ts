import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import { addDays, startOf } from '../calendar/utc-day.ts';
import type { Transaction } from '../database/database.ts';
import {
  billingRunAdvance,
  billingRunDropBack,
  billingRunInputsChanged,
  billingRunLock,
  billingRunOpen,
  billingRunPin,
  customerListBillable,
  invoiceSupersedeOfRun,
  runShardInsertMany,
  usageDailyCountPinned,
  usageDailyListUnbilled,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { raiseException } from '../exceptions/exceptions.ts';
import { isComplete } from '../usage/completeness.ts';

/**
 * The most customers and the most usage rows of one shard. Either alone would let a shard grow without end; together
 * they keep one to a few seconds, where a push may take ten minutes, and to some hundred megabytes. A customer with
 * more rows than that is a shard by itself.
 */
const SHARD_LIMITS: ShardLimits = { customers: 100, rows: 250_000 };

interface ShardLimits {
  readonly customers: number;
  readonly rows: number;
}

/** Days after the period's end until missing usage is an exception. The grace never closes a period by itself. */
const GRACE_DAYS = 3;

/** What a look at a period's completeness led to. */
export type CollectOutcome = 'collecting' | 'pinned' | 'unchanged' | 'late';

interface LockedRun {
  readonly runId: string;
  readonly period: BillingPeriod;
  readonly from: string;
  readonly to: string;
  readonly fencingToken: number;
}

/**
 * Looks at a period after one of its cells has changed, in the transaction of the message that says so. Opens the run
 * of a new period; pins a run whose last cell has come and hands its shards to rating; drops a run back whose inputs
 * changed before the approval; and leaves an approved run alone, with an exception that names the late usage.
 */
export async function collectRun(
  transaction: Transaction,
  effects: Effects,
  period: BillingPeriod,
  limits: ShardLimits = SHARD_LIMITS,
): Promise<CollectOutcome> {
  const days = periodDays(period);
  await transaction.rows(billingRunOpen, {
    run_id: period,
    scope: 'month',
    period,
    period_from: days.from,
    period_to: days.to,
    grace_until: startOf(addDays(days.to, GRACE_DAYS)),
    author: transaction.intent.actor,
    opened_at: effects.now(),
  });
  const row = await transaction.first(billingRunLock, { run_id: period });
  if (!row) throw new Error(`the run of ${period} was neither opened nor found`);
  const run = { runId: row.run_id, period, from: row.period_from, to: row.period_to, fencingToken: row.fencing_token };
  switch (row.status) {
    case 'open':
      await transaction.rows(billingRunAdvance, {
        run_id: run.runId,
        fencing_token: run.fencingToken,
        from_status: 'open',
        to_status: 'collecting',
      });
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
      return reportLateUsage(transaction, effects, run);
    default:
      return row.status satisfies never;
  }
}

async function pinWhenComplete(
  transaction: Transaction,
  effects: Effects,
  run: LockedRun,
  limits: ShardLimits,
): Promise<CollectOutcome> {
  const days = periodDays(run.period);
  if (!(await isComplete(transaction, days))) return 'collecting';
  const pinned = await transaction.first(billingRunPin, { run_id: run.runId });
  if (!pinned) throw new Error(`run ${run.runId} could not be pinned while it was locked`);
  const customers = (await transaction.rows(customerListBillable, { from_day: run.from, to_day: run.to })).map(
    (row) => row.customer_id,
  );
  const columns = { run_id: run.runId, fencing_token: run.fencingToken };
  const counts = await transaction.rows(usageDailyCountPinned, { ...columns, from_day: run.from, to_day: run.to });
  const rows = new Map(counts.map((row) => [row.customer_id, row.rows]));
  const billable = new Set<string | null>(customers);
  if (counts.some((row) => !billable.has(row.customer_id)))
    await reportUnbilledUsage(transaction, effects, run, customers);
  const shards = shardsOf(
    customers.map((customer) => ({ customer, rows: rows.get(customer) ?? 0 })),
    limits,
  );
  await transaction.rows(runShardInsertMany, {
    ...columns,
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

/**
 * Cuts customers, in their order, into shards within the limits. A period without customers has one empty shard, so
 * that its run goes the same way as any other.
 */
export function shardsOf(
  customers: readonly { readonly customer: string; readonly rows: number }[],
  limits: ShardLimits,
): readonly (readonly string[])[] {
  const shards: string[][] = [[]];
  let rowsOfLast = 0;
  for (const { customer, rows } of customers) {
    const last = shards.at(-1) ?? [];
    if (last.length > 0 && (last.length >= limits.customers || rowsOfLast + rows > limits.rows)) {
      shards.push([customer]);
      rowsOfLast = rows;
    } else {
      last.push(customer);
      rowsOfLast += rows;
    }
  }
  return shards;
}

async function dropBackWhenChanged(
  transaction: Transaction,
  effects: Effects,
  run: LockedRun,
  limits: ShardLimits,
): Promise<CollectOutcome> {
  const inputs = await transaction.first(billingRunInputsChanged, { run_id: run.runId });
  if (!inputs?.changed) return 'unchanged';
  await transaction.rows(invoiceSupersedeOfRun, { run_id: run.runId, fencing_token: run.fencingToken });
  const dropped = await transaction.first(billingRunDropBack, { run_id: run.runId });
  if (!dropped) throw new Error(`run ${run.runId} could not be dropped back while it was locked`);
  return pinWhenComplete(transaction, effects, { ...run, fencingToken: dropped.fencing_token }, limits);
}

async function reportLateUsage(transaction: Transaction, effects: Effects, run: LockedRun): Promise<CollectOutcome> {
  const inputs = await transaction.first(billingRunInputsChanged, { run_id: run.runId });
  if (!inputs?.changed) return 'unchanged';
  await raiseException(transaction, effects, {
    class: 'late_usage',
    subject: run.runId,
    reason: 'inputs_changed_after_approval',
    detail: `usage or contracts of ${run.period} have changed since the run was approved; the invoices stand as they are until someone decides on an adjustment`,
  });
  return 'late';
}

/** Promise 5: usage that is in no line is named with a reason, never passed over. */
async function reportUnbilledUsage(
  transaction: Transaction,
  effects: Effects,
  run: LockedRun,
  billable: readonly string[],
): Promise<void> {
  const unbilled = await transaction.rows(usageDailyListUnbilled, {
    run_id: run.runId,
    fencing_token: run.fencingToken,
    from_day: run.from,
    to_day: run.to,
    billable,
  });
  if (unbilled.length === 0) return;
  const shown = unbilled
    .slice(0, 10)
    .map(
      (row) =>
        `${row.project_id} ${row.metric}: ${row.customer_id ? `${row.customer_id} has no contract` : 'no owner'} (${row.rows} rows)`,
    );
  await raiseException(transaction, effects, {
    class: 'unbilled_usage',
    subject: run.runId,
    reason: 'nobody_to_bill',
    detail: `${unbilled.length} projects and metrics of ${run.period} are billed to nobody: ${shown.join('; ')}. Give the project an owner or the customer a contract, then rerun the days.`,
  });
}
