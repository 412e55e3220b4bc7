import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { auditLogListBefore } from '../../database/queries.generated.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { code, command, instant, section, tableOr, who } from '../parts.ts';

const ENTRIES_SHOWN = 100;
type Entry = NonNullable<(typeof auditLogListBefore)['row']>;

/** The log, the latest entries first, with the state of the chain over what is shown. */
export async function auditPage(
  { reader }: PageContext,
  query: { readonly before?: bigint | undefined },
): Promise<Page> {
  const entries = await reader.rows(auditLogListBefore, { before: query.before ?? null, batch_size: ENTRIES_SHOWN });
  const oldest = entries.at(-1)?.sequence ?? 0n;
  const body = html`<div class="head"><h1>Audit log</h1><p class="muted">Append-only; each entry’s hash covers its content and the hash before it.</p></div>
${section('Chain', chain(entries))}
${section('Entries', entryTable(entries))}
<nav class="pages" aria-label="Entries">${query.before === undefined ? '' : html`<a href="/audit">Latest</a>`}${oldest > 1n ? html`<a href="/audit?before=${oldest}">Older →</a>` : ''}</nav>`;
  return { status: 200, title: 'Audit', active: 'audit', body };
}

function chain(entries: readonly Entry[]): Html {
  const [latest] = entries;
  const broken = entries.filter((entry) => !entry.intact || !entry.linked);
  if (latest === undefined) return html`<p class="muted">The log is empty.</p>`;
  const verdict =
    broken.length === 0
      ? html`<p><span class="badge good">unbroken</span> The ${entries.length} entries shown follow from each other. Head of what is shown: ${code(latest.hash)}, entry ${latest.sequence}.</p>`
      : html`<p><span class="badge bad">broken</span> Entries that were changed, or whose predecessor is another: ${broken.map((entry) => entry.sequence).join(', ')}.</p>`;
  return html`${verdict}<p class="muted">The whole chain and the promises that the data must keep are checked by</p>${command(COMMANDS.verifyAudit())}`;
}

function entryTable(entries: readonly Entry[]): Html {
  const rows = entries.map((entry) => [
    html`${entry.sequence}`,
    instant(entry.at),
    html`<code>${entry.action}</code>`,
    html`<span class="reason">${entry.subject}</span>`,
    html`<span class="reason">${who(entry.actor)}</span>`,
    html`<span class="reason">${entry.why}</span>`,
    entry.intact && entry.linked
      ? html`<code title="${entry.hash}">${entry.hash.slice(0, 12)}</code>`
      : html`<span class="badge bad">${entry.intact ? 'not linked' : 'changed'}</span>`,
  ]);
  const columns = [
    { label: 'Entry' },
    { label: 'At' },
    { label: 'What' },
    { label: 'About' },
    { label: 'Who' },
    { label: 'Why' },
    { label: 'Hash' },
  ] as const;
  return tableOr('No entry.', 'Audit log entries', columns, rows);
}
