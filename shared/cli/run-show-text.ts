import type { OpenThing } from '../billing/close-run.ts';
import type { CustomerDifference, LineDifference } from '../billing/run-differences.ts';
import { daysBetween, utcDay } from '../calendar/utc-day.ts';
import type { RunState } from './run-state.ts';
import { instant, money, shortDigest } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { counted, pairs, plain, table } from './terminal/table.ts';

/** Customers whose difference is shown; the largest come first. */
const SHOWN_DIFFERENCES = 10;
const SHOWN_LINES = 2;
/** As many of a digest as people copy. */
const REVIEWED_DIGITS = 16;

/** A run as finance reads it before signing it off. */
export function runText(run: RunState, style: Style): string {
  const parts = [style.bold(`Run ${run.run}`), headText(run, style)];
  if (run.invoices.length > 0) parts.push('', invoiceTable(run, style), '', totalsText(run, style));
  if (run.differences.length > 0) parts.push('', differencesText(run, style));
  if (run.status === 'issued' && run.open.length > 0) parts.push('', style.warning('open:'), ...run.open.map(openText));
  const next = nextStep(run);
  if (next !== undefined) parts.push('', `next: ${next}`);
  return parts.join('\n');
}

function headText(run: RunState, style: Style): string {
  const days = daysBetween(utcDay(run.from), utcDay(run.to));
  const { shards } = run;
  const facts: [string, string][] = [
    ['status', statusPaint(run.status, style)],
    ['days', `${run.from} until ${run.to}, ${days} days; grace until ${instant(run.graceUntil)}`],
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
        : `${progressBar(shards.rated, shards.total)} ${shards.rated} of ${counted(shards.total, 'shard')}${shards.failed === 0 ? '' : style.bad(`, ${shards.failed} failed`)}`,
    ],
    ['opened', `${instant(run.openedAt)} by ${run.author}`],
    ['sign-off', signOffText(run)],
  ];
  if (run.contract !== null) facts.splice(1, 0, ['bills', `the last days of contract ${run.contract}`]);
  if (run.closedAt !== null)
    facts.push([
      'closed',
      `${instant(run.closedAt)} by ${run.closedBy ?? ''}${run.leftOpen.length === 0 ? '' : `; left open: ${run.leftOpen.join(', ')}`}`,
    ]);
  return pairs(facts, style);
}

const BAR_CELLS = 20;

function progressBar(done: number, all: number): string {
  const full = Math.floor((done * BAR_CELLS) / all);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CELLS - full)}]`;
}

function signOffText(run: RunState): string {
  if (run.approvedAt === null) return 'none';
  const who = run.approver ?? `by the rule ${run.approvalRule ?? ''}, without a person`;
  const what = run.reviewedDigest === null ? '' : `, for ${shortDigest(run.reviewedDigest)}`;
  return `${who} at ${instant(run.approvedAt)}${what}`;
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

function differencesText({ differences }: RunState, style: Style): string {
  const rows = differences
    .slice(0, SHOWN_DIFFERENCES)
    .map((one) => [
      one.customer,
      amount(one.old, one.currency),
      amount(one.new, one.currency),
      signed(one.change, one.currency),
      whyText(one),
    ]);
  const columns = [
    { title: 'against the last period' },
    { title: 'old', align: 'right' },
    { title: 'new', align: 'right' },
    { title: 'change', align: 'right' },
    { title: 'why' },
  ] as const;
  const more = differences.length - rows.length;
  return `${table(columns, rows, style)}${more > 0 ? `\n${style.dim(`and ${more} more, in --json`)}` : ''}`;
}

function whyText({ lines, currency, old, new: next }: CustomerDifference): string {
  if (old === null) return 'new';
  if (next === null) return 'no longer billed';
  const shown = lines.slice(0, SHOWN_LINES).map((line) => lineText(line, currency));
  return plain([...shown, ...(lines.length > SHOWN_LINES ? ['…'] : [])].join('; '));
}

function lineText(line: LineDifference, currency: string): string {
  const of = line.project === null ? line.line : `${line.line} of ${line.project}`;
  const change = signed((line.new ?? 0n) - (line.old ?? 0n), currency);
  return `${of}: ${line.reason.replaceAll('_', ' ')} ${change}`;
}

function amount(minor: bigint | null, currency: string): string {
  return minor === null ? '–' : money(minor, currency);
}

function signed(minor: bigint, currency: string): string {
  return `${minor > 0n ? '+' : ''}${money(minor, currency)}`;
}

/** What a person can do now to bring the run on. */
function nextStep({ run, status, period, missing, reviewDigest, hasChanged, open }: RunState): string | undefined {
  switch (status) {
    case 'open':
    case 'collecting':
      return missing > 0 ? `daybook usage completeness --period ${period}` : `daybook run rate ${run}`;
    case 'complete':
    case 'rating_failed':
      return `daybook run rate ${run}`;
    case 'rated':
      return undefined;
    case 'in_review':
      if (hasChanged) return `its inputs have changed: daybook run rate ${run} rates it anew before the review`;
      return `review the invoices, then daybook run approve ${run} --reviewed ${reviewDigest.slice(7, 7 + REVIEWED_DIGITS)} --why "…", as someone other than the author`;
    case 'approved':
    case 'issuing':
    case 'issuing_failed':
      return `daybook run issue ${run}`;
    case 'issued':
      return open.length === 0
        ? `daybook run close ${run} --why "…"`
        : `bring what is open to its end, or leave it: daybook run close ${run} --leave ID --why "…"`;
    case 'closed':
      return undefined;
    default:
      return status satisfies never;
  }
}

/** Something of a run that is not at its end, in one line: `2026-10/acme/usage  void: billed to nobody; …`. */
export function openText({ thing, state, why }: OpenThing): string {
  return `  ${thing}  ${plain(state)}${why === '' ? '' : `: ${plain(why)}`}`;
}
