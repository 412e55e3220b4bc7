import { canonicalJson, digest } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  chargeInsertMany,
  type InvoiceStatus,
  invoiceCountOfObligations,
  invoiceInsertMany,
  shadowRefusalInsert,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { raiseExceptions, resolveExceptions } from '../exceptions/exceptions.ts';
import { adjustmentChargeRows, placeAdjustments } from './carry-adjustments.ts';
import { type Hold, holdText } from './holds.ts';
import { chargeLines, detailsJson, inputsJson, invoiceDocument } from './invoice-document.ts';
import { keepHolds } from './keep-holds.ts';
import type { PinnedRun } from './pinned-run.ts';
import type { CustomerRating, RatedSegment } from './rate-customer.ts';
import type { RatedCustomer } from './rate-customers.ts';

/** A rated customer with every reason to hold its invoice. */
export interface Verdict extends RatedCustomer {
  readonly holds: readonly Hold[];
}

/** A verdict with the invoice that it becomes. */
interface NewInvoice extends Verdict {
  readonly invoiceId: string;
  readonly generation: number;
  /** 1, and one more for each time that the customer was rated before in this run under its token. */
  readonly ratingNumber: number;
  readonly document: string;
}

/**
 * Keeps the invoices and charges of some customers of a run: one statement for all invoices, one for all charges, and
 * one of each kind for what is held, however many there are. `author` is who had a voided invoice billed anew; null for
 * what the run rates by itself.
 */
export async function keepRatings(
  transaction: Transaction,
  effects: Effects,
  run: PinnedRun,
  verdicts: readonly Verdict[],
  author: string | null = null,
): Promise<void> {
  if (verdicts.length === 0) return;
  const invoices = await nameInvoices(transaction, run, verdicts);
  await transaction.rows(invoiceInsertMany, {
    run_id: run.runId,
    fencing_token: run.fencingToken,
    period: run.period,
    series: run.series,
    rated_at: effects.now(),
    author,
    invoice_ids: invoices.map(({ invoiceId }) => invoiceId),
    customer_ids: invoices.map(({ customerId }) => customerId),
    generations: invoices.map(({ generation }) => generation),
    rating_numbers: invoices.map(({ ratingNumber }) => ratingNumber),
    statuses: invoices.map(({ holds }): InvoiceStatus => (holds.length === 0 ? 'rated' : 'held')),
    currencies: invoices.map(({ rating }) => rating.currency),
    subtotals: invoices.map(({ rating }) => (rating.kind === 'rated' ? rating.subtotal : 0n)),
    documents: invoices.map(({ document }) => document),
    document_digests: invoices.map(({ document }) => digest(document)),
    hold_reasons: invoices.map(({ holds }) => (holds.length === 0 ? null : holdText(holds))),
  });
  const holds = invoices.flatMap((one) => one.holds.map((hold) => ({ ...hold, invoiceId: one.invoiceId })));
  await keepHolds(transaction, effects, holds);
  const charges = invoices.flatMap((one) =>
    chargesOf(one).map((charge) => ({ ...charge, rating_number: one.ratingNumber })),
  );
  if (charges.length > 0) {
    const columns = { run_id: run.runId, fencing_token: run.fencingToken };
    await transaction.rows(chargeInsertMany, { ...columns, charges: canonicalJson(charges) });
  }
  const carriers = invoices.flatMap(({ invoiceId, customerId, rating }) =>
    rating.kind === 'rated' ? [{ invoiceId, customerId, adjustments: rating.adjustments }] : [],
  );
  await placeAdjustments(transaction, effects, carriers);
  await keepShadowRefusals(transaction, run, invoices);
  await reportHeld(transaction, effects, run, invoices);
}

/** The fixed tiers are billed; what could not be compared with them is kept for the shadow report. */
async function keepShadowRefusals(
  transaction: Transaction,
  run: PinnedRun,
  invoices: readonly NewInvoice[],
): Promise<void> {
  const refusals = invoices.flatMap(({ customerId, rating }) =>
    rating.kind === 'held'
      ? []
      : rating.shadowRefusals.map(({ contractId, reason, detail }) => ({
          customer_id: customerId,
          contract_id: contractId,
          reason,
          detail,
        })),
  );
  if (refusals.length === 0) return;
  const columns = { run_id: run.runId, fencing_token: run.fencingToken };
  await transaction.rows(shadowRefusalInsert, { ...columns, refusals: canonicalJson(refusals) });
}

async function nameInvoices(
  transaction: Transaction,
  run: PinnedRun,
  verdicts: readonly Verdict[],
): Promise<readonly NewInvoice[]> {
  const { period, series } = run;
  const customers = verdicts.map(({ customerId }) => customerId);
  const earlier = new Map(
    (
      await transaction.rows(invoiceCountOfObligations, {
        customers,
        period,
        series,
        run_id: run.runId,
        fencing_token: run.fencingToken,
      })
    ).map((row) => [row.customer_id, row]),
  );
  return verdicts.map((verdict) => {
    const { customerId, rating } = verdict;
    const { made = 0, voided = 0, ratings = 0 } = earlier.get(customerId) ?? {};
    const invoiceId = `${period}/${customerId}/${series}${made === 0 ? '' : `/${made + 1}`}`;
    const document = invoiceDocument({ invoiceId, customerId, period, series }, rating);
    return { ...verdict, invoiceId, generation: voided, ratingNumber: ratings + 1, document };
  });
}

/** A hold opens an exception of its customer; the ones of an earlier rating that no longer hold are over. */
async function reportHeld(
  transaction: Transaction,
  effects: Effects,
  run: PinnedRun,
  invoices: readonly NewInvoice[],
): Promise<void> {
  // By run, not by period: an off-cycle run that rates the customer does not mend the run of the month.
  const subjectOf = (customerId: string) => `${run.runId}/${customerId}`;
  const rated = invoices.filter(({ rating }) => rating.kind === 'rated');
  if (rated.length > 0) {
    const subjects = rated.map(({ customerId }) => subjectOf(customerId));
    await resolveExceptions(transaction, effects, ['rating_held'], subjects, 'the customer was rated');
  }
  const unrated = invoices.flatMap(({ customerId, rating }) =>
    rating.kind === 'held' ? [{ customerId, reason: rating.reason, detail: rating.detail }] : [],
  );
  const failures = unrated.map(({ customerId, ...why }) => ({ subject: subjectOf(customerId), ...why }));
  await raiseExceptions(transaction, effects, 'rating_held', failures);
  await recordEvents(
    transaction,
    effects,
    unrated.map(({ customerId, reason, detail }) => ({
      type: 'rating.failed' as const,
      data: { runId: run.runId, period: run.period, customer: customerId, reason, detail },
    })),
  );
}

/** The rows of `charges` that a rating makes: what is inserted, and what a replay must find again (promise 13). */
export function chargesOf({ customerId, invoiceId, rating }: Pick<NewInvoice, 'customerId' | 'invoiceId' | 'rating'>) {
  if (rating.kind === 'held') return [];
  const { currency, adjustments } = rating;
  const billed = chargeRows(customerId, { purpose: 'billed', invoiceId, currency }, rating.billed);
  return [
    ...billed,
    ...adjustmentChargeRows({ invoiceId, customerId, adjustments }, billed.length),
    ...chargeRows(customerId, { purpose: 'shadow', invoiceId: null, currency }, rating.shadow),
  ];
}

export type ChargeRow = ReturnType<typeof chargesOf>[number];

interface ChargeUse {
  readonly purpose: 'billed' | 'shadow';
  readonly invoiceId: string | null;
  readonly currency: Extract<CustomerRating, { kind: 'rated' }>['currency'];
}

function chargeRows(customerId: string, use: ChargeUse, segments: readonly RatedSegment[]) {
  return chargeLines(segments).map(({ key, segment: index, line }, position) => {
    const segment = segments[index];
    if (segment === undefined) throw new RangeError(`line ${key} names segment ${index} of ${segments.length}`);
    return {
      customer_id: customerId,
      purpose: use.purpose,
      position,
      invoice_id: use.invoiceId,
      adjustment_id: null,
      contract_id: segment.contractId,
      segment_from: segment.from,
      segment_to: segment.to,
      line_key: key,
      label: line.label,
      project_id: line.project,
      currency: use.currency,
      quantity: line.quantity?.toString() ?? null,
      exact: line.exact.toString(),
      amount: line.amount.toString(),
      formula: line.formula.text,
      formula_digest: line.formula.digest,
      plan_version: segment.planVersion,
      parameters_digest: segment.parametersDigest,
      usage_digest: segment.usageDigest,
      inputs: canonicalJson(inputsJson(line)),
      details: canonicalJson(detailsJson(line)),
    };
  });
}
