import { canonicalJson, digest } from '../canonical/canonical-json.ts';
import type { Reader, Transaction } from '../database/database.ts';
import {
  adjustmentApply,
  adjustmentListDue,
  adjustmentPlace,
  creditCountOfAdjustment,
  creditInsert,
  creditListPlannedOfCarrier,
  invoiceListCreditable,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { currency, type MinorUnits, minorUnits, minorUnitsToExact } from '../exact/currency.ts';
import { resolveExceptions } from '../exceptions/exceptions.ts';
import {
  type AdjustmentLine,
  type CarriedAdjustment,
  carriedLines,
  type DueAdjustment,
  readAdjustment,
} from './adjustment.ts';

/** The adjustments that the next invoices of some customers carry, by customer; locked until the transaction ends. */
export async function dueAdjustments(
  reader: Reader,
  customers: readonly string[],
  period: string,
): Promise<ReadonlyMap<string, readonly DueAdjustment[]>> {
  const rows = await reader.rows(adjustmentListDue, { customers, period });
  const byCustomer = Map.groupBy(rows, (row) => row.customer_id);
  return new Map([...byCustomer].map(([customer, own]) => [customer, own.map((row) => readAdjustment(row.document))]));
}

/** An invoice that carries adjustments. */
export interface Carrier {
  readonly invoiceId: string;
  readonly customerId: string;
  readonly adjustments: readonly CarriedAdjustment[];
}

/**
 * Says of the carried adjustments that they stand on their invoices, and plans what is given back as credits. To be
 * called once after the invoices and charges of a shard were written, in their transaction.
 */
export async function placeAdjustments(
  transaction: Transaction,
  effects: Effects,
  carriers: readonly Carrier[],
): Promise<void> {
  const placed = carriers.flatMap(({ invoiceId, adjustments }) =>
    adjustments.map(({ adjustmentId }) => ({ adjustmentId, invoiceId })),
  );
  if (placed.length === 0) return;
  for (const { invoiceId, customerId, adjustments } of carriers) {
    for (const adjustment of adjustments.filter(({ credited }) => credited > 0n))
      await planCredits(transaction, effects, {
        ...adjustment,
        customerId,
        amount: adjustment.credited,
        carrier: invoiceId,
      });
  }
  const done = await transaction.rows(adjustmentPlace, {
    adjustment_ids: placed.map(({ adjustmentId }) => adjustmentId),
    invoice_ids: placed.map(({ invoiceId }) => invoiceId),
  });
  if (done.length !== placed.length) {
    throw new Error(`${placed.length - done.length} adjustments were no longer due while their invoices were rated`);
  }
  // One that had no invoice to go to waits for nobody any more.
  const carried = done.map((row) => row.adjustment_id);
  await resolveExceptions(transaction, effects, ['adjustment_undecided'], carried, 'an invoice carries it');
}

/**
 * Ends the adjustments that an invoice carries, once it is final in Stripe, and lets go what of them was planned as
 * credits: those adjustments end with the last of their credits.
 */
export async function applyCarried(transaction: Transaction, effects: Effects, invoiceId: string): Promise<void> {
  await transaction.rows(adjustmentApply, { adjustment_id: null, invoice_id: invoiceId });
  const credits = await transaction.rows(creditListPlannedOfCarrier, { invoice_id: invoiceId });
  await recordEvents(
    transaction,
    effects,
    credits.map((row) => ({ type: 'credit.approved' as const, data: { creditId: row.credit_id } })),
  );
}

/** An amount that is given back in Stripe. `carrier` is the invoice that would have been negative; null when all of it is. */
export interface GivenBack {
  readonly adjustmentId: string;
  readonly customerId: string;
  readonly period: string;
  readonly currency: string;
  /** Positive. */
  readonly amount: MinorUnits;
  readonly carrier: string | null;
}

/**
 * Plans the credits for an amount: credit notes on the invoices of the corrected period, then on those that carried its
 * earlier adjustments, each within what is left of its total; what none can bear goes to the customer's balance.
 * Returns the credits' ids in their order. The database holds each invoice's bound under its lock.
 */
export async function planCredits(
  transaction: Transaction,
  effects: Effects,
  given: GivenBack,
): Promise<readonly string[]> {
  const { adjustmentId, customerId, period, amount, carrier } = given;
  const where = { customer_id: customerId, period, currency: given.currency };
  const targets = await transaction.rows(invoiceListCreditable, where);
  const earlier = await transaction.rows(creditCountOfAdjustment, { adjustment_ids: [adjustmentId] });
  const shares = creditShares(
    amount,
    targets.map((row) => ({ invoiceId: row.invoice_id, left: row.left })),
  );
  const credits = shares.map(({ invoiceId, share }, index) => ({
    credit_id: `${adjustmentId}/credit/${(earlier[0]?.made ?? 0) + index + 1}`,
    adjustment_id: adjustmentId,
    kind: invoiceId === null ? 'balance' : 'credit_note',
    customer_id: customerId,
    invoice_id: invoiceId,
    carrier_invoice_id: carrier,
    currency: given.currency,
    amount: share.toString(),
  }));
  await transaction.rows(creditInsert, { credits: canonicalJson(credits), planned_at: effects.now() });
  return credits.map(({ credit_id }) => credit_id);
}

/** Splits a positive amount over invoices in their order, each within what is left of it; `null` takes the rest. Pure. */
export function creditShares(
  amount: MinorUnits,
  targets: readonly { readonly invoiceId: string; readonly left: bigint }[],
): readonly { readonly invoiceId: string | null; readonly share: MinorUnits }[] {
  let open: bigint = amount;
  const shares: { readonly invoiceId: string | null; readonly share: MinorUnits }[] = [];
  for (const { invoiceId, left } of targets) {
    const share = left < open ? left : open;
    if (share <= 0n) continue;
    shares.push({ invoiceId, share: minorUnits(share) });
    open -= share;
  }
  return open > 0n ? [...shares, { invoiceId: null, share: minorUnits(open) }] : shares;
}

/** Stands for a formula on the line that takes a credit out of an invoice. */
const CREDITED = 'given back as a credit';

/** The charges of carried adjustments; they come after the invoice's own `positions` lines. */
export function adjustmentChargeRows(carrier: Carrier, positions: number) {
  const { invoiceId, customerId, adjustments } = carrier;
  return adjustments
    .flatMap((adjustment) => carriedLines(adjustment).map((carried) => ({ adjustment, carried })))
    .map(({ adjustment, carried }, index) => {
      // What was taken out as a credit belongs to the first line that it reduces.
      const cited = carried.line ?? firstLineOf(adjustment);
      return {
        customer_id: customerId,
        purpose: 'adjustment',
        position: positions + index,
        invoice_id: invoiceId,
        adjustment_id: adjustment.adjustmentId,
        contract_id: cited.contract,
        segment_from: cited.segmentFrom,
        segment_to: cited.segmentTo,
        line_key: carried.key,
        label: carried.label,
        project_id: cited.project,
        currency: adjustment.currency,
        quantity: null,
        exact:
          carried.line === null
            ? minorUnitsToExact(carried.amount, currency(adjustment.currency)).toString()
            : cited.exact,
        amount: carried.amount.toString(),
        formula: carried.line === null ? CREDITED : cited.formula.text,
        formula_digest: carried.line === null ? digest(CREDITED) : cited.formula.digest,
        plan_version: cited.planVersion,
        parameters_digest: cited.parametersDigest,
        usage_digest: cited.usageDigest,
        inputs: canonicalJson(
          carried.line === null ? {} : { billed: cited.billed.exact, corrected: cited.corrected.exact },
        ),
        details: '[]',
      };
    });
}

function firstLineOf({ adjustmentId, lines }: CarriedAdjustment): AdjustmentLine {
  const [first] = lines;
  if (first === undefined) throw new RangeError(`adjustment ${adjustmentId} has no line`);
  return first;
}
