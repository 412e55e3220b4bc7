import { type IssueOutcome, issueInvoice } from '../billing/issue-invoice.ts';
import type { InvoiceStatus } from '../database/queries.generated.ts';
import { pacedStripe } from '../pace/paced-stripe.ts';
import type { ActingSession } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { RunName } from './run-argument.ts';
import { readRun } from './run-state.ts';
import type { Style } from './terminal/style.ts';
import { counted, plain, table } from './terminal/table.ts';

const STRIPE_TIMEOUT_MS = 20_000;

/** What still has a way to go to Stripe. */
const UNISSUED: ReadonlySet<InvoiceStatus> = new Set(['approved', 'drafted', 'verified', 'stripe_failed']);

interface Issued {
  readonly invoice: string;
  readonly outcome: IssueOutcome;
}

/** Issues what a signed-off run has released and not issued yet, one invoice after the other; one that fails does not stop the next. */
export async function issueRun(session: ActingSession, { runId }: RunName): Promise<CommandOutcome> {
  const { database, effects, actor } = session;
  const run = await readRun(database, runId);
  if (run === undefined)
    return refused('no_run', `There is no run of ${runId}: see daybook status for those that there are.`);
  if (run.approvedAt === null) {
    return refused(
      'not_signed_off',
      `Run ${runId} is ${run.status} and not signed off: daybook run approve ${runId} comes first.`,
    );
  }
  const stripe = pacedStripe(session, STRIPE_TIMEOUT_MS);
  const issued: Issued[] = [];
  for (const { invoice } of run.invoices.filter(({ status }) => UNISSUED.has(status))) {
    issued.push({ invoice, outcome: await issueInvoice({ database, effects, stripe }, invoice, actor) });
  }
  const publication = await session.publish();
  const failed = issued.filter(({ outcome }) => outcome.kind !== 'issued' && outcome.kind !== 'already_issued');
  const held = run.invoices.filter(({ status }) => status === 'held').length;
  return {
    kind: failed.length > 0 ? 'failed' : 'done',
    value: {
      run: runId,
      invoices: issued.map(({ invoice, outcome: { kind, ...rest } }) => ({ invoice, outcome: kind, ...rest })),
      held,
      publication,
    },
    text: (style) => {
      const summary =
        issued.length === 0
          ? 'nothing was left to issue'
          : `${counted(issued.length - failed.length, 'invoice')} issued, ${failed.length} failed`;
      const waiting = publication.kind === 'waiting' ? [style.warning(publication.message)] : [];
      const stay = held === 0 ? [] : [style.warning(`${counted(held, 'invoice')} held: see daybook run show ${runId}`)];
      return [
        `${style.bold(`Run ${runId}`)}: ${summary}`,
        ...(issued.length === 0 ? [] : [issuedTable(issued, style)]),
        ...stay,
        ...waiting,
      ].join('\n');
    },
  };
}

function issuedTable(issued: readonly Issued[], style: Style): string {
  const rows = issued.map(({ invoice, outcome }) => [invoice, ...outcomeCells(outcome, style)]);
  return table([{ title: 'invoice' }, { title: 'outcome' }, { title: 'in Stripe' }], rows, style);
}

function outcomeCells(outcome: IssueOutcome, style: Style): readonly [string, string] {
  switch (outcome.kind) {
    case 'issued':
      return [style.good('issued'), outcome.stripeInvoiceId];
    case 'already_issued':
      return ['issued before', ''];
    case 'failed':
      return [style.bad(`failed: ${outcome.reason}`), plain(outcome.detail)];
    case 'held':
      return [style.warning(`held: ${outcome.reason}`), plain(outcome.detail)];
    case 'being_voided':
      return ['is being voided', ''];
    case 'overtaken':
    case 'not_approved':
      return [style.warning(`is ${outcome.status} by now`), ''];
    case 'unknown_invoice':
      return [style.bad('is gone'), ''];
    default:
      return outcome satisfies never;
  }
}
