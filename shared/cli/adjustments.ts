import { InvalidArgumentError } from 'commander';
import { readAdjustment } from '../billing/adjustment.ts';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import { applyAdjustment, type DecisionOutcome, decideAdjustment } from '../corrections/decide.ts';
import { issueCredit } from '../corrections/issue-credit.ts';
import {
  type AdjustmentStatus,
  adjustmentFind,
  adjustmentList,
  creditListOfAdjustment,
} from '../database/queries.generated.ts';
import { pacedStripe } from '../pace/paced-stripe.ts';
import { TRANSITIONS } from '../states/transitions.ts';
import { adjustmentText } from './adjustment-text.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  parsePeriodArgument,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import { money } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import { counted, plain, table } from './terminal/table.ts';

const STRIPE_TIMEOUT_MS = 20_000;

interface ListOptions {
  readonly period?: BillingPeriod;
  readonly customer?: string;
  readonly status?: AdjustmentStatus;
}

interface Acting {
  readonly as?: string;
}

const STATUSES = Object.keys(TRANSITIONS.adjustment).filter((status): status is AdjustmentStatus => status !== '');
const ADJUSTMENT = ['<adjustment>', 'the id, like 2026-10/nimbus-robotics/adjustment/1'] as const;
const WHY = ['--why <reason>', 'what was reviewed; kept in the audit log'] as const;

export function registerAdjustments(registration: Registration): void {
  const group = registration.program.command('adjustments').description('what corrects invoices after their issue');
  addCommand(group, 'list', 'adjustments, the latest period first')
    .option('--period <period>', 'only of this month, like 2026-10', parsePeriodArgument)
    .option('--customer <customer>', 'only of this customer, by id')
    .option('--status <status>', `only in this state: ${STATUSES.join(', ')}`, parseStatus)
    .action(runReading(registration, list));
  addCommand(group, 'show', 'one adjustment, line by line: what was billed, what is right, and where it stands')
    .argument(...ADJUSTMENT)
    .action(runReading<[string]>(registration, show));
  for (const [name, decision, description] of [
    ['approve', 'approved', 'approve a proposed adjustment, as someone who has not brought it about'],
    ['reject', 'rejected', 'leave the invoice as it is; the same figures are not proposed again'],
  ] as const) {
    addActingCommand(group, name, description)
      .argument(...ADJUSTMENT)
      .requiredOption(...WHY)
      .action(
        runActing(
          registration,
          ['approver', 'finance'],
          async (session: ActingSession, adjustmentId: string, { why }: Acting & { readonly why: string }) => {
            const wrong = reasonProblem(why);
            if (wrong !== undefined) return wrong;
            const outcome = await decideAdjustment(session, { adjustmentId, decision, approver: session.actor, why });
            return decided(session, outcome, adjustmentId);
          },
        ),
      );
  }
  addActingCommand(group, 'apply', 'look again where an approved adjustment goes, and give its credits back in Stripe')
    .argument(...ADJUSTMENT)
    .action(runActing(registration, ['operator', 'approver', 'finance'], apply));
}

function parseStatus(text: string): AdjustmentStatus {
  const status = STATUSES.find((known) => known === text);
  if (status === undefined) throw new InvalidArgumentError(`Write one of ${STATUSES.join(', ')}.`);
  return status;
}

/** A decision needs words. */
export function reasonProblem(why: string): CommandOutcome | undefined {
  return why.trim() === ''
    ? { kind: 'wrong_usage', message: 'Say in --why what was reviewed; it is kept in the audit log.' }
    : undefined;
}

async function decided(
  session: ActingSession,
  outcome: DecisionOutcome,
  adjustmentId: string,
): Promise<CommandOutcome> {
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const publication = await session.publish();
  const row = await session.database.first(adjustmentFind, { adjustment_id: adjustmentId });
  const status = row?.status ?? 'proposed';
  return {
    kind: 'done',
    value: { adjustment: adjustmentId, status, credits: outcome.credits, publication },
    text: (style) =>
      [
        `${adjustmentId} is ${statusPaint(status, style)}: ${whatFollows(status, outcome.credits)}`,
        ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
      ].join('\n'),
  };
}

function whatFollows(status: AdjustmentStatus, credits: readonly string[]): string {
  switch (status) {
    case 'approved':
      return 'the customer’s next invoice carries it';
    case 'placed':
      return `${counted(credits.length, 'credit')} on the way to Stripe`;
    case 'applied':
      return 'it stands';
    case 'rejected':
      return 'the invoice stays as it is';
    case 'proposed':
    case 'superseded':
      return 'nothing follows';
    default:
      return status satisfies never;
  }
}

async function apply(session: ActingSession, adjustmentId: string, _options: Acting): Promise<CommandOutcome> {
  const { database, effects, actor } = session;
  const outcome = await applyAdjustment(session, {
    adjustmentId,
    actor,
    why: `daybook adjustments apply ${adjustmentId}`,
  });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const credits = await database.rows(creditListOfAdjustment, { adjustment_id: adjustmentId });
  const open = credits.filter(({ status }) => status !== 'issued' && status !== 'cancelled');
  const failures: string[] = [];
  if (open.length > 0) {
    const stripe = pacedStripe(session, STRIPE_TIMEOUT_MS);
    for (const { credit_id: creditId } of open) {
      const issued = await issueCredit({ database, effects, stripe }, creditId, actor);
      if (issued.kind === 'failed') failures.push(`${creditId}: ${issued.reason}: ${issued.detail}`);
    }
  }
  const done = await decided(session, outcome, adjustmentId);
  if (failures.length === 0 || done.kind !== 'done') return done;
  return {
    kind: 'failed',
    value: { adjustment: adjustmentId, failures },
    text: (style) => failures.map((failure) => style.bad(plain(failure))).join('\n'),
  };
}

async function list({ database }: Session, { period, customer, status }: ListOptions): Promise<CommandOutcome> {
  const rows = await database.rows(adjustmentList, {
    period: period ?? null,
    customer_id: customer ?? null,
    status: status ?? null,
  });
  const adjustments = rows.map((row) => ({
    adjustment: row.adjustment_id,
    customer: row.customer_id,
    customerName: row.customer_name,
    period: row.period,
    status: row.status,
    currency: row.currency,
    billedMinor: row.billed,
    correctedMinor: row.corrected,
    totalMinor: row.total,
    total: money(row.total, row.currency),
    invoice: row.invoice_id,
    proposedAt: row.proposed_at,
  }));
  return {
    kind: 'done',
    value: { adjustments },
    text: (style) => {
      if (adjustments.length === 0) return 'No adjustments match: what was billed is right, as far as is known.';
      const columns = [
        { title: 'adjustment' },
        { title: 'customer' },
        { title: 'status' },
        { title: 'amount', align: 'right' },
        { title: 'on' },
      ] as const;
      const lines = adjustments.map((each) => [
        each.adjustment,
        plain(each.customerName),
        statusPaint(each.status, style),
        each.total,
        each.invoice ?? '',
      ]);
      const waiting = adjustments.filter((each) => each.status === 'proposed').length;
      const note =
        waiting === 0 ? '' : `\n${style.warning(`${waiting} wait for a decision: daybook adjustments approve ID`)}`;
      return `${table(columns, lines, style)}\n\n${counted(adjustments.length, 'adjustment')}${note}`;
    },
  };
}

async function show({ database }: Session, adjustmentId: string): Promise<CommandOutcome> {
  const row = await database.first(adjustmentFind, { adjustment_id: adjustmentId });
  if (!row) {
    const message = `There is no adjustment "${adjustmentId.slice(0, 200)}": daybook adjustments list shows those that there are.`;
    return refused('not_found', message);
  }
  const { lines, corrects } = readAdjustment(row.document);
  const credits = await database.rows(creditListOfAdjustment, { adjustment_id: adjustmentId });
  const shown = {
    adjustment: row.adjustment_id,
    customer: row.customer_id,
    customerName: row.customer_name,
    period: row.period,
    status: row.status,
    cause: row.cause,
    corrects,
    currency: row.currency,
    billedMinor: row.billed,
    correctedMinor: row.corrected,
    totalMinor: row.total,
    author: row.author,
    approver: row.approver,
    decidedAt: row.decided_at,
    invoice: row.invoice_id,
    inputsDigest: row.inputs_digest,
    rerating: `${row.run_id}#${row.rerating}`,
    lines: lines.map((line) => ({ ...line, amount: money(line.amount, row.currency), amountMinor: line.amount })),
    credits: credits.map((credit) => ({
      credit: credit.credit_id,
      kind: credit.kind,
      invoice: credit.invoice_id,
      amount: money(credit.amount, credit.currency),
      status: credit.status,
      stripe: credit.stripe_id,
      failure: credit.failure_detail,
    })),
  };
  return { kind: 'done', value: shown, text: (style) => adjustmentText(shown, style) };
}
