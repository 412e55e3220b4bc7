import { html } from 'hono/html';
import { formatInstant, words } from './format.ts';
import type { Html } from './page.ts';

/** How urgent a state looks. The word itself always stands beside the colour. */
export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'quiet';

const TONES: Readonly<Record<string, Tone>> = {
  complete: 'good',
  finalized: 'good',
  paid: 'good',
  issued: 'good',
  closed: 'good',
  active: 'good',
  resolved: 'good',
  released: 'good',
  applied: 'good',
  rated: 'busy',
  collecting: 'busy',
  issuing: 'busy',
  running: 'busy',
  retrying: 'busy',
  approved: 'busy',
  drafted: 'busy',
  verified: 'busy',
  checked: 'busy',
  in_review: 'warning',
  proposed: 'warning',
  held: 'warning',
  open: 'warning',
  waived: 'warning',
  missing: 'warning',
  shadow: 'warning',
  uncollectible: 'warning',
  failed: 'bad',
  stripe_failed: 'bad',
  rating_failed: 'bad',
  issuing_failed: 'bad',
  escalated: 'bad',
  rejected: 'bad',
};

export function badge(status: string, tone: Tone = TONES[status] ?? 'quiet'): Html {
  return html`<span class="badge ${tone}">${words(status)}</span>`;
}

/** Command lines to copy. */
export function command(text: string): Html {
  return html`<pre class="command"><code>${text}</code></pre>`;
}

export interface Column {
  readonly label: string;
  /** Numbers stand at the right. */
  readonly numeric?: true;
  /** Stands on the row's own page too: left out on a narrow screen, so that what counts is not cut off. */
  readonly detail?: true;
}

/** A table that scrolls by itself on a narrow screen and can be reached by the keyboard. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly unknown[])[]): Html {
  const align = (index: number): Html => {
    const { numeric, detail } = columns[index] ?? {};
    if (numeric) return html` class="number"`;
    return detail ? html` class="detail"` : html``;
  };
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption class="hidden">${caption}</caption>
<thead><tr>${columns.map((column, index) => html`<th scope="col"${align(index)}>${column.label}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr>${row.map((cell, index) =>
        index === 0 ? html`<th scope="row"${align(index)}>${cell}</th>` : html`<td${align(index)}>${cell}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`;
}

/** A table, or a sentence when there is nothing to show. */
export function tableOr(
  empty: string,
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly unknown[])[],
): Html {
  return rows.length === 0 ? html`<p class="muted">${empty}</p>` : table(caption, columns, rows);
}

/** A titled part of a page. */
export function section(title: string, body: Html, note?: unknown): Html {
  return html`<section class="panel"><h2>${title}</h2>${note === undefined ? '' : html`<p class="muted">${note}</p>`}${body}</section>`;
}

/** Names and values. */
export function facts(entries: readonly (readonly [string, unknown])[]): Html {
  return html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** One figure of an overview, with a link to what is behind it. */
export function figure(label: string, value: unknown, note: unknown, address: string, tone: Tone = 'quiet'): Html {
  return html`<a class="figure ${tone}" href="${address}"><span class="label">${label}</span><span class="value">${value}</span><span class="muted">${note}</span></a>`;
}

/** Where the page stands: the way back up. */
export function trail(steps: readonly (readonly [string, string])[]): Html {
  return html`<nav class="trail" aria-label="Breadcrumb"><ol>${steps.map(([label, address]) => html`<li><a href="${address}">${label}</a></li>`)}</ol></nav>`;
}

/** A moment, on one line. */
export function instant(moment: Date): Html {
  return html`<time datetime="${moment.toISOString()}">${formatInstant(moment)}</time>`;
}

/** A person or a service. A long address may break before its domain, and nowhere else as long as that is enough. */
export function who(actor: string): Html {
  const at = actor.indexOf('@');
  return at < 0 ? html`${actor}` : html`${actor.slice(0, at)}<wbr>${actor.slice(at)}`;
}

/** A long code with its full text for copying. */
export function code(text: string, shown = text): Html {
  return html`<code title="${text}">${shown}</code>`;
}

/** Says what may be cut off, so that a long list is never mistaken for a whole one. */
export function cutNote(shown: number, all: number, what: string): Html {
  return shown < all ? html`<p class="muted">The first ${shown} of ${all} ${what} are shown.</p>` : html``;
}
