import type { UtcDay } from '../calendar/utc-day.ts';
import { addDays } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import { backfillCellList, backfillList } from '../database/queries.generated.ts';
import { type BackfillState, findBackfill } from '../usage/backfill.ts';
import { checkpointName } from '../usage/cell.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Publication, Session } from './session.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain, table } from './terminal/table.ts';

const MOST_LISTED = 50;
const MOST_SHOWN = 30;

/** What became of a backfill: new revisions, unchanged cells, failures with their reason. 1 when a cell failed. */
export async function backfillOutcome(reader: Reader, id: bigint, publication?: Publication): Promise<CommandOutcome> {
  const state = await findBackfill(reader, id);
  if (state === undefined)
    return refused('not_found', `There is no backfill ${id}: daybook usage backfills lists them.`);
  const cells = (await reader.rows(backfillCellList, { backfill_id: id })).map((row) => ({
    region: row.region,
    source: row.source_id,
    day: row.day as UtcDay,
    status: row.status,
    revisionBefore: row.revision_before,
    revisionAfter: row.revision_after,
    reason: row.failure_reason,
    detail: row.failure_detail,
  }));
  return {
    kind: state.failed > 0 ? 'failed' : 'done',
    value: { ...stateJson(state), cells, ...(publication === undefined ? {} : { publication }) },
    text: (style) => reportText(state, cells, publication, style),
  };
}

function stateJson(state: BackfillState) {
  const { id, from, to, region, source, status, author, approver, why, changed, unchanged, failed } = state;
  const scope = { from, lastDay: addDays(to, -1), region, source };
  return { backfill: id, ...scope, status, author, approver, why, required: state.cells, changed, unchanged, failed };
}

interface ReportedCell {
  readonly region: string;
  readonly source: string;
  readonly day: UtcDay;
  readonly status: string;
  readonly revisionBefore: number | null;
  readonly revisionAfter: number | null;
  readonly reason: string | null;
  readonly detail: string | null;
}

function reportText(
  state: BackfillState,
  cells: readonly ReportedCell[],
  publication: Publication | undefined,
  style: Style,
): string {
  const left = state.cells - state.changed - state.unchanged - state.failed;
  const head = `${style.bold(`Backfill ${state.id}`)} of ${scopeText(state)}: ${statusPaint(state.status, style)}
${counted(state.changed, 'new revision')}, ${state.unchanged} unchanged, ${state.failed} failed${left > 0 ? `, ${left} to come` : ''}`;
  const changed = cells.filter((cell) => cell.status === 'changed');
  const failed = cells.filter((cell) => cell.status === 'failed');
  const parts = [head];
  if (changed.length > 0) parts.push(listText('Changed', changed.map(changedText), style));
  if (failed.length > 0) {
    const lines = failed.map((cell) =>
      style.bad(`${cell.region}/${cell.source}/${cell.day}: ${cell.reason}: ${plain(cell.detail ?? '')}`),
    );
    parts.push(listText('Failed', lines, style), `next: daybook usage backfill --resume ${state.id}`);
  }
  if (publication?.kind === 'waiting') parts.push(style.warning(publication.message));
  return parts.join('\n');
}

function listText(title: string, lines: readonly string[], style: Style): string {
  const more = lines.length > MOST_SHOWN ? [`… and ${counted(lines.length - MOST_SHOWN, 'more cell')} (--json)`] : [];
  return `${style.bold(title)}\n${indent([...lines.slice(0, MOST_SHOWN), ...more].join('\n'), 2)}`;
}

function changedText(cell: ReportedCell): string {
  const before = cell.revisionBefore === null ? 'none before' : `revision ${cell.revisionBefore} before`;
  return `${checkpointName(cell, cell.revisionAfter ?? 0)}  ${before}`;
}

function scopeText({ from, to, region, source }: Pick<BackfillState, 'from' | 'to' | 'region' | 'source'>): string {
  const last = addDays(to, -1);
  const days = from === last ? from : `${from} to ${last}`;
  return `${days}, ${region ?? 'every region'}, ${source ?? 'every source'}`;
}

/** The latest backfills, or one in whole. */
export async function listBackfills({ database }: Session, id: bigint | undefined): Promise<CommandOutcome> {
  if (id !== undefined) {
    const outcome = await backfillOutcome(database, id);
    return outcome.kind === 'failed' ? { ...outcome, kind: 'done' } : outcome;
  }
  const rows = await database.rows(backfillList, { from_day: '0001-01-01', to_day: '9999-12-31', most: MOST_LISTED });
  const backfills = rows.map((row) => ({
    backfill: row.backfill_id,
    from: row.from_day as UtcDay,
    lastDay: addDays(row.to_day as UtcDay, -1),
    region: row.region,
    source: row.source_id,
    status: row.status,
    author: row.author,
    approver: row.approver,
    required: row.cells,
    changed: row.changed,
    unchanged: row.unchanged,
    failed: row.failed,
    openedAt: row.opened_at,
    endedAt: row.ended_at,
  }));
  return {
    kind: 'done',
    value: { backfills },
    text: (style) =>
      backfills.length === 0
        ? 'Nothing was read again so far.'
        : table(
            [
              { title: 'backfill', align: 'right' },
              { title: 'of' },
              { title: 'status' },
              { title: 'done', align: 'right' },
              { title: 'changed', align: 'right' },
              { title: 'failed', align: 'right' },
              { title: 'by' },
            ],
            backfills.map((one) => [
              one.backfill.toString(),
              scopeText({ ...one, to: addDays(one.lastDay, 1) }),
              statusPaint(one.status, style),
              `${one.changed + one.unchanged} of ${one.required}`,
              one.changed.toString(),
              one.failed.toString(),
              one.approver === null ? one.author : `${one.author}, approved by ${one.approver}`,
            ]),
            style,
          ),
  };
}
