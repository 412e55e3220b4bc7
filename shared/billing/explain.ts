import { z } from 'zod';
import { billingPeriod, periodDays } from '../calendar/billing-period.ts';
import { digest } from '../canonical/canonical-json.ts';
import type { Reader } from '../database/database.ts';
import { completenessWaiverList, invoiceShow } from '../database/queries.generated.ts';
import { explainCarried, explainCorrecting } from './explain-adjustments.ts';
import { checkpointsOf, type PinnedCheckpoint } from './explain-checkpoints.ts';
import { chargesMatch, explainRetention, rateFromKept } from './explain-kept.ts';
import { exactAmounts, explainLines } from './explain-lines.ts';
import { explainShadow } from './explain-shadow.ts';
import type { InvoiceExplanation, LineExplanation, MetricExplanation, WaiverExplanation } from './explanation.ts';
import { invoiceDocument } from './invoice-document.ts';
import { type CustomerRating, rateCustomer } from './rate-customer.ts';
import { restOf } from './rest-of-invoice.ts';

export type ExplainOutcome =
  | { readonly kind: 'explained'; readonly explanation: InvoiceExplanation }
  | { readonly kind: 'refused'; readonly reason: 'unknown_invoice'; readonly detail: string };

const exclusionsSchema = z.object({
  exclusions: z.array(z.object({ metric: z.string(), rows: z.int(), quantity: z.string(), reason: z.string() })),
});

/**
 * Leads an invoice back to its sources: each line to its formula, the values in it, the rows behind each quantity, their
 * checkpoints and the queries that were sent. Everything that can be computed anew is, from the checkpoints that the run
 * rests on and the plan versions of the charges, and compared with what was billed.
 */
export async function explainInvoice(reader: Reader, invoiceId: string): Promise<ExplainOutcome> {
  const row = await reader.first(invoiceShow, { invoice_id: invoiceId });
  if (!row)
    return { kind: 'refused', reason: 'unknown_invoice', detail: `there is no invoice "${invoiceId.slice(0, 200)}"` };
  const rest = await restOf(reader, row);
  const anew = rest.gone === null ? rateCustomer(rest.inputs) : null;
  const lines = explainLines(rest, anew === null ? rateFromKept(rest) : exactAmounts(anew));
  const metrics = [...new Set(lines.flatMap((line) => metricsOf(line).map(({ name }) => name)))];
  const documentMatches =
    isUnrated(row.document) || (anew === null ? chargesMatch(rest) : documentAnew(row, anew) === row.document);
  const shadow = await explainShadow(reader, row, anew);
  const explanation: InvoiceExplanation = {
    invoice: row.invoice_id,
    customer: row.customer_id,
    customerName: row.customer_name,
    period: row.period,
    series: row.series,
    status: row.status,
    currency: row.currency,
    totalMinor: row.total.toString(),
    run: row.run_id,
    fencingToken: row.fencing_token,
    holdReason: row.hold_reason,
    documentDigest: row.document_digest,
    documentMatches: documentMatches && digest(row.document) === row.document_digest,
    lines,
    carried: await explainCarried(reader, invoiceId),
    correctedBy: await explainCorrecting(reader, invoiceId),
    exclusions: exclusionsSchema.parse(JSON.parse(row.document)).exclusions,
    checkpoints: checkpointsOf(rest.checkpoints.filter((checkpoint) => metrics.includes(checkpoint.metric))),
    waivers: await waiversOf(reader, row.period, metrics, rest.checkpoints),
    shadow,
    retention: rest.gone === null ? null : explainRetention(rest, rest.gone),
    matches: true,
  };
  return {
    kind: 'explained',
    explanation: {
      ...explanation,
      matches:
        explanation.documentMatches &&
        lines.every(lineMatches) &&
        (explanation.retention?.matches ?? true) &&
        // What was rated beside the bill keeps no quantities: without the rows nothing can be compared.
        (shadow === null || anew === null || shadow.lines.every(({ exact }) => exact.matches)),
    },
  };
}

const heldSchema = z.object({ held: z.unknown().optional() });

/** A customer who could not be rated has nothing to compute: why stands in the document, and a replay computes it anew. */
function isUnrated(document: string): boolean {
  return heldSchema.parse(JSON.parse(document)).held !== undefined;
}

/** The invoice's document, rated anew. */
function documentAnew(
  row: { readonly invoice_id: string; readonly customer_id: string; readonly period: string; readonly series: string },
  anew: CustomerRating,
): string {
  const identity = { invoiceId: row.invoice_id, customerId: row.customer_id, period: row.period, series: row.series };
  return invoiceDocument(identity, anew);
}

/** The waived days that the run had no figure for. Where a checkpoint came before it was pinned, that one counts. */
async function waiversOf(
  reader: Reader,
  period: string,
  metrics: readonly string[],
  pinned: readonly PinnedCheckpoint[],
): Promise<WaiverExplanation[]> {
  const days = periodDays(billingPeriod(period));
  const rows = await reader.rows(completenessWaiverList, { from_day: days.from, to_day: days.to });
  const counted = new Set(pinned.map(({ region, source_id, day }) => `${region}/${source_id}/${day}`));
  return rows
    .filter((row) => metrics.includes(row.metric) && !counted.has(`${row.region}/${row.source_id}/${row.day}`))
    .map(({ region, source_id: source, metric, day, author, approver, why }) => ({
      region,
      source,
      metric,
      day,
      author,
      approver,
      why,
    }));
}

function metricsOf(line: LineExplanation): MetricExplanation[] {
  return line.values.filter((value) => value.kind === 'metric');
}

function lineMatches(line: LineExplanation): boolean {
  return line.exact.matches && line.rounding.matches && metricsOf(line).every(({ value }) => value.matches);
}
