import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { retentionHoldList } from '../../database/queries.generated.ts';
import { type Blocker, type PlannedMonth, planRetention, type RetentionPlan, stateOf } from '../../retention/plan.ts';
import { formatCount, formatNumber, shortDigest } from '../format.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { badge, code, command, instant, section, type Tone, tableOr, trail } from '../parts.ts';

type Hold = NonNullable<(typeof retentionHoldList)['row']>;

const TONES: Readonly<Record<ReturnType<typeof stateOf>, Tone>> = {
  absent: 'quiet',
  open: 'good',
  sealed: 'busy',
  held: 'warning',
  detached: 'warning',
  dropped: 'quiet',
};

const STEP_WORDS: Readonly<Record<PlannedMonth['step'], string>> = {
  make: 'is to be made',
  seal: 'is to be sealed',
  drop: 'is to be dropped',
  attach: 'is to be put back',
  none: 'nothing is due',
};

/** Which months of usage there are, what is due for each, and what keeps it. */
export async function retentionPage({ reader, now }: PageContext): Promise<Page> {
  const [plan, holds] = await Promise.all([planRetention(reader, now), reader.rows(retentionHoldList, {})]);
  const body = html`${trail([['Usage', '/usage']])}
<div class="head"><h1>Retention</h1>
<p class="muted">Usage rows lie in one partition a month. The present and the previous quarter are open; older months are sealed and, when their time is over and nothing needs them any more, dropped. Invoices, checkpoints and what the audit log keeps of a dropped month stay.</p></div>
${strayNote(plan.stray)}${section('Months', months(plan))}
${section('Holds', holdTable(holds), 'A hold keeps a month beyond its time, until somebody else releases it.')}
${section('The same on the command line', command(COMMANDS.planRetention()))}`;
  return { status: 200, title: 'Retention', active: 'usage', body };
}

function strayNote({ rows, firstDay, lastDay }: RetentionPlan['stray']): Html {
  if (rows === 0) return html``;
  return html`<p><strong>${formatCount(rows)} rows from ${firstDay} to ${lastDay} are in no month:</strong> <a href="/exceptions">the exception says what to do</a>.</p>`;
}

function months({ months: all }: RetentionPlan): Html {
  const rows = all
    .toReversed()
    .map((month) => [
      month.month,
      badge(stateOf(month), TONES[stateOf(month)]),
      month.figures === null ? '' : formatCount(month.figures.rows),
      totals(month),
      month.figures === null ? '' : code(month.figures.digest, shortDigest(month.figures.digest)),
      when(month),
      html`${STEP_WORDS[month.step]}${month.blockers.map((blocker) => html`<span class="sub">${blockerText(blocker)}</span>`)}`,
    ]);
  const columns = [
    { label: 'Month' },
    { label: 'State' },
    { label: 'Rows', numeric: true },
    { label: 'Totals' },
    { label: 'Digest' },
    { label: 'Kept until' },
    { label: 'Due, and what keeps it' },
  ] as const;
  return tableOr('No month has a partition yet.', 'Months of usage', columns, rows);
}

function totals({ figures }: PlannedMonth): Html {
  if (figures === null) return html``;
  const lines = Object.entries(figures.totals).map(
    ([metric, { total, rows }]) =>
      html`<li>${metric}: ${formatNumber(total)} <span class="muted">in ${formatCount(rows)} rows</span></li>`,
  );
  return html`<details><summary>${lines.length} metrics</summary><ul>${lines}</ul></details>`;
}

function when({ status, keptUntil, droppedAt }: PlannedMonth): Html {
  return status === 'dropped' && droppedAt !== null ? html`dropped ${instant(droppedAt)}` : html`${keptUntil}`;
}

function blockerText({ kind, subject, detail }: Blocker): Html {
  switch (kind) {
    case 'held':
      return html`hold ${subject} ${detail}`;
    case 'run_not_closed':
    case 'run_not_approved':
      return html`run <a href="/runs/${subject}">${subject}</a> ${detail}`;
    case 'invoice_open':
      return html`invoice <a href="/invoices/${subject}">${subject}</a> ${detail}`;
    case 'exception_open':
      return html`exception <a href="/exceptions">${subject}</a> ${detail}`;
    case 'attempt_running':
      return html`<a href="/usage/${subject}">${subject}</a> ${detail}`;
    default:
      return kind satisfies never;
  }
}

function holdTable(holds: readonly Hold[]): Html {
  const rows = holds.map((hold) => [
    html`${hold.hold_id}<span class="sub">${hold.month}</span>`,
    badge(hold.status, hold.status === 'in_force' ? 'warning' : 'quiet'),
    html`<span class="reason">${hold.why}</span>`,
    html`${hold.author}<span class="sub">${instant(hold.placed_at)}</span>`,
    hold.approver === null
      ? ''
      : html`<span class="reason">${hold.approver}<span class="sub">${hold.released_because}</span></span>`,
  ]);
  const columns = [
    { label: 'Hold' },
    { label: 'State' },
    { label: 'Why' },
    { label: 'Placed by' },
    { label: 'Released by' },
  ] as const;
  return tableOr('Nobody holds a month.', 'Holds', columns, rows);
}
