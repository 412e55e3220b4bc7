import { z } from 'zod';
import { periodDays } from '../../../shared/calendar/billing-period.ts';
import type { Reader } from '../../../shared/database/database.ts';
import {
  completenessCount,
  deadLetterCountWaiting,
  exceptionList,
  invoiceListOfRun,
  invoiceShow,
  outboxCountUnpublished,
  planVersionListDocuments,
  usageDailyCountDefault,
} from '../../../shared/database/queries.generated.ts';
import type { Stack } from '../stack/stack.ts';
import { CUSTOMERS } from '../telemetry/scenario.ts';
import { DEMO_PERIOD } from './period.ts';

/** An invoice as the summary shows it. */
export interface ShownInvoice {
  readonly invoiceId: string;
  readonly customer: string;
  readonly plan: string;
  readonly mode: string;
  readonly lines: number;
  readonly total: bigint;
  readonly currency: string;
  readonly status: string;
  readonly number: string;
}

/** Something that failed in the month and what became of it. */
export interface ShownException {
  readonly what: string;
  readonly reason: string;
  readonly detail: string;
  readonly attempts: number;
  readonly status: string;
  readonly openedAt: Date;
  readonly endedAt: Date | null;
}

/** What the month led to, read from the database. */
export interface Outcome {
  readonly invoices: readonly ShownInvoice[];
  readonly exceptions: readonly ShownException[];
  /** What is not as it should be after the month, in sentences; empty when all is well. */
  readonly faults: readonly string[];
}

const documentSchema = z.object({
  segments: z.array(z.object({ planVersion: z.string(), mode: z.string() })),
  lines: z.array(z.unknown()),
});
const planSchema = z.object({ title: z.string() });

/** Reads what the month led to. `runStatus` is where its run stands. */
export async function readOutcome(stack: Stack, runStatus: string): Promise<Outcome> {
  const { database } = stack.world;
  const invoices = await readInvoices(database);
  const exceptions = (await database.rows(exceptionList, { with_ended: true })).map((row) => ({
    what: row.subject,
    reason: row.reason,
    detail: row.detail,
    attempts: row.attempts,
    status: row.status,
    openedAt: row.opened_at,
    endedAt: row.ended_at,
  }));
  return { invoices, exceptions, faults: await findFaults(stack, runStatus, invoices, exceptions) };
}

async function readInvoices(reader: Reader): Promise<ShownInvoice[]> {
  const rows = await reader.rows(invoiceListOfRun, { run_id: DEMO_PERIOD });
  const read = [];
  for (const row of rows) {
    const shown = await reader.first(invoiceShow, { invoice_id: row.invoice_id });
    read.push({ row, document: documentSchema.parse(JSON.parse(shown?.document ?? '{}')) });
  }
  const versions = [
    ...new Set(read.flatMap(({ document }) => document.segments.map(({ planVersion }) => planVersion))),
  ];
  const documents = await reader.rows(planVersionListDocuments, { plan_versions: versions });
  const titles = new Map(
    documents.map((plan) => [plan.plan_version, planSchema.parse(JSON.parse(plan.document)).title]),
  );
  return read.map(({ row, document: { segments, lines } }) => ({
    invoiceId: row.invoice_id,
    customer: row.customer_name,
    plan: segments.map(({ planVersion }) => titles.get(planVersion) ?? planVersion).join(', then '),
    mode: [...new Set(segments.map(({ mode }) => mode))].join(', then '),
    lines: lines.length,
    total: row.total,
    currency: row.currency,
    status: row.status,
    number: row.stripe_number ?? '',
  }));
}

async function findFaults(
  { world: { database }, scheduler, stripe }: Stack,
  runStatus: string,
  invoices: readonly ShownInvoice[],
  exceptions: readonly ShownException[],
): Promise<string[]> {
  const days = periodDays(DEMO_PERIOD);
  const cells = await database.first(completenessCount, { from_day: days.from, to_day: days.to });
  const unpublished = await database.first(outboxCountUnpublished, {});
  const stray = await database.first(usageDailyCountDefault, {});
  const faults = [
    ...(await database.rows(deadLetterCountWaiting, {})).map(
      (row) => `${row.waiting} messages of ${row.subscription} were put aside and wait for a decision`,
    ),
    ...(await scheduler.failures()).map(
      ({ job, scheduledFor, status }) => `${job} of ${scheduledFor.toISOString()} answered ${status || 'nothing'}`,
    ),
    ...exceptions
      .filter(({ endedAt }) => endedAt === null)
      .map(({ what, status, reason }) => `${what} is ${status}: ${reason}`),
    ...invoices
      .filter(({ status }) => status !== 'finalized' && status !== 'paid')
      .map(({ invoiceId, status }) => `invoice ${invoiceId} is ${status}`),
  ];
  if (runStatus !== 'issued' && runStatus !== 'closed')
    faults.unshift(`the run of ${DEMO_PERIOD} is ${runStatus.replaceAll('_', ' ')} and not issued`);
  if (invoices.length !== CUSTOMERS.length)
    faults.push(`there are ${invoices.length} invoices for ${CUSTOMERS.length} customers`);
  const inStripe = stripe.invoices().filter(({ status }) => status === 'open' || status === 'paid').length;
  if (inStripe !== invoices.length) faults.push(`Stripe has ${inStripe} final invoices for our ${invoices.length}`);
  if (cells === undefined || cells.missing > 0)
    faults.push(`${cells?.missing ?? 'all'} region-days have no checkpoint`);
  if (unpublished !== undefined && unpublished.waiting > 0n)
    faults.push(`${unpublished.waiting} events wait in the outbox`);
  if (stray !== undefined && stray.rows > 0) faults.push(`${stray.rows} usage rows lie outside the managed months`);
  return faults;
}
