import type { AdjustmentDocument } from '../billing/adjustment.ts';
import type { CustomerRating, RatedSegment } from '../billing/rate-customer.ts';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import { canonicalJson, digest } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  adjustmentApproveByPolicy,
  adjustmentInsert,
  adjustmentListOfCustomers,
  adjustmentSupersede,
  comparisonKeep,
  invoiceLockOfCustomers,
  reratingFindLatest,
  reratingShardEnd,
  reratingShardLock,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { Unprocessable } from '../events/receive.ts';
import { raiseExceptions, resolveExceptions } from '../exceptions/exceptions.ts';
import { compareCustomer, type EarlierAdjustment, type RunInvoice } from './compare-customer.ts';
import { linesOfRating } from './figures.ts';
import { placeApproved } from './place.ts';
import { rerateCustomers } from './rerate.ts';

export interface ReratingShardKey {
  readonly runId: string;
  readonly rerating: number;
  readonly shard: number;
}

export type CorrectOutcome =
  | { readonly kind: 'already_compared' }
  | {
      readonly kind: 'compared';
      readonly proposed: readonly string[];
      readonly automatic: readonly string[];
      readonly superseded: readonly string[];
      readonly unrated: readonly string[];
    };

/** Everything about one shard that is read before anything is decided. */
interface Comparison {
  readonly key: ReratingShardKey;
  readonly period: BillingPeriod;
  readonly author: string;
  readonly latest: number;
  readonly ratings: ReadonlyMap<string, CustomerRating>;
  readonly invoices: ReadonlyMap<string, readonly RunInvoice[]>;
  readonly earlier: ReadonlyMap<string, readonly EarlierAdjustment[]>;
}

/**
 * Compares the customers of a shard with what they were billed, in the caller's transaction, and opens, replaces or
 * retires their adjustments. It always compares with the latest rerating of the run, under the lock of the billed
 * invoices, so that messages may come late and in any order; a repeat finds the shard compared, and a comparison that
 * gives the same figures changes nothing (promise 12).
 */
export async function correctShard(
  transaction: Transaction,
  effects: Effects,
  key: ReratingShardKey,
): Promise<CorrectOutcome> {
  const columns = { run_id: key.runId, rerating: key.rerating, shard: key.shard };
  const shard = await transaction.first(reratingShardLock, columns);
  if (!shard) throw new Unprocessable(`there is no shard ${key.shard} of rerating ${key.rerating} of run ${key.runId}`);
  if (shard.status === 'compared') return { kind: 'already_compared' };
  const period = shard.period as BillingPeriod;
  const invoices = await transaction.rows(invoiceLockOfCustomers, { customers: shard.customers, run_id: key.runId });
  // Read under the lock: whoever held it before may have compared with a later rerating than this message knows.
  const latest = await transaction.first(reratingFindLatest, { run_id: key.runId });
  if (!latest) throw new Error(`run ${key.runId} has shards of a rerating and no rerating`);
  const work = {
    runId: key.runId,
    fencingToken: shard.fencing_token,
    rerating: latest.rerating,
    customers: shard.customers,
    period,
    from: shard.period_from,
    to: shard.period_to,
  };
  const earlier = await transaction.rows(adjustmentListOfCustomers, { customers: shard.customers, run_id: key.runId });
  const comparison: Comparison = {
    key,
    period,
    author: shard.author ?? latest.author,
    latest: latest.rerating,
    ratings: await rerateCustomers(transaction, work),
    invoices: Map.groupBy(invoices, (row) => row.customer_id),
    earlier: Map.groupBy(earlier, (row) => row.customer_id),
  };
  const outcome = await decide(transaction, effects, comparison);
  await transaction.rows(reratingShardEnd, columns);
  return outcome;
}

async function decide(transaction: Transaction, effects: Effects, comparison: Comparison): Promise<CorrectOutcome> {
  const { key, ratings, period, latest: rerating } = comparison;
  const compared = [...ratings].flatMap(([customer, rating]) => {
    const invoices = comparison.invoices.get(customer) ?? [];
    const earlier = comparison.earlier.get(customer) ?? [];
    // Nothing was billed, and nothing can be corrected: the customer could not be rated.
    if (invoices.length === 0) return [];
    const outcome = compareCustomer({ customer, period, runId: key.runId, rerating, invoices, earlier, rating });
    return [{ customer, rating, earlier, outcome }];
  });
  const unrated = compared.flatMap(({ customer, outcome }) =>
    outcome.kind === 'unrated' ? [{ customer, failure: outcome.failure }] : [],
  );
  const right = compared.flatMap(({ customer, rating, outcome }) =>
    outcome.kind === 'unrated' ? [] : [{ customer, rating, ...outcome }],
  );
  const subjectOf = ({ customer }: { readonly customer: string }) => `${period}/${customer}`;
  const failures = unrated.map((one) => ({ subject: subjectOf(one), ...one.failure }));
  await raiseExceptions(transaction, effects, 'late_usage', failures);
  const mended = 'the customer could be rated again';
  await resolveExceptions(transaction, effects, ['late_usage'], right.map(subjectOf), mended);
  const superseded = right.flatMap((one) => one.superseded);
  await retire(transaction, effects, superseded, comparison.earlier);
  await keepComparisons(transaction, effects, comparison, right);
  const fresh = right.flatMap((one) => (one.kind === 'adjusted' ? [one.adjustment] : []));
  const automatic = await open(transaction, effects, comparison, fresh);
  // An adjustment that was given back, or that no invoice has taken, finds its way from here.
  const waiting = compared
    .flatMap(({ earlier }) => earlier.filter(({ status }) => status === 'approved'))
    .map(({ adjustment_id: id }) => id)
    .filter((id) => !superseded.includes(id));
  await placeApproved(transaction, effects, [...waiting, ...automatic]);
  return {
    kind: 'compared',
    proposed: fresh.map(({ adjustment }) => adjustment),
    automatic,
    superseded,
    unrated: unrated.map(({ customer }) => customer),
  };
}

/** What each customer's period comes to, and what usage would have billed beside fixed tiers. */
async function keepComparisons(
  transaction: Transaction,
  effects: Effects,
  { key, latest }: Comparison,
  right: readonly {
    readonly customer: string;
    readonly rating: CustomerRating;
    readonly currency: string;
    readonly corrected: bigint;
  }[],
): Promise<void> {
  if (right.length === 0) return;
  const comparisons = right.map(({ customer, rating, currency, corrected }) => ({
    customer_id: customer,
    currency,
    corrected: corrected.toString(),
    shadow: rating.kind === 'rated' ? shadowLines(rating.shadow) : [],
  }));
  await transaction.rows(comparisonKeep, {
    run_id: key.runId,
    rerating: latest,
    comparisons: canonicalJson(comparisons),
    compared_at: effects.now(),
  });
}

function shadowLines(segments: readonly RatedSegment[]) {
  return linesOfRating(segments).map(({ contract, line, label, amount }) => {
    return { contract, line, label, amount: amount.toString() };
  });
}

/** Retires what is overtaken. A void has retired some by itself: they, too, wait for nobody any more. */
async function retire(
  transaction: Transaction,
  effects: Effects,
  adjustmentIds: readonly string[],
  earlier: Comparison['earlier'],
): Promise<void> {
  if (adjustmentIds.length > 0) await transaction.rows(adjustmentSupersede, { adjustment_ids: adjustmentIds });
  const retired = [...earlier.values()].flat().filter(({ status }) => status === 'superseded');
  const subjects = [...adjustmentIds, ...retired.map(({ adjustment_id: id }) => id)];
  const why = 'a newer change has taken its place';
  await resolveExceptions(transaction, effects, ['adjustment_undecided'], subjects, why);
}

/** Keeps new adjustments, approves what the policy lets through, and tells people of the others. Returns the automatic ones. */
async function open(
  transaction: Transaction,
  effects: Effects,
  { key, period, author, latest }: Comparison,
  fresh: readonly AdjustmentDocument[],
): Promise<readonly string[]> {
  if (fresh.length === 0) return [];
  const now = effects.now();
  await transaction.rows(adjustmentInsert, {
    period,
    run_id: key.runId,
    rerating: latest,
    author,
    proposed_at: now,
    adjustments: canonicalJson(fresh.map(adjustmentRow)),
  });
  const ids = fresh.map(({ adjustment }) => adjustment);
  const approved = await transaction.rows(adjustmentApproveByPolicy, { adjustment_ids: ids, decided_at: now });
  const automatic = approved.map((row) => row.adjustment_id);
  const waiting = fresh.filter(({ adjustment }) => !automatic.includes(adjustment));
  const failures = waiting.map(({ adjustment, total, currency }) => ({
    subject: adjustment,
    reason: 'over_the_limit',
    detail: `${total} minor units of ${currency} are over the limit of the policy: daybook adjustments show ${adjustment}`,
  }));
  await raiseExceptions(transaction, effects, 'adjustment_undecided', failures);
  await recordEvents(
    transaction,
    effects,
    waiting.map(({ adjustment, customer, currency, total }) => ({
      type: 'adjustment.proposed' as const,
      data: { adjustmentId: adjustment, period, customer, currency, total: total.toString() },
    })),
  );
  return automatic;
}

/** The document's text; amounts are text in it. */
function adjustmentRow(adjustment: AdjustmentDocument) {
  const document = adjustmentText(adjustment);
  return {
    adjustment_id: adjustment.adjustment,
    customer_id: adjustment.customer,
    inputs_digest: adjustment.inputsDigest,
    currency: adjustment.currency,
    billed: adjustment.billed.toString(),
    corrected: adjustment.corrected.toString(),
    total: adjustment.total.toString(),
    document,
    document_digest: digest(document),
  };
}

function adjustmentText(adjustment: AdjustmentDocument): string {
  const { lines, billed, corrected, total, ...rest } = adjustment;
  return canonicalJson({
    ...rest,
    lines: lines.map((line) => ({ ...line, amount: line.amount.toString() })),
    billed: billed.toString(),
    corrected: corrected.toString(),
    total: total.toString(),
  });
}
