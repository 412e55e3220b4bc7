import type { BillingPeriod } from '../calendar/billing-period.ts';
import { stripeDifferenceList } from '../database/queries.generated.ts';
import { pacedStripe } from '../pace/paced-stripe.ts';
import { acceptDifference } from '../reconciliation/accept-difference.ts';
import type { DifferenceKind } from '../reconciliation/difference.ts';
import { followDifference } from '../reconciliation/follow-difference.ts';
import { nextStep } from '../reconciliation/next-step.ts';
import { reconcile } from '../reconciliation/reconcile.ts';
import {
  type ActingSession,
  addActingCommand,
  parsePeriodArgument,
  parseReasonArgument,
  type Registration,
  runActing,
} from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { instant } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { counted, plain, table } from './terminal/table.ts';

const STRIPE_TIMEOUT_MS = 30_000;

interface ReconcileOptions {
  readonly as?: string;
  readonly period?: BillingPeriod;
}

export function registerReconcile(registration: Registration): void {
  const group = addActingCommand(
    registration.program,
    'reconcile',
    'compare Stripe’s invoices of a month with ours, both ways; changes none',
  )
    .enablePositionalOptions()
    .option('--period <period>', 'the month, like 2026-10', parsePeriodArgument)
    .action(
      runActing<[ReconcileOptions]>(registration, ['operator', 'finance', 'approver'], (session, options) =>
        compare(session, options),
      ),
    );
  addActingCommand(group, 'accept', 'accept a difference as it is; it stays so until it is gone')
    .argument('<difference>', 'its number')
    .requiredOption('--why <reason>', 'why it is right as it is, for the log', parseReasonArgument)
    .action(
      runActing<[string, { readonly as?: string; readonly why: string }]>(
        registration,
        ['finance', 'approver'],
        (session, difference, { why }) => accept(session, difference, why),
      ),
    );
  addActingCommand(group, 'follow', 'let an invoice follow the status that Stripe has, as its lost webhook would have')
    .argument('<difference>', 'its number')
    .requiredOption('--why <reason>', 'why it is right to follow, for the log', parseReasonArgument)
    .action(
      runActing<[string, { readonly as?: string; readonly why: string }]>(
        registration,
        ['finance', 'approver'],
        (session, difference, { why }) => follow(session, difference, why),
      ),
    );
}

async function compare(session: ActingSession, { period }: ReconcileOptions): Promise<CommandOutcome> {
  if (period === undefined) return { kind: 'wrong_usage', message: 'Name the month: --period 2026-10.' };
  const { database, effects, actor } = session;
  const dependencies = { database, effects, stripe: pacedStripe(session, STRIPE_TIMEOUT_MS) };
  const outcome = await reconcile(dependencies, [period], actor);
  if (outcome.kind === 'unreadable')
    return refused(
      'unreadable',
      `Stripe could not be read to its end (${outcome.reason}), and half a list says nothing: nothing was kept. Run it again.`,
    );
  const rows = await database.rows(stripeDifferenceList, { period, with_resolved: false });
  const differences = rows.map((row) => ({
    difference: row.difference_id.toString(),
    kind: row.kind,
    next: nextStep(row.kind as DifferenceKind),
    status: row.status,
    invoice: row.invoice_id,
    stripeInvoice: row.stripe_invoice_id,
    place: row.place,
    here: row.local_value,
    inStripe: row.stripe_value,
    foundAt: row.found_at,
    acceptedBy: row.accepted_by,
    why: row.why,
  }));
  const [summary] = outcome.periods;
  const { invoices, copies } = outcome;
  return {
    kind: differences.some(({ status }) => status === 'open') ? 'failed' : 'done',
    value: { period, invoices, copies, resolved: summary?.resolved ?? 0, differences },
    text: (style) => {
      const head = `${style.bold(period)}: ${counted(invoices, 'invoice')} here, ${copies} in Stripe`;
      return differences.length === 0
        ? `${head}, ${style.good('equal')}`
        : `${head}\n\n${differencesTable(differences, style)}\n\n${nextSteps(differences, style)}`;
    },
  };
}

interface ShownDifference {
  readonly difference: string;
  readonly kind: string;
  readonly next: string;
  readonly status: string;
  readonly invoice: string | null;
  readonly stripeInvoice: string | null;
  readonly place: string | null;
  readonly here: string | null;
  readonly inStripe: string | null;
  readonly foundAt: Date;
}

function differencesTable(differences: readonly ShownDifference[], style: Style): string {
  const rows = differences.map((row) => [
    row.difference,
    row.kind,
    row.status === 'open' ? style.bad(row.status) : style.warning(row.status),
    plain(row.invoice ?? row.stripeInvoice ?? ''),
    plain(row.place ?? ''),
    plain(row.here ?? ''),
    plain(row.inStripe ?? ''),
    instant(row.foundAt),
  ]);
  const titles = ['number', 'kind', 'status', 'invoice', 'where', 'here', 'in Stripe', 'found'];
  return table(
    titles.map((title) => ({ title })),
    rows,
    style,
  );
}

/** What to do about each kind that is open, and how to leave one as it is. */
function nextSteps(differences: readonly ShownDifference[], style: Style): string {
  const open = differences.filter(({ status }) => status === 'open');
  const steps = new Map(open.map(({ kind, next }) => [kind, next]));
  return [
    ...[...steps].map(([kind, next]) => `${style.bold(kind)}: ${next}`),
    'one that is right as it is: daybook reconcile accept NUMBER --as person:… --why "…"',
  ].join('\n');
}

const NUMBER = /^[1-9]\d{0,17}$/;

async function follow(session: ActingSession, difference: string, why: string): Promise<CommandOutcome> {
  if (!NUMBER.test(difference)) return notANumber(difference);
  const { database, effects, actor } = session;
  const dependencies = { database, effects, stripe: pacedStripe(session, STRIPE_TIMEOUT_MS) };
  const outcome = await followDifference(dependencies, { differenceId: BigInt(difference), actor, why });
  if (outcome.kind !== 'followed') return refused(outcome.reason, outcome.detail);
  const { invoiceId, from, to } = outcome;
  return {
    kind: 'done',
    value: { difference, invoice: invoiceId, from, to },
    text: (style) => `Invoice ${style.bold(invoiceId)} was ${from} and is ${to}, as in Stripe.`,
  };
}

function notANumber(difference: string): CommandOutcome {
  return { kind: 'wrong_usage', message: `"${difference.slice(0, 40)}" is not the number of a difference.` };
}

async function accept(session: ActingSession, difference: string, why: string): Promise<CommandOutcome> {
  if (!NUMBER.test(difference)) return notANumber(difference);
  const outcome = await acceptDifference(session, { differenceId: BigInt(difference), actor: session.actor, why });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  return {
    kind: 'done',
    value: { difference, status: 'accepted' },
    text: (style) => `Difference ${style.bold(difference)} is accepted by ${session.actor}.`,
  };
}
