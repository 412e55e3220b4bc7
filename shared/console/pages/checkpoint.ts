import { html } from 'hono/html';
import type { UtcDay } from '../../calendar/utc-day.ts';
import {
  billingRunListOfCheckpoint,
  checkpointFind,
  usageDailyListOfCheckpoint,
} from '../../database/queries.generated.ts';
import { cellName, checkpointName } from '../../usage/cell.ts';
import { evidenceFacts, parseEvidence, queryTexts } from '../evidence.ts';
import { formatCount, formatNumber, words } from '../format.ts';
import { type Html, notFoundPage, type Page, type PageContext } from '../page.ts';
import { badge, code, cutNote, facts, instant, section, tableOr, trail } from '../parts.ts';

const ROWS_SHOWN = 500;

/** One page of the book: a checkpoint with its evidence, its query and its rows. */
export async function checkpointPage(
  { reader }: PageContext,
  { checkpoint: id }: { readonly checkpoint: bigint },
): Promise<Page> {
  const checkpoint = await reader.first(checkpointFind, { checkpoint_id: id });
  if (!checkpoint) return notFoundPage(`There is no checkpoint ${id}.`, html`<a href="/usage">Usage</a>`);
  const [rows, runs] = await Promise.all([
    reader.rows(usageDailyListOfCheckpoint, { checkpoint_id: id, day: checkpoint.day, row_limit: ROWS_SHOWN }),
    reader.rows(billingRunListOfCheckpoint, { checkpoint_id: id }),
  ]);
  const cell = { region: checkpoint.region, source: checkpoint.source_id, day: checkpoint.day as UtcDay };
  const name =
    checkpoint.revision === null ? `${cellName(cell)}, attempt ${id}` : checkpointName(cell, checkpoint.revision);
  const period = checkpoint.day.slice(0, 7);
  const evidence = parseEvidence(checkpoint.evidence);
  const body = html`${trail([
    ['Usage', '/usage'],
    [period, `/usage?period=${period}`],
    [cellName(cell), `/usage/${cellName(cell)}`],
  ])}
<div class="head"><div class="line"><h1>${name}</h1>${badge(checkpoint.status)}</div><p class="muted">${checkpoint.metric_title}</p></div>
${checkpoint.failure_reason === null ? '' : section('Why it failed', html`<p><strong>${words(checkpoint.failure_reason)}</strong></p><p>${checkpoint.failure_detail}</p>`)}
${section('Figures', figures(checkpoint, runs))}
${section('Evidence', evidence === undefined ? rawText(checkpoint.evidence) : evidenceFacts(evidence), 'What the source showed beside its figures, so that a zero is a zero and not a gap.')}
${section('Query', html`${evidence === undefined ? '' : queryTexts(evidence.queries)}${configuration(checkpoint)}`)}
${section('Rows', rowTable(rows))}`;
  return { status: 200, title: name, active: 'usage', body };
}

type Checkpoint = NonNullable<(typeof checkpointFind)['row']>;
type Run = NonNullable<(typeof billingRunListOfCheckpoint)['row']>;
type Row = NonNullable<(typeof usageDailyListOfCheckpoint)['row']>;

function figures(checkpoint: Checkpoint, runs: readonly Run[]): Html {
  const { finished_at: finished, digest } = checkpoint;
  return facts([
    ['Rows', checkpoint.row_count === null ? 'none' : formatCount(checkpoint.row_count)],
    ['Total, in the source’s unit', checkpoint.total === null ? 'none' : formatNumber(checkpoint.total)],
    ['Started', instant(checkpoint.started_at)],
    ['Finished', finished === null ? 'not yet' : instant(finished)],
    ['Digest of the rows', digest === null ? 'none' : code(digest)],
    [
      'Runs that rest on it',
      runs.length === 0 ? 'none' : html`${runs.map((run) => html`<a href="/runs/${run.run_id}">${run.run_id}</a> `)}`,
    ],
  ]);
}

function configuration(checkpoint: Checkpoint): Html {
  return html`<details><summary>Source ${checkpoint.source_id}, version ${checkpoint.source_version}</summary>
<p class="muted">${code(checkpoint.configuration_digest)}</p>
<pre class="query"><code>${JSON.stringify(checkpoint.configuration, null, 2)}</code></pre></details>`;
}

function rawText(text: string | null): Html {
  return text === null
    ? html`<p class="muted">None was kept.</p>`
    : html`<pre class="query"><code>${text}</code></pre>`;
}

function rowTable(rows: readonly Row[]): Html {
  const lines = rows.map((row) => [
    row.project_id,
    row.customer_id === null
      ? html`<span class="muted">nobody</span>`
      : html`<a href="/customers/${row.customer_id}">${row.customer_id}</a>`,
    html`<span title="${row.quantity}">${formatNumber(row.quantity)}</span>`,
  ]);
  const columns = [{ label: 'Project' }, { label: 'Owner on that day' }, { label: 'Quantity', numeric: true }] as const;
  return html`${tableOr('No project used anything; the evidence above shows that it was measured.', 'Rows', columns, lines)}${cutNote(rows.length, rows[0]?.all_rows ?? 0, 'rows')}`;
}
