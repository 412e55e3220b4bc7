import type { OpenThing } from '../billing/close-run.ts';
import { type CustomerDifference, readDifferences } from '../billing/run-differences.ts';
import { type BillingPeriod, billingPeriod } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import {
  type BillingRunStatus,
  billingRunFind,
  billingRunListOpenThings,
  billingRunShowProgress,
  completenessCount,
  type InvoiceStatus,
  invoiceListOfRun,
  invoiceTotalByCurrency,
} from '../database/queries.generated.ts';

interface InvoiceOfRun {
  readonly invoice: string;
  readonly customer: string;
  readonly customerName: string;
  readonly status: InvoiceStatus;
  readonly currency: string;
  readonly totalMinor: bigint;
  readonly holdReason: string | null;
  readonly stripeInvoice: string | null;
  readonly stripeNumber: string | null;
  readonly failureDetail: string | null;
}

/** Where a period's run stands, with everything that a reviewer sees first. */
export interface RunState {
  readonly run: string;
  readonly period: BillingPeriod;
  readonly status: BillingRunStatus;
  /** Half-open days. */
  readonly from: string;
  readonly to: string;
  readonly graceUntil: Date;
  readonly fencingToken: number;
  readonly inputsDigest: string | null;
  /** The contract whose last days an off-cycle run bills; null for the month. */
  readonly contract: string | null;
  /** The digest of what a reviewer sees now, and the one that the sign-off names. */
  readonly reviewDigest: string;
  /** Its usage, contracts or required sources are others than those that it was rated on. */
  readonly hasChanged: boolean;
  readonly reviewedDigest: string | null;
  readonly author: string;
  readonly approver: string | null;
  /** The rule that signed it off without a person. */
  readonly approvalRule: string | null;
  readonly approvedAt: Date | null;
  readonly closedBy: string | null;
  readonly closedAt: Date | null;
  readonly leftOpen: readonly string[];
  readonly openedAt: Date;
  /** Cells that the period requires, and those that are neither complete nor waived. */
  readonly required: number;
  readonly missing: number;
  readonly pinnedCheckpoints: number;
  readonly shards: { readonly total: number; readonly rated: number; readonly failed: number };
  readonly totals: readonly {
    readonly currency: string;
    readonly invoices: number;
    readonly held: number;
    readonly totalMinor: bigint;
  }[];
  readonly invoices: readonly InvoiceOfRun[];
  /** Against the last period; empty until something is rated. */
  readonly differences: readonly CustomerDifference[];
  readonly open: readonly OpenThing[];
}

/** Reads a run; undefined when the period has none. */
export async function readRun(reader: Reader, runId: string): Promise<RunState | undefined> {
  const row = await reader.first(billingRunFind, { run_id: runId });
  if (!row) return undefined;
  const period = billingPeriod(row.period);
  const progress = await reader.first(billingRunShowProgress, { run_id: runId });
  const cells = await reader.first(completenessCount, { from_day: row.period_from, to_day: row.period_to });
  const invoices = await reader.rows(invoiceListOfRun, { run_id: runId });
  const totals = await reader.rows(invoiceTotalByCurrency, { run_id: runId });
  return {
    run: row.run_id,
    period,
    status: row.status,
    from: row.period_from,
    to: row.period_to,
    graceUntil: row.grace_until,
    fencingToken: row.fencing_token,
    inputsDigest: row.inputs_digest,
    contract: row.contract_id,
    reviewDigest: row.review_digest,
    hasChanged: row.has_changed,
    reviewedDigest: row.reviewed_digest,
    author: row.author,
    approver: row.approver,
    approvalRule: row.approval_rule,
    approvedAt: row.approved_at,
    closedBy: row.closed_by,
    closedAt: row.closed_at,
    leftOpen: row.left_open,
    openedAt: row.opened_at,
    required: cells?.required ?? 0,
    missing: cells?.missing ?? 0,
    pinnedCheckpoints: progress?.pinned_checkpoints ?? 0,
    shards: { total: progress?.shards ?? 0, rated: progress?.rated_shards ?? 0, failed: progress?.failed_shards ?? 0 },
    totals: totals.map((row) => ({
      currency: row.currency,
      invoices: row.invoices,
      held: row.held,
      totalMinor: row.total,
    })),
    invoices: invoices.map((invoice) => ({
      invoice: invoice.invoice_id,
      customer: invoice.customer_id,
      customerName: invoice.customer_name,
      status: invoice.status,
      currency: invoice.currency,
      totalMinor: invoice.total,
      holdReason: invoice.hold_reason,
      stripeInvoice: invoice.stripe_invoice_id,
      stripeNumber: invoice.stripe_number,
      failureDetail: invoice.failure_detail,
    })),
    differences: await readDifferences(reader, { runId, period, contractId: row.contract_id }),
    open: await reader.rows(billingRunListOpenThings, { run_id: runId }),
  };
}
