import { approveRun } from '../billing/sign-off.ts';
import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import { daysBetween } from '../calendar/utc-day.ts';
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
import { issueRun } from './run-issue.ts';
import { rateRun } from './run-rate.ts';
import { type RunState, readRun } from './run-state.ts';
import type { Session } from './session.ts';
import { instant, money, shortDigest } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { counted, pairs, plain, table } from './terminal/table.ts';

interface ActingOptions {
  readonly as?: string;
}

const PERIOD = ['<period>', 'the month, like 2026-10', parsePeriodArgument] as const;

export function registerRun(registration: Registration): void {
  const group = registration.program
    .command('run')
    .description('close a period: rate it, review it, sign it off, issue it');
  addCommand(group, 'show', 'where the run of a period stands, its totals and its invoices')
    .argument(...PERIOD)
    .action(runReading(registration, (session, period: BillingPeriod) => showRun(session, period)));
  addActingCommand(group, 'rate', 'pin a complete period and rate what is not rated yet; a repeat changes nothing')
    .argument(...PERIOD)
    .action(runActing<[BillingPeriod, ActingOptions]>(registration, ['operator', 'finance'], rateRun));
  addActingCommand(
    group,
    'approve',
    'sign a run in review off, as someone other than its author; releases its invoices',
  )
    .argument(...PERIOD)
    .requiredOption('--why <reason>', 'what was reviewed; kept in the audit log')
    .action(runActing(registration, ['finance', 'approver'], approve));
  addActingCommand(group, 'issue', 'bring the released invoices to Stripe, compare them line by line and finalize them')
    .argument(...PERIOD)
    .action(runActing<[BillingPeriod, ActingOptions]>(registration, ['operator', 'finance'], issueRun));
}

async function showRun(session: Session, period: BillingPeriod): Promise<CommandOutcome> {
  const run = await readRun(session.database, period);
  if (run === undefined) {
    return refused(
      'no_run',
      `There is no run of ${period} yet: it opens with the first checkpoint of the period. See daybook usage completeness --period ${period}.`,
    );
  }
  return { kind: 'done', value: run, text: (style) => runText(run, style) };
}

async function approve(
  session: ActingSession,
  period: BillingPeriod,
  { why }: ActingOptions & { readonly why: string },
): Promise<CommandOutcome> {
  if (why.trim() === '')
    return { kind: 'wrong_usage', message: 'Say in --why what was reviewed; it is kept in the audit log.' };
  const outcome = await approveRun(session, { runId: period, approver: session.actor, why });
  if (outcome.kind === 'refused') return refused('not_approved', `${outcome.reason}.`);
  const publication = await session.publish();
  return {
    kind: 'done',
    value: { run: period, approver: session.actor, released: outcome.invoices, publication },
    text: (style) =>
      [
        `${style.good('approved')}: ${counted(outcome.invoices.length, 'invoice')} of ${period} released by ${session.actor}`,
        ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
        `next: they go to Stripe by themselves, or now with daybook run issue ${period}`,
      ].join('\n'),
  };
}

function runText(run: RunState, style: Style): string {
  const { shards } = run;
  const days = periodDays(run.period);
  const head = pairs(
    [
      ['status', statusPaint(run.status, style)],
      [
        'days',
        `${days.from} until ${days.to}, ${daysBetween(days.from, days.to)} days; grace until ${instant(run.graceUntil)}`,
      ],
      [
        'usage',
        run.required === 0
          ? 'nothing required'
          : `${(run.required - run.missing).toLocaleString('en-US')} of ${counted(run.required, 'cell')} there`,
      ],
      [
        'rests on',
        run.inputsDigest === null
          ? 'nothing yet'
          : `${counted(run.pinnedCheckpoints, 'checkpoint')}, inputs ${shortDigest(run.inputsDigest)}, token ${run.fencingToken}`,
      ],
      [
        'rated',
        shards.total === 0
          ? 'nothing yet'
          : `${shards.rated} of ${counted(shards.total, 'shard')}${shards.failed === 0 ? '' : style.bad(`, ${shards.failed} failed`)}`,
      ],
      ['opened', `${instant(run.openedAt)} by ${run.author}`],
      [
        'sign-off',
        run.approver === null
          ? 'none'
          : `${run.approver}${run.approvedAt === null ? '' : ` at ${instant(run.approvedAt)}`}`,
      ],
    ],
    style,
  );
  const parts = [`${style.bold(`Run ${run.run}`)}`, head];
  if (run.invoices.length > 0) parts.push('', invoiceTable(run, style), '', totalsText(run, style));
  const next = nextStep(run);
  if (next !== undefined) parts.push('', `next: ${next}`);
  return parts.join('\n');
}

function invoiceTable(run: RunState, style: Style): string {
  const rows = run.invoices.map((invoice) => {
    const note = invoice.holdReason ?? invoice.failureDetail ?? invoice.stripeNumber ?? invoice.stripeInvoice ?? '';
    return [
      invoice.invoice,
      plain(invoice.customerName),
      statusPaint(invoice.status, style),
      money(invoice.totalMinor, invoice.currency),
      plain(note),
    ];
  });
  return table(
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
}

function totalsText(run: RunState, style: Style): string {
  return run.totals
    .map((total) => {
      const held = total.held === 0 ? '' : style.warning(`, ${total.held} of them held`);
      return `${style.bold(money(total.totalMinor, total.currency))} on ${counted(total.invoices, 'invoice')}${held}`;
    })
    .join('\n');
}

/** What a person can do now to bring the run on. */
function nextStep({ status, period, missing }: RunState): string | undefined {
  switch (status) {
    case 'open':
    case 'collecting':
      return missing > 0 ? `daybook usage completeness --period ${period}` : `daybook run rate ${period}`;
    case 'complete':
    case 'rating_failed':
      return `daybook run rate ${period}`;
    case 'rated':
      return undefined;
    case 'in_review':
      return `review the invoices, then daybook run approve ${period} --why "…", as someone other than the author`;
    case 'approved':
    case 'issuing':
    case 'issuing_failed':
      return `daybook run issue ${period}`;
    case 'issued':
    case 'closed':
      return undefined;
    default:
      return status satisfies never;
  }
}
