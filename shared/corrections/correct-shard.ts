import { type AdjustmentDocument, adjustmentDocumentSchema } from '../billing/adjustment.ts';
import type { CustomerRating } from '../billing/rate-customer.ts';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import { canonicalJson, digest } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  adjustmentApproveByPolicy,
  adjustmentInsert,
  adjustmentListOfCustomers,
  adjustmentSupersede,
  invoiceLockBilled,
  reratingFindLatest,
  reratingShardEnd,
  reratingShardLock,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { Unprocessable } from '../events/receive.ts';
import { raiseException, raiseExceptions, resolveExceptions } from '../exceptions/exceptions.ts';
import { placeApproved } from './place.ts';
import { proposeAdjustment } from './propose.ts';
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

type Billed = NonNullable<(typeof invoiceLockBilled)['row']>;
type Earlier = NonNullable<(typeof adjustmentListOfCustomers)['row']>;

/** Everything about one shard that is read before anything is decided. */
interface Comparison {
  readonly key: ReratingShardKey;
  readonly period: BillingPeriod;
  readonly author: string;
  readonly latest: number;
  readonly ratings: ReadonlyMap<string, CustomerRating>;
  readonly billed: ReadonlyMap<string, readonly Billed[]>;
  readonly earlier: ReadonlyMap<string, readonly Earlier[]>;
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
  const billed = await transaction.rows(invoiceLockBilled, { customers: shard.customers, run_id: key.runId });
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
    author: latest.author,
    latest: latest.rerating,
    ratings: await rerateCustomers(transaction, work),
    billed: Map.groupBy(billed, (row) => row.customer_id),
    earlier: Map.groupBy(earlier, (row) => row.customer_id),
  };
  const outcome = await decide(transaction, effects, comparison);
  await transaction.rows(reratingShardEnd, columns);
  return outcome;
}

async function decide(transaction: Transaction, effects: Effects, comparison: Comparison): Promise<CorrectOutcome> {
  const { ratings, billed, period } = comparison;
  const superseded: string[] = [];
  const unrated: string[] = [];
  const fresh: AdjustmentDocument[] = [];
  for (const [customer, rating] of ratings) {
    const invoices = billed.get(customer) ?? [];
    // Nothing was billed, and nothing can be corrected: the customer could not be rated.
    if (invoices.length === 0) continue;
    const compared = compare(comparison, customer, rating, invoices);
    switch (compared.kind) {
      case 'unrated':
        unrated.push(customer);
        await raiseException(transaction, effects, {
          class: 'late_usage',
          subject: `${period}/${customer}`,
          ...compared.failure,
        });
        break;
      case 'right':
        superseded.push(...compared.superseded);
        break;
      case 'adjusted':
        superseded.push(...compared.superseded);
        fresh.push(compared.adjustment);
        break;
      default:
        compared satisfies never;
    }
  }
  const rated = [...ratings.keys()].filter((customer) => !unrated.includes(customer));
  const subjects = rated.map((customer) => `${period}/${customer}`);
  await resolveExceptions(transaction, effects, ['late_usage'], subjects, 'the customer could be rated again');
  await retire(transaction, effects, superseded);
  const automatic = await open(transaction, effects, comparison, fresh);
  return { kind: 'compared', proposed: fresh.map(({ adjustment }) => adjustment), automatic, superseded, unrated };
}

/** The month's run numbers its adjustments alone; an off-cycle run with its contract, so that the two cannot meet. */
function adjustmentIdOf(runId: string, period: string, customer: string, number: number): string {
  const contract = runId === period ? '' : `${runId.slice(period.length + 1)}-`;
  return `${period}/${customer}/adjustment/${contract}${number}`;
}

type Compared =
  | { readonly kind: 'unrated'; readonly failure: { readonly reason: string; readonly detail: string } }
  /** What was billed, together with what is decided or rejected, is right. */
  | { readonly kind: 'right'; readonly superseded: readonly string[] }
  | { readonly kind: 'adjusted'; readonly superseded: readonly string[]; readonly adjustment: AdjustmentDocument };

function compare(
  { key, period, latest, earlier }: Comparison,
  customer: string,
  rating: CustomerRating,
  invoices: readonly Billed[],
): Compared {
  const before = earlier.get(customer) ?? [];
  const open = before
    .filter(({ status }) => status === 'proposed' || status === 'approved')
    .map(({ adjustment_id: id }) => id);
  const standing = before.filter(({ status }) => status === 'placed' || status === 'applied');
  const proposal = proposeAdjustment({
    adjustmentId: adjustmentIdOf(key.runId, period, customer, before.length + 1),
    customer,
    period,
    run: key.runId,
    rerating: latest,
    invoices: invoices.map((row) => ({
      invoiceId: row.invoice_id,
      currency: row.currency,
      document: row.document,
      documentDigest: row.document_digest,
    })),
    placed: standing.map(({ document }) => adjustmentDocumentSchema.parse(JSON.parse(document))),
    rating,
  });
  if (proposal.kind === 'refused') return { kind: 'unrated', failure: proposal };
  if (proposal.kind === 'nothing') return { kind: 'right', superseded: open };
  const { adjustment } = proposal;
  const same = before.find((row) => row.status !== 'superseded' && row.inputs_digest === adjustment.inputsDigest);
  // The same figures were computed before: what was decided on them stands.
  if (same !== undefined) return { kind: 'right', superseded: open.filter((id) => id !== same.adjustment_id) };
  return { kind: 'adjusted', superseded: open, adjustment };
}

async function retire(transaction: Transaction, effects: Effects, adjustmentIds: readonly string[]): Promise<void> {
  if (adjustmentIds.length === 0) return;
  await transaction.rows(adjustmentSupersede, { adjustment_ids: adjustmentIds });
  const why = 'a newer change has taken its place';
  await resolveExceptions(transaction, effects, ['adjustment_undecided'], adjustmentIds, why);
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
  await placeApproved(transaction, effects, automatic);
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
