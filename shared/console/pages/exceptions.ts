import { html } from 'hono/html';
import { COMMANDS, recoveryCommand } from '../../alerts/commands.ts';
import {
  alertListUnsent,
  deadLetterListWaiting,
  exceptionList,
  outboxCountUnpublished,
} from '../../database/queries.generated.ts';
import { type ExceptionClass, POLICIES } from '../../exceptions/policy.ts';
import { formatAge, formatCount, words } from '../format.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { badge, command, facts, instant, section, tableOr } from '../parts.ts';

type Exception = NonNullable<(typeof exceptionList)['row']>;
type DeadLetter = NonNullable<(typeof deadLetterListWaiting)['row']>;
type UnsentAlert = NonNullable<(typeof alertListUnsent)['row']>;

const ENDED_SHOWN = 30;

/** What needs a retry or a decision: exceptions, messages put aside, alerts that did not go out. */
export async function exceptionsPage({ reader, now }: PageContext): Promise<Page> {
  const [exceptions, letters, alerts, outbox] = await Promise.all([
    reader.rows(exceptionList, { with_ended: true }),
    reader.rows(deadLetterListWaiting, {}),
    reader.rows(alertListUnsent, {}),
    reader.first(outboxCountUnpublished, {}),
  ]);
  const live = exceptions.filter((exception) => exception.ended_at === null);
  const ended = exceptions
    .filter((exception) => exception.ended_at !== null)
    .slice(-ENDED_SHOWN)
    .reverse();
  const oldest = outbox?.oldest ?? null;
  const body = html`<div class="head"><h1>Exceptions</h1><p class="muted">What a policy could not resolve by itself, and what it still tries. This page is read-only; decide with the commands.</p></div>
${section('Live', liveTable(live, now))}
<div id="dead-letters">${section('Dead letters', letterTable(letters), 'Messages that no retry can apply. They are kept as they came, with the reason.')}</div>
<div id="alerts">${section('Alerts that have not reached Slack', alertTable(alerts))}</div>
${section(
  'Outbox',
  facts([
    ['Facts that wait to be published', formatCount(outbox?.waiting ?? 0n)],
    ['Oldest', oldest === null ? 'nothing waits' : formatAge(oldest, now)],
  ]),
)}
${section('Ended lately', endedTable(ended))}`;
  return { status: 200, title: 'Exceptions', active: 'exceptions', body };
}

function liveTable(rows: readonly Exception[], now: Date): Html {
  const lines = rows.map((row) => [
    html`${row.exception_id}<span class="sub">${words(row.class)}</span>`,
    badge(row.status),
    html`<span class="reason">${subjectLink(row)}</span>`,
    html`<span class="reason"><strong>${words(row.reason)}</strong><span class="sub">${row.detail}</span></span>`,
    html`${row.attempts}<span class="sub">${row.next_attempt_at === null ? 'waits for a person' : html`again ${instant(row.next_attempt_at)}`}</span>`,
    formatAge(row.opened_at, now),
    command(commandsFor(row)),
  ]);
  const columns = [
    { label: 'Exception' },
    { label: 'State' },
    { label: 'About' },
    { label: 'Why' },
    { label: 'Attempts' },
    { label: 'Age' },
    { label: 'What helps' },
  ] as const;
  return tableOr('None.', 'Live exceptions', columns, lines);
}

/** What helps first, and then what ends the exception: another attempt where there is one to make, else a decision. */
function commandsFor({ exception_id: id, class: name, subject }: Exception): string {
  const policy = Object.hasOwn(POLICIES, name) ? POLICIES[name as ExceptionClass] : undefined;
  const end = (policy?.maxAttempts ?? 0) > 0 ? COMMANDS.retryException(id) : COMMANDS.waiveException(id);
  return `${recoveryCommand(name, subject)}\n${end}`;
}

/** A cell, an invoice or a run has a page of its own. */
function subjectLink({ class: name, subject }: Exception): Html {
  switch (name) {
    case 'aggregation_failed':
      return html`<a href="/usage/${subject}">${subject}</a>`;
    case 'issuing_failed':
    case 'invoice_held':
    case 'issued_otherwise':
    case 'voiding_failed':
      return html`<a href="/invoices/${subject}">${subject}</a>`;
    case 'rating_held':
      // Of an off-cycle run the subject does not name the invoice: its run lists it.
      return subject.includes(':')
        ? html`<a href="/runs/${subject.split('/', 1)[0]}">${subject}</a>`
        : html`<a href="/invoices/${subject}/usage">${subject}</a>`;
    case 'stripe_differs':
      return html`<a href="/reconciliation">${subject}</a>`;
    case 'rating_failed':
      return html`<a href="/runs/${subject.split('#', 1)[0]}">${subject}</a>`;
    case 'period_incomplete':
    case 'unbilled_usage':
      return html`<a href="/runs/${subject}">${subject}</a>`;
    case 'late_usage':
      return html`<a href="/runs/${subject.split('/', 1)[0]}">${subject}</a>`;
    case 'adjustment_undecided':
      return html`<a href="/adjustments/${subject}">${subject}</a>`;
    case 'credit_failed':
      return html`<a href="/adjustments/${subject.replace(/\/credit\/\d+$/, '')}">${subject}</a>`;
    default:
      return html`${subject}`;
  }
}

function letterTable(rows: readonly DeadLetter[]): Html {
  const lines = rows.map((row) => [
    html`${row.dead_letter_id}<span class="sub">${row.subscription}</span>`,
    instant(row.received_at),
    html`<span class="reason">${row.reason}</span>`,
    html`<details><summary>message ${row.message_id}</summary><pre class="query"><code>${row.message.slice(0, 4_000)}</code></pre></details>`,
    command(`${COMMANDS.replayDeadLetter(row.dead_letter_id)}\n${COMMANDS.discardDeadLetter(row.dead_letter_id)}`),
  ]);
  const columns = [
    { label: 'Subscription' },
    { label: 'Received' },
    { label: 'Why' },
    { label: 'As it came' },
    { label: 'What helps' },
  ] as const;
  return tableOr('None wait.', 'Dead letters', columns, lines);
}

function alertTable(rows: readonly UnsentAlert[]): Html {
  const lines = rows.map((row) => [
    html`${row.title}<span class="sub">${row.place}</span>`,
    badge(row.severity, row.severity === 'critical' ? 'bad' : 'warning'),
    instant(row.raised_at),
    html`${row.attempts}<span class="sub">${row.last_error === null ? 'not tried yet' : words(row.last_error)}</span>`,
    row.next_attempt_at === null ? 'given up' : instant(row.next_attempt_at),
  ]);
  const columns = [
    { label: 'Alert' },
    { label: 'Severity' },
    { label: 'Raised' },
    { label: 'Attempts' },
    { label: 'Again' },
  ] as const;
  return tableOr('None.', 'Unsent alerts', columns, lines);
}

function endedTable(rows: readonly Exception[]): Html {
  const lines = rows.map((row) => [
    html`${row.exception_id}<span class="sub">${words(row.class)}</span>`,
    badge(row.status),
    html`<span class="reason">${row.subject}</span>`,
    row.ended_at === null ? '–' : instant(row.ended_at),
    html`<span class="reason">${row.ended_by}<span class="sub">${row.why}</span></span>`,
  ]);
  return tableOr(
    'None.',
    'Ended exceptions',
    [{ label: 'Exception' }, { label: 'How' }, { label: 'About' }, { label: 'When' }, { label: 'By whom and why' }],
    lines,
  );
}
