import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  billingRunAdvance,
  billingRunListRuleObjections,
  billingRunLock,
  billingRunSetTotals,
  invoiceTotalByCurrency,
  runShardCount,
  runShardEnd,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { resolveException } from '../exceptions/exceptions.ts';
import type { PinnedRun } from './pinned-run.ts';
import { shardSubject } from './rating-failure.ts';
import { runTotals } from './run-totals.ts';
import { signOff } from './sign-off.ts';

/** Locks the run of a shard that was rated. Throws when its inputs have changed meanwhile. */
export async function lockBeforeEnd(transaction: Transaction, run: PinnedRun, shard: number): Promise<void> {
  const locked = await transaction.first(billingRunLock, { run_id: run.runId });
  if (
    locked?.fencing_token !== run.fencingToken ||
    (locked.status !== 'complete' && locked.status !== 'rating_failed')
  ) {
    throw new Error(
      `the inputs of run ${run.runId} changed while shard ${shard} was rated; the message comes again and finds the new ones`,
    );
  }
}

/** Marks a shard as rated. The caller holds the run's lock, so that exactly one shard sees itself as the last. */
export async function endShard(
  transaction: Transaction,
  effects: Effects,
  run: PinnedRun,
  shard: number,
): Promise<void> {
  const columns = { run_id: run.runId, fencing_token: run.fencingToken };
  await transaction.rows(runShardEnd, { ...columns, shard });
  await resolveException(transaction, effects, 'rating_failed', shardSubject({ ...run, shard }), 'the shard was rated');
  const left = await transaction.first(runShardCount, columns);
  if (left?.waiting !== 0 || left.failed !== 0) return;
  const totals = await keepTotals(transaction, run);
  await transaction.rows(billingRunAdvance, { ...columns, from_status: 'complete', to_status: 'rated' });
  await transaction.rows(billingRunAdvance, { ...columns, from_status: 'rated', to_status: 'in_review' });
  const { runId, period, fencingToken } = run;
  await recordEvents(transaction, effects, [
    { type: 'charges.priced', data: { runId, period, fencingToken, ...totals } },
  ]);
  await approveByRule(transaction, effects, run);
}

/** Keeps what the run's live invoices add up to, for whoever reviews it. Returns how many there are, and how many are held. */
export async function keepTotals(
  transaction: Transaction,
  run: { readonly runId: string; readonly fencingToken: number },
): Promise<{ readonly invoices: number; readonly held: number }> {
  const rows = await transaction.rows(invoiceTotalByCurrency, { run_id: run.runId });
  const totals = canonicalJson(runTotals(rows));
  await transaction.rows(billingRunSetTotals, { run_id: run.runId, fencing_token: run.fencingToken, totals });
  const count = (key: 'invoices' | 'held') => rows.reduce((sum, row) => sum + row[key], 0);
  return { invoices: count('invoices'), held: count('held') };
}

/** A rule that two people have approved may sign the run off; the database checks it again. */
async function approveByRule(transaction: Transaction, effects: Effects, run: PinnedRun): Promise<void> {
  const rules = await transaction.rows(billingRunListRuleObjections, { run_id: run.runId });
  const rule = rules.find(({ objection }) => objection === null);
  if (rule === undefined) return;
  await signOff(transaction, effects, { runId: run.runId, by: { kind: 'rule', rule: rule.rule_id }, reviewed: null });
}
