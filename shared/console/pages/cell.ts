import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { addDays, type UtcDay } from '../../calendar/utc-day.ts';
import { checkpointListOfCell, completenessWaiverListAll, usageAnomalyList } from '../../database/queries.generated.ts';
import { cellName } from '../../usage/cell.ts';
import { completenessOf } from '../../usage/completeness.ts';
import { formatCount, formatNumber, shortDigest, words } from '../format.ts';
import { type Html, notFoundPage, type Page, type PageContext } from '../page.ts';
import { badge, code, command, instant, section, tableOr, trail } from '../parts.ts';
import { anomalySection, waiverSection } from '../usage-sections.ts';

/** One cell of the matrix: what there is for it, and every attempt that was made. */
export async function cellPage(
  { reader }: PageContext,
  cell: { readonly region: string; readonly source: string; readonly day: UtcDay },
): Promise<Page> {
  const { region, source, day } = cell;
  const [required, attempts, waivers, anomalies] = await Promise.all([
    completenessOf(reader, { from: day, to: addDays(day, 1) }),
    reader.rows(checkpointListOfCell, { region, source_id: source, day }),
    reader.rows(completenessWaiverListAll, { from_day: day, to_day: addDays(day, 1) }),
    reader.rows(usageAnomalyList, { from_day: day, to_day: addDays(day, 1), with_ended: true }),
  ]);
  const isHere = (row: { readonly region: string; readonly source_id: string }): boolean =>
    row.region === region && row.source_id === source;
  const found = required.find((each) => each.region === region && each.source === source);
  const period = day.slice(0, 7);
  if (!found && attempts.length === 0) {
    return notFoundPage(
      `No source ${source} is active in ${region} on ${day}.`,
      html`<a href="/usage?period=${period}">The sources of ${period}</a>`,
    );
  }
  const state = found?.state.kind ?? 'not required';
  const [waiver] = waivers.filter(isHere);
  const odd = anomalies.filter(isHere);
  const body = html`${trail([
    ['Usage', '/usage'],
    [period, `/usage?period=${period}`],
  ])}
<div class="head"><div class="line"><h1>${cellName(cell)}</h1>${badge(state)}</div></div>
${waiver === undefined ? '' : waiverSection([waiver])}${odd.length === 0 ? '' : anomalySection(odd)}
${section('Attempts', attemptTable(attempts), 'A rerun makes a new revision; the old one is superseded, never changed.')}
${section(state === 'complete' ? 'Read it again' : 'Read it', command(COMMANDS.rerun(region, day)), 'A repeat makes no new revision unless the data changed; in a closed period a change takes a second person.')}`;
  return { status: 200, title: cellName(cell), active: 'usage', body };
}

type Attempt = NonNullable<(typeof checkpointListOfCell)['row']>;

function attemptTable(attempts: readonly Attempt[]): Html {
  const rows = attempts.map((attempt) => [
    html`<a href="/checkpoints/${attempt.checkpoint_id}">${attempt.revision === null ? `attempt ${attempt.checkpoint_id}` : `revision ${attempt.revision}`}</a>`,
    badge(attempt.status),
    instant(attempt.started_at),
    attempt.row_count === null ? '–' : formatCount(attempt.row_count),
    attempt.total === null ? '–' : formatNumber(attempt.total),
    attempt.failure_reason === null
      ? html`${attempt.digest === null ? '–' : code(attempt.digest, shortDigest(attempt.digest))}`
      : html`<span class="reason">${words(attempt.failure_reason)}<span class="sub">${attempt.failure_detail}</span></span>`,
  ]);
  const columns = [
    { label: 'Revision' },
    { label: 'State' },
    { label: 'Started' },
    { label: 'Rows', numeric: true },
    { label: 'Total', numeric: true },
    { label: 'Digest or reason' },
  ] as const;
  return tableOr('It has never been read.', 'Attempts', columns, rows);
}
