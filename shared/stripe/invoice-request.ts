import type { Currency } from '../exact/currency.ts';
import { maximumCharge, type StripeAmount, toStripeAmount } from './currency.ts';
import type { FormValue } from './form.ts';
import { type LocalInvoiceLine, rollUpLines } from './line-roll-up.ts';
import { type Obligation, obligationKey, obligationMetadata } from './obligation.ts';
import { postRequest, type StripeRequest } from './request.ts';
import { descriptionRefusal, markOf, metadataRefusal, printable, printableMetadata } from './text.ts';

export type Collection =
  | { readonly kind: 'charge_automatically' }
  /** Stripe mails the invoice; it is due after 1 to 365 days. */
  | { readonly kind: 'send_invoice'; readonly daysUntilDue: number };

/** An invoice of Daybook, with all that its copy in Stripe is made from. */
export interface LocalInvoice extends Obligation {
  readonly id: string;
  /** `cus_…`, or null while the customer is not known to Stripe. */
  readonly stripeCustomerId: string | null;
  readonly currency: Currency;
  readonly collection: Collection;
  /** `stripe_tax` leaves tax to Stripe Tax; amounts are then compared before tax. */
  readonly tax: 'none' | 'stripe_tax';
  readonly lines: readonly LocalInvoiceLine[];
}

/** A line as it must stand in Stripe. */
export interface ExpectedLine {
  /** The local line's key, or its digest when Stripe could not keep the key as it is. */
  readonly key: string;
  readonly description: string;
  readonly amount: StripeAmount;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The invoice as it must stand in Stripe; what `compareInvoice` compares with. */
export interface ExpectedInvoice {
  readonly stripeCustomerId: string;
  readonly currency: Currency;
  readonly subtotal: StripeAmount;
  readonly collection: Collection;
  /** Stripe Tax adds its tax on top: `subtotal` is before it. */
  readonly taxByStripe: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lines: readonly ExpectedLine[];
}

export type InvoicePlanRefusal =
  | 'no_stripe_customer'
  | 'invalid_due_days'
  | 'duplicate_line_key'
  | 'invalid_text'
  | 'not_representable'
  | 'unsupported_currency'
  | 'negative_total'
  /** Stripe Tax takes no line with a negative amount: https://docs.stripe.com/api/invoices/object#invoice_object-automatic_tax */
  | 'negative_line_under_tax'
  | 'above_maximum_charge';

export type InvoicePlan =
  /** Send `requests` in order, but compare with `expected` before the last one, which is `finalize`. */
  | { readonly kind: 'planned'; readonly requests: readonly StripeRequest[]; readonly expected: ExpectedInvoice }
  /** `line` is the key of the line that cannot be sent, or null when it is the invoice. */
  | {
      readonly kind: 'refused';
      readonly reason: InvoicePlanRefusal;
      readonly line: string | null;
      readonly detail: string;
    };

type Refused = Extract<InvoicePlan, { kind: 'refused' }>;

/** Lines in one `add_lines` request: keeps every body small; an invoice has at most three such requests. */
const LINES_PER_REQUEST = 100;

function refused(reason: InvoicePlanRefusal, line: string | null, detail: string): Refused {
  return { kind: 'refused', reason, line, detail };
}

function expectLine(line: LocalInvoiceLine, currency: Currency): { kind: 'line'; line: ExpectedLine } | Refused {
  const key = markOf(line.key);
  const metadata = { ...printableMetadata(line.metadata), daybook_line: key };
  const description = printable(line.description) || printable(line.label);
  const keyRefusal = printable(line.key) === '' ? 'the key is blank' : undefined;
  const textRefusal = keyRefusal ?? descriptionRefusal(description) ?? metadataRefusal(metadata);
  if (textRefusal !== undefined) return refused('invalid_text', line.key, textRefusal);
  const converted = toStripeAmount(line.amount, currency);
  if (converted.kind === 'refused') return refused(converted.reason, line.key, converted.detail);
  return { kind: 'line', line: { key, description, amount: converted.amount, metadata } };
}

function expectLines(invoice: LocalInvoice): { kind: 'lines'; lines: readonly ExpectedLine[] } | Refused {
  const lines: ExpectedLine[] = [];
  const keys = new Set<string>();
  for (const line of rollUpLines(invoice.lines)) {
    if (keys.has(line.key))
      return refused('duplicate_line_key', line.key, 'two lines of the invoice have the same key');
    keys.add(line.key);
    const expected = expectLine(line, invoice.currency);
    if (expected.kind === 'refused') return expected;
    lines.push(expected.line);
  }
  return { kind: 'lines', lines };
}

function checkTotal(invoice: LocalInvoice, subtotal: StripeAmount): Refused | undefined {
  if (subtotal < 0n) return refused('negative_total', null, `the total is ${subtotal}; issue a credit note instead`);
  const maximum = maximumCharge(invoice.currency);
  if (invoice.collection.kind === 'charge_automatically' && subtotal > maximum) {
    return refused('above_maximum_charge', null, `the total is ${subtotal}; Stripe charges at most ${maximum} at once`);
  }
  return undefined;
}

function expectInvoice(invoice: LocalInvoice): { kind: 'expected'; expected: ExpectedInvoice } | Refused {
  if (invoice.stripeCustomerId === null) {
    return refused('no_stripe_customer', null, `customer ${invoice.customerId} has no Stripe customer id; set one`);
  }
  const { collection } = invoice;
  if (
    collection.kind === 'send_invoice' &&
    !(Number.isInteger(collection.daysUntilDue) && collection.daysUntilDue >= 1 && collection.daysUntilDue <= 365)
  ) {
    return refused('invalid_due_days', null, 'days until due must be a whole number from 1 to 365');
  }
  const metadata = printableMetadata({ ...obligationMetadata(invoice), daybook_invoice_id: invoice.id });
  const textRefusal = metadataRefusal(metadata);
  if (textRefusal !== undefined) return refused('invalid_text', null, textRefusal);
  const expected = expectLines(invoice);
  if (expected.kind === 'refused') return expected;
  const subtotal = expected.lines.reduce((sum, line) => sum + line.amount, 0n) as StripeAmount;
  const { stripeCustomerId, currency } = invoice;
  const taxByStripe = invoice.tax === 'stripe_tax';
  const negative = taxByStripe ? expected.lines.find(({ amount }) => amount < 0n) : undefined;
  if (negative !== undefined) {
    const detail = `the amount is ${negative.amount}; Stripe Tax takes no negative line: issue a credit note instead`;
    return refused('negative_line_under_tax', negative.key, detail);
  }
  return (
    checkTotal(invoice, subtotal) ?? {
      kind: 'expected',
      expected: { stripeCustomerId, currency, subtotal, collection, taxByStripe, metadata, lines: expected.lines },
    }
  );
}

/** `discounts` is sent empty because Stripe would otherwise take over the customer's own discount. */
function createRequest(invoice: LocalInvoice, expected: ExpectedInvoice): StripeRequest {
  const { collection } = invoice;
  return postRequest('create', '/v1/invoices', obligationKey(invoice, 'create'), {
    auto_advance: false,
    ...(invoice.tax === 'stripe_tax' ? { automatic_tax: { enabled: true } } : {}),
    collection_method: collection.kind,
    currency: expected.currency,
    customer: expected.stripeCustomerId,
    ...(collection.kind === 'send_invoice' ? { days_until_due: BigInt(collection.daysUntilDue) } : {}),
    discounts: '',
    metadata: expected.metadata,
    pending_invoice_items_behavior: 'exclude',
  });
}

function lineParameters(line: ExpectedLine): FormValue {
  return { amount: line.amount, description: line.description, discountable: false, metadata: line.metadata };
}

function addLinesRequests(invoice: LocalInvoice, expected: ExpectedInvoice): readonly StripeRequest[] {
  const batches = Math.ceil(expected.lines.length / LINES_PER_REQUEST);
  return Array.from({ length: batches }, (_, batch) => {
    const step = `add_lines:${batch + 1}`;
    const lines = expected.lines.slice(batch * LINES_PER_REQUEST, (batch + 1) * LINES_PER_REQUEST);
    return postRequest(step, '/v1/invoices/{invoice}/add_lines', obligationKey(invoice, step), {
      lines: lines.map(lineParameters),
    });
  });
}

/**
 * The exact calls that make an invoice in Stripe: create a draft that nothing else is swept into, add the lines in
 * batches, finalize. Pure: the same invoice gives the same keys and the same bytes (promise 13). Finalizing hands the
 * invoice over to Stripe's own collection (`auto_advance`); until then Stripe leaves the draft alone.
 */
export function planInvoiceRequests(invoice: LocalInvoice): InvoicePlan {
  const result = expectInvoice(invoice);
  if (result.kind === 'refused') return result;
  const { expected } = result;
  const finalize = postRequest('finalize', '/v1/invoices/{invoice}/finalize', obligationKey(invoice, 'finalize'), {
    auto_advance: true,
  });
  return {
    kind: 'planned',
    requests: [createRequest(invoice, expected), ...addLinesRequests(invoice, expected), finalize],
    expected,
  };
}
