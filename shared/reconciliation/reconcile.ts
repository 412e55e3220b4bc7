import { localInvoiceOf } from '../billing/local-invoice.ts';
import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Database, Transaction } from '../database/database.ts';
import {
  creditListForReconciliation,
  invoiceListForReconciliation,
  stripeDifferenceFindAll,
  stripeDifferenceResolveUnseen,
  stripeReconciliationLock,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { currency, minorUnits } from '../exact/currency.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';
import type { StripeClient } from '../stripe/client.ts';
import { toStripeAmount } from '../stripe/currency.ts';
import { compareCopies, type OwnCreditNote } from './compare-copies.ts';
import { type Difference, differenceKey } from './difference.ts';
import { readCopies } from './stripe-copies.ts';

export interface ReconcileDependencies {
  readonly database: Database;
  readonly effects: Effects;
  readonly stripe: () => Promise<StripeClient>;
}

/** What a reconciliation found of one period. */
export interface PeriodSummary {
  readonly period: BillingPeriod;
  /** Differences that nobody has accepted; of them `fresh` were not known before. */
  readonly open: number;
  readonly fresh: number;
  readonly accepted: number;
  /** Differences that were live before and are gone. */
  readonly resolved: number;
}

export type ReconcileOutcome =
  | {
      readonly kind: 'reconciled';
      readonly invoices: number;
      readonly copies: number;
      readonly periods: readonly PeriodSummary[];
    }
  /** Stripe could not be read to its end: nothing was kept, since half a list would look like missing invoices. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Compares the invoices of some periods with Stripe's and keeps what differs. `announce` is called in the transaction that
 * keeps a period's findings. Changes no invoice. A repeat sees the same rows.
 */
export async function reconcile(
  dependencies: ReconcileDependencies,
  periods: readonly BillingPeriod[],
  actor: string,
  announce: (transaction: Transaction, summary: PeriodSummary) => Promise<void> = async () => undefined,
): Promise<ReconcileOutcome> {
  const { database, effects, stripe } = dependencies;
  const [first] = [...periods].sort();
  if (first === undefined) return { kind: 'reconciled', invoices: 0, copies: 0, periods: [] };
  // Ours are read first: what is issued meanwhile is in Stripe's list then, and looks ahead at most until the next time.
  const seenAt = effects.now();
  const rows = await database.rows(invoiceListForReconciliation, { periods: [...periods] });
  const credits = await database.rows(creditListForReconciliation, { periods: [...periods] });
  const ids = new Set(rows.map((row) => row.stripe_invoice_id));
  const wanted = new Set<string>(periods);
  const since = new Date(`${periodDays(first).from}T00:00:00Z`);
  const reading = await readCopies(await stripe(), since, ({ id, metadata }) => {
    const mark = Object.hasOwn(metadata, 'daybook_period') ? metadata.daybook_period : undefined;
    return ids.has(id) || (mark !== undefined && wanted.has(mark));
  });
  if (reading.kind !== 'read')
    return { kind: 'unreadable', reason: reading.kind === 'too_many' ? 'too_many_invoices' : reading.reason };
  const creditsOf = Map.groupBy(credits, (credit) => credit.invoice_id);
  const own = rows.map((row) => ({
    local: localInvoiceOf(row),
    status: row.status,
    stripeInvoiceId: row.stripe_invoice_id,
    voidedHere: row.voided_here,
    credits: (creditsOf.get(row.invoice_id) ?? []).map(ownCreditNote),
  }));
  const byPeriod = Map.groupBy(compareCopies(own, reading.copies), ({ period }) => period);
  const summaries: PeriodSummary[] = [];
  for (const period of periods) {
    const found = { period, differences: byPeriod.get(period) ?? [], seenAt };
    summaries.push(await keepFindings(dependencies, actor, found, announce));
  }
  return { kind: 'reconciled', invoices: rows.length, copies: reading.copies.length, periods: summaries };
}

function ownCreditNote(row: NonNullable<(typeof creditListForReconciliation)['row']>): OwnCreditNote {
  const amount = toStripeAmount(minorUnits(row.amount), currency(row.currency));
  return {
    id: row.credit_id,
    stripeId: row.stripe_id,
    amount: amount.kind === 'represented' ? amount.amount : null,
  };
}

function keepFindings(
  { database, effects }: ReconcileDependencies,
  actor: string,
  found: { readonly period: BillingPeriod; readonly differences: readonly Difference[]; readonly seenAt: Date },
  announce: (transaction: Transaction, summary: PeriodSummary) => Promise<void>,
): Promise<PeriodSummary> {
  const { period, differences, seenAt } = found;
  return database.transaction({ actor, why: `${period} is compared with Stripe` }, async (transaction) => {
    await transaction.rows(stripeReconciliationLock, { period });
    const rows = new Map(differences.map((difference) => [differenceKey(difference), rowOf(difference)]));
    const live = await transaction.rows(stripeDifferenceFindAll, {
      differences: canonicalJson([...rows.values()]),
      seen_at: seenAt,
    });
    const gone = await transaction.rows(stripeDifferenceResolveUnseen, { period, seen_at: seenAt });
    const open = live.filter(({ status }) => status === 'open').length;
    const summary = {
      period,
      open,
      fresh: live.filter(({ is_new: isNew }) => isNew).length,
      accepted: live.length - open,
      resolved: gone.length,
    };
    if (open === 0) {
      await resolveException(transaction, effects, 'stripe_differs', period, 'Stripe and Daybook agree');
    } else if (summary.fresh > 0) {
      const detail = `${open} differences, ${summary.fresh} of them new: daybook reconcile --period ${period} --as person:… names them, and what to do about each`;
      await raiseException(transaction, effects, {
        class: 'stripe_differs',
        subject: period,
        reason: 'differences',
        detail,
      });
    }
    await announce(transaction, summary);
    return summary;
  });
}

function rowOf(difference: Difference) {
  return {
    difference_key: differenceKey(difference),
    period: difference.period,
    kind: difference.kind,
    invoice_id: difference.invoiceId,
    stripe_invoice_id: difference.stripeInvoiceId,
    place: difference.place,
    local_value: difference.local,
    stripe_value: difference.stripe,
  };
}
