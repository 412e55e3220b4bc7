import { z } from 'zod';
import { billingPeriod, periodDays } from '../calendar/billing-period.ts';
import { type UtcDay, utcDay } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import {
  adjustmentListOnInvoice,
  type BillingMode,
  chargeListOfInvoice,
  checkpointListOfInvoice,
  contractListNamed,
  invoiceCorrectedTermsList,
  metricList,
  planVersionListDocuments,
  type Rollup,
  runMetricListOfInvoice,
  usageDailyListOfInvoice,
} from '../database/queries.generated.ts';
import { Exact } from '../exact/exact.ts';
import type { UsageQuantity } from '../rating/roll-up.ts';
import { type KeptMonth, readKeptMonth } from '../retention/kept.ts';
import { readAdjustment } from './adjustment.ts';
import type { PinnedCheckpoint } from './explain-checkpoints.ts';
import type { ContractTerms, CustomerInputs } from './rate-customer.ts';

/** A line of the invoice's own period, as it was kept when it was rated. */
export interface KeptCharge {
  readonly contract_id: string;
  readonly segment_from: string;
  readonly segment_to: string;
  readonly line_key: string;
  readonly label: string;
  readonly project_id: string | null;
  readonly currency: string;
  readonly quantity: string | null;
  readonly exact: string;
  readonly amount: bigint;
  readonly formula: string;
  readonly formula_digest: string;
  readonly plan_version: string;
  readonly parameters_digest: string;
  readonly usage_digest: string;
  readonly inputs: string;
  readonly details: string;
}

interface KeptContract {
  readonly contract_id: string;
  readonly mode: BillingMode;
  readonly usage_plan_version: string | null;
  readonly overrides: string;
}

/** A usage row with the checkpoint that it stands in. */
export interface PinnedUsage extends UsageQuantity {
  readonly checkpointId: bigint;
}

export interface MeasuredMetric {
  readonly title: string;
  readonly unit: string;
  readonly rollup: Rollup;
  readonly divisor: Exact;
}

/** Everything that an invoice rests on, as the run pinned it. */
export interface RestingInvoice {
  readonly charges: readonly KeptCharge[];
  readonly contracts: ReadonlyMap<string, KeptContract>;
  readonly metrics: ReadonlyMap<string, MeasuredMetric>;
  readonly checkpoints: readonly PinnedCheckpoint[];
  readonly usage: readonly PinnedUsage[];
  readonly segments: readonly KeptSegment[];
  /** What the document says of each line. */
  readonly documentLines: ReadonlyMap<string, KeptLine>;
  /** Set when retention has taken the rows: `usage` is empty then. */
  readonly gone: KeptMonth | null;
  /** The same in the form that rating takes. */
  readonly inputs: CustomerInputs;
}

/** As much of an invoice's document as says what was rated. */
const documentSchema = z.object({
  segments: z.array(
    z.object({
      contract: z.string(),
      mode: z.enum(['legacy', 'shadow', 'usage']),
      planVersion: z.string(),
      from: z.string(),
      to: z.string(),
      activeDays: z.int(),
      periodDays: z.int(),
    }),
  ),
  billedOffCycle: z.array(z.object({ from: z.string(), to: z.string() })).default([]),
  lines: z.array(
    z.object({ key: z.string(), exact: z.string(), amount: z.string(), inputs: z.record(z.string(), z.string()) }),
  ),
});

type KeptSegment = z.output<typeof documentSchema>['segments'][number];
type KeptLine = z.output<typeof documentSchema>['lines'][number];

/** Reads what an invoice rests on. Plan versions and days are those of its document, whatever the contracts say by now. */
export async function restOf(
  reader: Reader,
  invoice: { readonly invoice_id: string; readonly period: string; readonly document: string },
): Promise<RestingInvoice> {
  const key = { invoice_id: invoice.invoice_id };
  const period = billingPeriod(invoice.period);
  const days = periodDays(period);
  const { segments, billedOffCycle, lines } = documentSchema.parse(JSON.parse(invoice.document));
  const charges = (await reader.rows(chargeListOfInvoice, key)).filter(({ purpose }) => purpose === 'billed');
  const adjustments = await reader.rows(adjustmentListOnInvoice, key);
  const contractRows = await reader.rows(contractListNamed, { contract_ids: segments.map(({ contract }) => contract) });
  const metricRows = await reader.rows(metricList, {});
  const pinnedDivisors = new Map(
    (await reader.rows(runMetricListOfInvoice, key)).map(({ metric, divisor }) => [metric, divisor]),
  );
  const checkpoints = await reader.rows(checkpointListOfInvoice, {
    ...key,
    metrics: metricRows.map(({ metric }) => metric),
  });
  const usageRows = await reader.rows(usageDailyListOfInvoice, { ...key, from_day: days.from, to_day: days.to });
  const versions = [
    ...segments.map(({ planVersion }) => planVersion),
    ...contractRows.flatMap((row) => row.usage_plan_version ?? []),
  ];
  const documents = await reader.rows(planVersionListDocuments, { plan_versions: [...new Set(versions)] });

  const corrected = new Map(
    (await reader.rows(invoiceCorrectedTermsList, { invoice_ids: [invoice.invoice_id] })).map((row) => [
      row.contract_id,
      row,
    ]),
  );
  const contracts = new Map(
    contractRows.map((row) => [row.contract_id, withTerms(row, corrected.get(row.contract_id))]),
  );
  const metrics = new Map(
    metricRows.map((row) => [
      row.metric,
      { ...row, divisor: Exact.parse(pinnedDivisors.get(row.metric) ?? row.divisor) },
    ]),
  );
  const usage = usageRows.map((row) => ({
    checkpointId: row.checkpoint_id,
    project: row.project_id,
    region: row.region,
    metric: row.metric,
    day: row.day as UtcDay,
    quantity: Exact.parse(row.quantity),
  }));
  const inputs: CustomerInputs = {
    period,
    contracts: segments.map((segment) => termsOf(segment, contracts.get(segment.contract))),
    planDocuments: new Map(documents.map((row) => [row.plan_version, row.document])),
    divisors: new Map([...metrics].map(([metric, { divisor }]) => [metric, divisor])),
    usage,
    billedOffCycle: billedOffCycle.map(({ from, to }) => ({ from: utcDay(from), to: utcDay(to) })),
    adjustments: adjustments.map((row) => readAdjustment(row.document)),
  };
  const gone = (await readKeptMonth(reader, period)) ?? null;
  const kept = { segments, documentLines: new Map(lines.map((line) => [line.key, line])), gone };
  return { charges, contracts, metrics, checkpoints, usage, inputs, ...kept };
}

/** A contract with the corrected terms that its invoice was rated by. */
function withTerms<Row extends KeptContract>(
  row: Row,
  correction: { readonly usage_plan_version: string | null; readonly overrides: string } | undefined,
): Row {
  if (correction === undefined) return row;
  const usage = correction.usage_plan_version ?? row.usage_plan_version;
  return { ...row, usage_plan_version: usage, overrides: correction.overrides };
}

/** A contract as it was in force when its segment was rated. */
function termsOf(segment: KeptSegment, contract: KeptContract | undefined): ContractTerms {
  const billsUsage = segment.mode === 'usage';
  return {
    contractId: segment.contract,
    mode: segment.mode,
    legacyPlanVersion: billsUsage ? null : segment.planVersion,
    usagePlanVersion: billsUsage ? segment.planVersion : (contract?.usage_plan_version ?? null),
    overrides: contract?.overrides ?? '{}',
    from: utcDay(segment.from),
    to: utcDay(segment.to),
  };
}
