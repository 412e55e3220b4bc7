import { InvalidArgumentError } from 'commander';
import { explainInvoice } from '../billing/explain.ts';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import {
  chargeListOfInvoice,
  type InvoiceStatus,
  invoiceListFiltered,
  invoiceShow,
} from '../database/queries.generated.ts';
import { nextStates, TRANSITIONS } from '../states/transitions.ts';
import {
  addActingCommand,
  addCommand,
  parsePeriodArgument,
  parseReasonArgument,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { explanationText } from './explanation-text.ts';
import { registerInvoiceDecisions } from './invoice-decisions.ts';
import { registerExport } from './invoice-export.ts';
import { type ReissueOptions, reissueCommand } from './invoice-reissue.ts';
import { registerReplay, unknownInvoice } from './invoice-replay.ts';
import { type VoidOptions, voidCommand } from './invoice-void.ts';
import type { CommandOutcome } from './outcome.ts';
import type { Session } from './session.ts';
import { figure, instant, money, shortDigest } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { counted, pairs, plain, table } from './terminal/table.ts';

interface ListOptions {
  readonly period?: BillingPeriod;
  readonly customer?: string;
  readonly status?: InvoiceStatus;
}

const STATUSES = Object.keys(TRANSITIONS.invoice).filter((status): status is InvoiceStatus => status !== '');
const INVOICE = ['<invoice>', 'the id, like 2026-10/nimbus-robotics/usage'] as const;

export function registerInvoice(registration: Registration): void {
  const group = registration.program.command('invoice').description('what was billed, and from what');
  addCommand(group, 'list', 'invoices, the latest period first')
    .option('--period <period>', 'only this month, like 2026-10', parsePeriodArgument)
    .option('--customer <customer>', 'only of this customer, by id')
    .option('--status <status>', `only in this state: ${STATUSES.join(', ')}`, parseStatus)
    .action(runReading(registration, list));
  addCommand(group, 'show', 'one invoice with its lines')
    .argument(...INVOICE)
    .action(runReading<[string]>(registration, show));
  addCommand(
    group,
    'explain',
    'lead every line back to formula, parameters, usage rows, checkpoints and queries, computing it anew',
  )
    .argument(...INVOICE)
    .option('--full', 'every row, checkpoint and query; without it long lists are folded')
    .action(runReading<[string, { readonly full?: boolean }]>(registration, explain));
  registerInvoiceDecisions(registration, group, INVOICE);
  registerReplay(group, registration);
  registerExport(group, registration);
  addActingCommand(group, 'void', 'ask for a void; somebody else carries it out, in Stripe and here, with --approve')
    .argument(...INVOICE)
    .requiredOption('--why <reason>', 'the reason, for the log', parseReasonArgument)
    .option('--approve', 'approve what somebody else asked for')
    .option('--withdraw', 'take back what was asked for')
    .action(runActing<[string, VoidOptions]>(registration, ['operator', 'approver', 'finance'], voidCommand));
  addActingCommand(group, 'reissue', 'bill what a voided invoice was for anew; somebody else approves the new one')
    .argument(...INVOICE)
    .requiredOption('--why <reason>', 'the reason, for the log', parseReasonArgument)
    .action(runActing<[string, ReissueOptions]>(registration, ['operator', 'approver', 'finance'], reissueCommand));
}

function parseStatus(text: string): InvoiceStatus {
  const status = STATUSES.find((known) => known === text);
  if (status === undefined) throw new InvalidArgumentError(`Write one of ${STATUSES.join(', ')}.`);
  return status;
}

async function list({ database }: Session, { period, customer, status }: ListOptions): Promise<CommandOutcome> {
  const rows = await database.rows(invoiceListFiltered, {
    period: period ?? null,
    customer_id: customer ?? null,
    status: status ?? null,
  });
  const invoices = rows.map((row) => ({
    invoice: row.invoice_id,
    customer: row.customer_id,
    customerName: row.customer_name,
    period: row.period,
    series: row.series,
    status: row.status,
    currency: row.currency,
    totalMinor: row.total,
    total: money(row.total, row.currency),
    holdReason: row.hold_reason,
    stripeInvoice: row.stripe_invoice_id,
    stripeNumber: row.stripe_number,
    failureDetail: row.failure_detail,
  }));
  return { kind: 'done', value: { invoices }, text: (style) => listText(invoices, style) };
}

interface ListedInvoice {
  readonly invoice: string;
  readonly customerName: string;
  readonly status: InvoiceStatus;
  readonly total: string;
  readonly currency: string;
  readonly totalMinor: bigint;
  readonly holdReason: string | null;
  readonly stripeNumber: string | null;
  readonly failureDetail: string | null;
}

function listText(invoices: readonly ListedInvoice[], style: Style): string {
  if (invoices.length === 0) return 'No invoices match.';
  const rows = invoices.map(({ invoice, customerName, status, total, holdReason, failureDetail, stripeNumber }) => {
    return [
      invoice,
      plain(customerName),
      statusPaint(status, style),
      total,
      plain(holdReason ?? failureDetail ?? stripeNumber ?? ''),
    ];
  });
  const sums = [...Map.groupBy(invoices, ({ currency }) => currency)].map(([currency, group]) =>
    money(
      group.reduce((sum, { totalMinor }) => sum + totalMinor, 0n),
      currency,
    ),
  );
  const listed = table(
    [
      { title: 'invoice' },
      { title: 'customer' },
      { title: 'status' },
      { title: 'total', align: 'right' },
      { title: 'note' },
    ],
    rows,
    style,
  );
  return `${listed}\n\n${counted(invoices.length, 'invoice')}, ${style.bold(sums.join(' and '))}`;
}

async function show({ database }: Session, invoiceId: string): Promise<CommandOutcome> {
  const row = await database.first(invoiceShow, { invoice_id: invoiceId });
  if (!row) return unknownInvoice(invoiceId);
  const charges = await database.rows(chargeListOfInvoice, { invoice_id: invoiceId });
  const lines = charges.map((charge) => ({
    key: charge.line_key,
    adjustment: charge.adjustment_id,
    label: charge.label,
    project: charge.project_id,
    from: charge.segment_from,
    to: charge.segment_to,
    quantity: charge.quantity,
    formula: charge.formula,
    exact: charge.exact,
    amountMinor: charge.amount,
    amount: money(charge.amount, charge.currency),
  }));
  const invoice = {
    invoice: row.invoice_id,
    customer: row.customer_id,
    customerName: row.customer_name,
    run: row.run_id,
    period: row.period,
    series: row.series,
    status: row.status,
    currency: row.currency,
    subtotalMinor: row.subtotal,
    totalMinor: row.total,
    total: money(row.total, row.currency),
    documentDigest: row.document_digest,
    holdReason: row.hold_reason,
    stripeInvoice: row.stripe_invoice_id,
    stripeNumber: row.stripe_number,
    failureDetail: row.failure_detail,
    ratedAt: row.rated_at,
    inPlaceOf: row.in_place_of,
    reissuedAs: row.reissued_as,
    next: nextStates('invoice', row.status),
  };
  return { kind: 'done', value: { ...invoice, lines }, text: (style) => invoiceText(invoice, lines, style) };
}

interface ShownInvoice {
  readonly invoice: string;
  readonly customer: string;
  readonly customerName: string;
  readonly period: string;
  readonly run: string;
  readonly status: InvoiceStatus;
  readonly total: string;
  readonly documentDigest: string;
  readonly holdReason: string | null;
  readonly stripeInvoice: string | null;
  readonly stripeNumber: string | null;
  readonly failureDetail: string | null;
  readonly ratedAt: Date;
  /** The voided invoice that it stands for, and the one that came in its own place. */
  readonly inPlaceOf: string | null;
  readonly reissuedAs: string | null;
}

interface ShownLine {
  readonly key: string;
  readonly label: string;
  readonly project: string | null;
  readonly quantity: string | null;
  readonly amount: string;
}

function invoiceText(invoice: ShownInvoice, lines: readonly ShownLine[], style: Style): string {
  const facts: [string, string][] = [
    ['customer', `${plain(invoice.customerName)} (${invoice.customer})`],
    ['period', `${invoice.period}, run ${invoice.run}`],
    ['status', statusPaint(invoice.status, style)],
    ['rated', `${instant(invoice.ratedAt)}, document ${shortDigest(invoice.documentDigest)}`],
  ];
  if (invoice.stripeInvoice !== null)
    facts.push([
      'Stripe',
      `${invoice.stripeInvoice}${invoice.stripeNumber === null ? '' : `, number ${invoice.stripeNumber}`}`,
    ]);
  if (invoice.inPlaceOf !== null) facts.push(['in place of', `${invoice.inPlaceOf}, which is void`]);
  if (invoice.reissuedAs !== null) facts.push(['billed anew as', invoice.reissuedAs]);
  if (invoice.holdReason !== null) facts.push(['held', style.warning(plain(invoice.holdReason))]);
  if (invoice.failureDetail !== null) facts.push(['failed', style.bad(plain(invoice.failureDetail))]);
  const rows = lines.map(({ key, label, project, quantity, amount }) => {
    return [
      key,
      project === null ? label : `${label}, project ${plain(project)}`,
      quantity === null ? '' : figure(quantity),
      amount,
    ];
  });
  const columns = [
    { title: 'line' },
    { title: 'for' },
    { title: 'quantity', align: 'right' },
    { title: 'amount', align: 'right' },
  ] as const;
  const listed =
    rows.length === 0
      ? 'It has no lines.'
      : table(columns, [...rows, ['', '', '', ''], ['total', '', '', invoice.total]], style);
  return `${style.bold(`Invoice ${invoice.invoice}`)}\n${pairs(facts, style)}\n\n${listed}\n\n${style.dim(`every line from its sources: daybook invoice explain ${invoice.invoice}`)}`;
}

async function explain(
  { database }: Session,
  invoiceId: string,
  { full }: { readonly full?: boolean },
): Promise<CommandOutcome> {
  const outcome = await explainInvoice(database, invoiceId);
  if (outcome.kind === 'refused') return unknownInvoice(invoiceId);
  const { explanation } = outcome;
  return {
    kind: explanation.matches ? 'done' : 'failed',
    value: explanation,
    text: (style) => explanationText(explanation, { full: full === true }, style),
  };
}
