import { html } from 'hono/html';
import type { Html } from './page.ts';
import { instant, tableOr, who } from './parts.ts';

/** What was done to one thing: from the audit log, in its order. */
export function history(
  entries: readonly {
    readonly sequence: bigint;
    readonly at: Date;
    readonly actor: string;
    readonly action: string;
    readonly why: string;
  }[],
): Html {
  const rows = entries.map((entry) => [
    html`<a href="/audit?before=${entry.sequence + 1n}">${entry.sequence}</a>`,
    instant(entry.at),
    html`<code>${entry.action}</code>`,
    html`<span class="reason">${who(entry.actor)}</span>`,
    html`<span class="reason">${entry.why}</span>`,
  ]);
  const columns = [{ label: 'Entry' }, { label: 'At' }, { label: 'What' }, { label: 'Who' }, { label: 'Why' }] as const;
  return tableOr('Nothing in the audit log.', 'History', columns, rows);
}
