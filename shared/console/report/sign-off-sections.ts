import { html } from 'hono/html';
import type { Html } from '../page.ts';
import { facts, instant, section, tableOr, who } from '../parts.ts';
import type { RunReport } from './read-report.ts';

/** Who opened and who signed, with the reason from the audit log; empty lines for a signature on paper. */
export function signOffSection({ run, entries }: RunReport): Html {
  const approval = entries.findLast(({ action }) => action === 'billing_run.approved');
  const signed = run.approved_at !== null;
  const rows = entries.map((entry) => [
    html`${entry.sequence}`,
    instant(entry.at),
    html`<code>${entry.action}</code>`,
    who(entry.actor),
    html`<span class="reason">${entry.why}</span>`,
  ]);
  const columns = [{ label: 'Entry' }, { label: 'At' }, { label: 'What' }, { label: 'Who' }, { label: 'Why' }] as const;
  const body = html`${facts([
    ['Author', who(run.author)],
    ['Opened', instant(run.opened_at)],
    ['Approver', approver(run)],
    ['Signed off', run.approved_at === null ? '–' : instant(run.approved_at)],
    ['Why', signed ? (approval?.why ?? 'not in the audit log') : '–'],
  ])}
<div class="signatures"><div><span>Prepared by, date</span></div><div><span>Approved by, date</span></div></div>
${tableOr('Nothing in the audit log.', 'History of the run', columns, rows)}`;
  return section('Sign-off', body);
}

/** A policy may sign off what is within its bounds; the paper says so. */
function approver(run: RunReport['run']): Html {
  if (run.approver !== null) return who(run.approver);
  return run.approved_at === null ? html`not signed off` : html`the rule ${run.approval_rule}, without a person`;
}

/** What proves the log behind this report: whoever keeps the paper can show that the log was not written anew. */
export function witnessSection({ head, seal }: RunReport): Html {
  const facts_: [string, unknown][] = [
    [
      'Head of the audit log',
      head === undefined ? 'the log is empty' : html`<code class="wrap">${head.sequence}:${head.hash}</code>`,
    ],
    [
      'Last seal',
      seal === undefined
        ? 'no day is sealed yet'
        : html`${seal.day}, through entry ${seal.last_sequence}<span class="sub"><code class="wrap">${seal.hash}</code></span>`,
    ],
  ];
  return section(
    'Audit',
    facts(facts_),
    'A later "daybook audit verify --anchor" with the head proves that nothing up to it was changed since this was printed.',
  );
}
