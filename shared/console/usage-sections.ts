import { html } from 'hono/html';
import { COMMANDS } from '../alerts/commands.ts';
import { addDays, type DayRange, type UtcDay } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import { backfillList, completenessWaiverListAll, usageAnomalyList } from '../database/queries.generated.ts';
import { formatCount, formatNumber, words } from './format.ts';
import type { Html } from './page.ts';
import { badge, command, cutNote, instant, section, tableOr } from './parts.ts';

/** Older backfills and more anomalies are listed by the command line. */
const MOST_BACKFILLS = 20;
const MOST_ANOMALIES = 200;

/** What stands beside the matrix of some days: waivers, anomalies, reruns and backfills, with the command that decides. */
export async function usageSections(reader: Reader, days: DayRange): Promise<Html> {
  const range = { from_day: days.from, to_day: days.to };
  const [waivers, anomalies, backfills] = await Promise.all([
    reader.rows(completenessWaiverListAll, range),
    reader.rows(usageAnomalyList, { ...range, with_ended: true }),
    reader.rows(backfillList, { ...range, most: MOST_BACKFILLS }),
  ]);
  return html`${anomalySection(anomalies)}${waiverSection(waivers)}${backfillSection(backfills)}`;
}

type Waiver = NonNullable<(typeof completenessWaiverListAll)['row']>;
type Anomaly = NonNullable<(typeof usageAnomalyList)['row']>;
type Backfill = NonNullable<(typeof backfillList)['row']>;

export function anomalySection(anomalies: readonly Anomaly[]): Html {
  const rows = anomalies
    .slice(0, MOST_ANOMALIES)
    .map((row) => [
      `#${row.anomaly_id}`,
      html`<a href="/customers/${row.customer_id}">${row.customer_name}</a>`,
      html`<a href="/usage/${row.region}/${row.source_id}/${row.day}">${row.region}/${row.source_id}/${row.day}</a>`,
      html`${words(row.kind)}${row.project_id === null ? '' : html`<span class="sub">${row.project_id}</span>`}`,
      formatNumber(row.quantity),
      html`${formatNumber(row.baseline)}<span class="sub">${row.kind === 'project_vanished' ? 'the day before' : `median of ${row.baseline_days} days`}</span>`,
      html`${badge(row.status)}${row.ended_by === null ? '' : html`<span class="sub">${row.ended_by}: ${row.why ?? ''}</span>`}`,
    ]);
  const open = anomalies.find((row) => row.status === 'open');
  return section(
    'Anomalies',
    html`${tableOr(
      'No figure is outside the bounds of ordinary variation.',
      'Anomalies',
      [
        { label: 'Number' },
        { label: 'Customer' },
        { label: 'Cell' },
        { label: 'What' },
        { label: 'Figure', numeric: true },
        { label: 'Against', numeric: true },
        { label: 'State' },
      ],
      rows,
    )}${cutNote(rows.length, anomalies.length, 'anomalies')}${open === undefined ? '' : command(`${COMMANDS.rerun(open.region, open.day)}\n${COMMANDS.releaseAnomaly(open.anomaly_id)}`)}`,
    'Figures that are complete and still look wrong, in the source’s unit. An open one holds its customer’s invoice and no other; a rerun that mends the figure clears it, a person who knows that it is right releases it.',
  );
}

export function waiverSection(waivers: readonly Waiver[]): Html {
  const rows = waivers.map((row) => [
    html`<a href="/usage/${row.region}/${row.source_id}/${row.day}">${row.region}/${row.source_id}/${row.day}</a>`,
    badge(row.status),
    row.why,
    html`${row.author}<span class="sub">${instant(row.proposed_at)}</span>`,
    row.approver === null || row.waived_at === null
      ? '–'
      : html`${row.approver}<span class="sub">${instant(row.waived_at)}</span>`,
  ]);
  const proposed = waivers.find((row) => row.status === 'proposed');
  return section(
    'Waivers',
    html`${tableOr(
      'No day is waived, and none is proposed.',
      'Waivers',
      [{ label: 'Cell' }, { label: 'State' }, { label: 'Why' }, { label: 'Proposed by' }, { label: 'Approved by' }],
      rows,
    )}${proposed === undefined ? '' : command(COMMANDS.approveWaiver(proposed.region, proposed.source_id, proposed.day))}`,
    'A waived day is billed without a figure. One person proposes, another approves.',
  );
}

function backfillSection(backfills: readonly Backfill[]): Html {
  const rows = backfills.map((row) => {
    const last = addDays(row.to_day as UtcDay, -1);
    const done = row.changed + row.unchanged;
    return [
      `#${row.backfill_id}`,
      html`${row.from_day === last ? last : `${row.from_day} to ${last}`}<span class="sub">${row.region ?? 'every region'}, ${row.source_id ?? 'every source'}</span>`,
      badge(row.status),
      `${formatCount(done)} of ${formatCount(row.cells)}`,
      formatCount(row.changed),
      formatCount(row.failed),
      html`${row.author}${row.approver === null ? '' : html`, approved by ${row.approver}`}<span class="sub">${row.why}, ${instant(row.opened_at)}</span>`,
    ];
  });
  const waiting = backfills.find((row) => row.status === 'proposed' || row.status === 'failed');
  return section(
    'Reruns and backfills',
    html`${tableOr(
      'Nothing of these days was read again by hand.',
      'Reruns and backfills',
      [
        { label: 'Number' },
        { label: 'Days' },
        { label: 'State' },
        { label: 'Cells done', numeric: true },
        { label: 'New revisions', numeric: true },
        { label: 'Failed', numeric: true },
        { label: 'By' },
      ],
      rows,
    )}${waiting === undefined ? '' : command(backfillCommand(waiting))}`,
    'Days that are read again, cell by cell. One that reaches into a closed period takes a second person.',
  );
}

function backfillCommand({ backfill_id: id, status }: Backfill): string {
  return status === 'proposed' ? COMMANDS.approveBackfill(id) : COMMANDS.resumeBackfill(id);
}
