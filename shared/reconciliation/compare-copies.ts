import type { InvoiceStatus } from '../database/queries.generated.ts';
import { compareInvoice } from '../stripe/compare.ts';
import type { StripeAmount } from '../stripe/currency.ts';
import { type LocalInvoice, planInvoiceRequests } from '../stripe/invoice-request.ts';
import { type StripeInvoice, settlementOf } from '../stripe/objects.ts';
import { type Obligation, obligationMetadata } from '../stripe/obligation.ts';
import { printableMetadata } from '../stripe/text.ts';
import { type Difference, ofComparison } from './difference.ts';
import type { StripeCopy } from './stripe-copies.ts';

/** An invoice of Daybook with what its copy is compared by. */
export interface OwnInvoice {
  readonly local: LocalInvoice;
  readonly status: InvoiceStatus;
  readonly stripeInvoiceId: string | null;
  /** Whether a void of it was approved here. */
  readonly voidedHere: boolean;
  readonly credits: readonly OwnCreditNote[];
}

/** A credit note of Daybook, in Stripe's unit. `stripeId` is null until Stripe has confirmed it. */
export interface OwnCreditNote {
  readonly id: string;
  readonly stripeId: string | null;
  readonly amount: StripeAmount | null;
}

/** The marks by which a copy belongs to an obligation, as one text. */
function marksOf(metadata: Readonly<Record<string, string>>): string {
  return ['daybook_customer_id', 'daybook_period', 'daybook_series', 'daybook_generation']
    .map((name) => (Object.hasOwn(metadata, name) ? encodeURIComponent(metadata[name] ?? '') : ''))
    .join('/');
}

function marksOfObligation(obligation: Obligation): string {
  return marksOf(printableMetadata(obligationMetadata(obligation)));
}

/**
 * Every difference between our invoices and Stripe's copies of them, both ways. Pure, and in one order. A copy belongs to
 * the invoice whose marks it carries, or whose id it has when its marks were edited away.
 */
export function compareCopies(own: readonly OwnInvoice[], copies: readonly StripeCopy[]): readonly Difference[] {
  const byMarks = Map.groupBy(copies, ({ invoice }) => marksOf(invoice.metadata));
  const byId = new Map(copies.map((copy) => [copy.invoice.id, copy]));
  const known = new Set<StripeCopy>();
  const differences = own.flatMap((one) => {
    const named = one.stripeInvoiceId === null ? undefined : byId.get(one.stripeInvoiceId);
    const marked = byMarks.get(marksOfObligation(one.local)) ?? [];
    const all = [...new Set([...(named === undefined ? [] : [named]), ...marked])];
    for (const copy of all) known.add(copy);
    return compareOne(one, all);
  });
  // What is void there and unknown here asks for nothing.
  const strangers = copies.filter((copy) => !known.has(copy) && copy.invoice.status !== 'void').map(missingHere);
  return [...differences, ...strangers];
}

function missingHere({ invoice }: StripeCopy): Difference {
  const mark = (name: string) => (Object.hasOwn(invoice.metadata, name) ? (invoice.metadata[name] ?? null) : null);
  return {
    period: mark('daybook_period') ?? '',
    kind: 'missing_here',
    invoiceId: null,
    stripeInvoiceId: invoice.id,
    place: mark('daybook_invoice_id'),
    local: null,
    stripe: `${invoice.status}, ${invoice.total} ${invoice.currency}`,
  };
}

function compareOne(own: OwnInvoice, copies: readonly StripeCopy[]): Difference[] {
  const { local, status } = own;
  const found = (kind: Difference['kind'], values: Partial<Difference>): Difference => ({
    ...{ period: local.period, kind, invoiceId: local.id, stripeInvoiceId: own.stripeInvoiceId },
    ...{ place: null, local: null, stripe: null, ...values },
  });
  const [main, ...others] = copies;
  const duplicates = others
    .filter(({ invoice }) => invoice.status !== 'void')
    .map(({ invoice }) =>
      found('duplicate', { stripeInvoiceId: invoice.id, local: main?.invoice.id ?? null, stripe: invoice.status }),
    );
  if (main === undefined) {
    const isMissing = ['drafted', 'verified', 'finalized', 'paid', 'uncollectible'].includes(status);
    return isMissing ? [found('missing_in_stripe', { local: status })] : [];
  }
  const at = { stripeInvoiceId: main.invoice.id };
  switch (status) {
    case 'rated':
    case 'held':
    case 'approved':
    case 'drafted':
    case 'verified':
    case 'stripe_failed': {
      const isAhead = main.invoice.status !== 'draft' && main.invoice.status !== 'void';
      const ahead = isAhead ? [found('ahead_in_stripe', { ...at, local: status, stripe: main.invoice.status })] : [];
      return [...ahead, ...duplicates];
    }
    case 'finalized':
    case 'paid':
    case 'uncollectible':
    case 'void': {
      const notes = creditNoteDifferences(own, main).map((difference) =>
        found(difference.kind, { ...at, ...difference }),
      );
      const ended = statusDifference(own, main.invoice).map((difference) =>
        found(difference.kind, { ...at, ...difference }),
      );
      return [...ended, ...(status === 'void' ? [] : contentDifferences(own, main)), ...notes, ...duplicates];
    }
    case 'superseded':
      return [];
    default:
      return status satisfies never;
  }
}

type CreditNoteDifference = Pick<Difference, 'kind' | 'place' | 'local' | 'stripe'>;

/** Both ways: what stands in Stripe and is not ours, and what was given here and does not stand there. */
function creditNoteDifferences({ credits }: OwnInvoice, { creditNotes }: StripeCopy): CreditNoteDifference[] {
  const standing = creditNotes.filter((note) => note.status === 'issued');
  const known = new Set(credits.map(({ id }) => id));
  const strangers = standing.flatMap((note): CreditNoteDifference[] => {
    const mark = Object.hasOwn(note.metadata, 'daybook_credit_note_id')
      ? note.metadata.daybook_credit_note_id
      : undefined;
    if (mark !== undefined && known.has(mark)) return [];
    const kind = mark === undefined ? 'credit_note_by_hand' : 'credit_note_unknown';
    return [{ kind, place: note.id, local: null, stripe: String(note.total) }];
  });
  const byId = new Map(standing.map((note) => [note.id, note.total]));
  const missing = credits.flatMap(({ id, stripeId, amount }): CreditNoteDifference[] => {
    const total = stripeId === null ? amount : (byId.get(stripeId) ?? null);
    if (total === amount) return [];
    return [{ kind: 'credit_note_missing', place: id, local: String(amount), stripe: total?.toString() ?? null }];
  });
  return [...strangers, ...missing];
}

function statusDifference(
  own: OwnInvoice,
  invoice: StripeInvoice,
): readonly Pick<Difference, 'kind' | 'local' | 'stripe'>[] {
  const values = { local: own.status, stripe: invoice.status };
  if (invoice.status === 'void' && !own.voidedHere) return [{ kind: 'void_by_hand', ...values }];
  return isFollowed(own.status, invoice) ? [] : [{ kind: 'status', ...values }];
}

/** Below the minimum charge Stripe says paid while the amount is still owed: here it stays finalized. */
function isFollowed(status: InvoiceStatus, invoice: StripeInvoice): boolean {
  switch (settlementOf(invoice)) {
    case 'open':
    case 'moved_to_balance':
      return status === 'finalized';
    case 'paid':
    case 'nothing_due':
      return status === 'paid';
    case 'uncollectible':
      return status === 'uncollectible';
    case 'void':
      return status === 'void';
    case 'draft':
      return false;
  }
}

function contentDifferences(own: OwnInvoice, { invoice, lines }: StripeCopy): Difference[] {
  const at = { period: own.local.period, invoiceId: own.local.id, stripeInvoiceId: invoice.id };
  const plan = planInvoiceRequests(own.local);
  if (plan.kind === 'refused')
    return [{ ...at, kind: 'not_comparable', place: plan.line, local: `${plan.reason}: ${plan.detail}`, stripe: null }];
  return compareInvoice(plan.expected, invoice, lines).map((difference) => ofComparison(difference, at));
}
