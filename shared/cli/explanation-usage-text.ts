import type { CheckpointExplanation, MetricExplanation, UsageRowExplanation } from '../billing/explanation.ts';
import { Exact } from '../exact/exact.ts';
import { compared, type ExplanationView } from './explanation-view.ts';
import { figure, grouped } from './terminal/figures.ts';
import { counted, plain } from './terminal/table.ts';
import { type Branch, folded } from './terminal/tree.ts';

const GROUPS_SHOWN = 6;
const CHECKPOINTS_SHOWN = 2;
const QUERIES_SHOWN = 3;

/** From a metric's figure to its rows, their checkpoints, and what the sources were asked. */
export function metricBranch(metric: MetricExplanation, view: ExplanationView): Branch {
  return {
    text: `${metric.name} = ${figure(metric.value.billed)} ${metric.unit}  (${metric.title})`,
    branches: [
      { text: `roll-up ${metric.rollup}: ${metric.statement}`, branches: [{ text: rollUpText(metric, view) }] },
      ...(metric.basis === 'rows' ? [rowsBranch(metric, view)] : []),
      checkpointsBranch(metric, view),
    ],
  };
}

function rollUpText(metric: MetricExplanation, { style }: ExplanationView): string {
  if (metric.basis === 'document') return compared(metric.value, 'its rows are gone; the invoice keeps', style);
  const rows = counted(metric.rows.length, 'row');
  return `${compared(metric.value, `rolled up anew from ${rows}`, style)}${peakText(metric)}`;
}

/** Of a maximum, the day on which it was reached. */
function peakText(metric: MetricExplanation): string {
  if (metric.rollup !== 'max') return '';
  const peak = metric.days.reduce<{ readonly day: string; readonly total: Exact } | undefined>(
    (best, { day, total }) => {
      const exact = Exact.parse(total);
      return best === undefined || exact.compare(best.total) > 0 ? { day, total: exact } : best;
    },
    undefined,
  );
  return peak === undefined ? '' : `, reached on ${peak.day}`;
}

function rowsBranch(metric: MetricExplanation, view: ExplanationView): Branch {
  const note = `in the source's unit${metric.divisor === '1' ? '' : `, ${grouped(metric.divisor)} of which are one ${metric.unit}`}`;
  if (view.full) {
    return {
      text: `rows, ${note}`,
      branches: metric.rows.map((row) => ({
        text: `${row.day}  ${plain(row.project)}  ${row.region}  ${figure(row.quantity)}  from ${row.checkpoint}`,
      })),
    };
  }
  const groups = [...Map.groupBy(metric.rows, (row) => `${plain(row.project)} in ${row.region}`)];
  return {
    text: `rows, ${note}`,
    branches: folded(
      groups,
      GROUPS_SHOWN,
      false,
      ([name, rows]) => ({ text: `${name}: ${daysText(rows)}` }),
      'projects and regions',
    ),
  };
}

function daysText(rows: readonly UsageRowExplanation[]): string {
  const sum = rows.reduce((total, row) => total.add(Exact.parse(row.quantity)), Exact.zero);
  const days = rows.map(({ day }) => day).sort();
  const range = days.length === 1 ? (days[0] ?? '') : `${days[0]} to ${days.at(-1)}`;
  return `${counted(rows.length, 'day')}, ${range}, ${figure(sum.toString())} in all`;
}

function checkpointsBranch(metric: MetricExplanation, view: ExplanationView): Branch {
  const all = metric.checkpoints.flatMap((name) => view.checkpoints.get(name) ?? []);
  const rerun = all.filter(({ revision }) => revision > 1).length;
  const groups = [...Map.groupBy(all, ({ region, source }) => `${region}/${source}`)];
  return {
    text: `checkpoints  ${all.length.toLocaleString('en-US')}${rerun === 0 ? '' : `, ${rerun} of them revised`}`,
    branches: groups.map(([name, checkpoints]) => ({
      text: `${name}: ${counted(checkpoints.length, 'day')}`,
      branches: folded(
        checkpoints,
        CHECKPOINTS_SHOWN,
        view.full,
        (checkpoint) => checkpointBranch(checkpoint, view, checkpoint === checkpoints[0]),
        'checkpoints',
      ),
    })),
  };
}

/** A checkpoint with its evidence: its queries when all is shown, and of the first one of a source as an example. */
function checkpointBranch(checkpoint: CheckpointExplanation, view: ExplanationView, isExample: boolean): Branch {
  const superseded = checkpoint.status === 'superseded' ? view.style.warning(', superseded since') : '';
  const { name, rowCount, total, digest, queries, facts } = checkpoint;
  return {
    text: `${name}  ${counted(rowCount, 'row')}, total ${figure(total)}, ${view.full ? digest : `${digest.slice(0, 19)}…`}${superseded}`,
    branches:
      view.full || isExample
        ? [
            ...folded(queries, QUERIES_SHOWN, view.full, queryBranch, 'queries'),
            ...(Object.keys(facts).length === 0
              ? []
              : [{ text: `evidence  ${Object.entries(facts).map(factText).join(', ')}` }]),
          ]
        : [],
  };
}

function queryBranch({ text, parameters }: CheckpointExplanation['queries'][number]): Branch {
  const given = Object.entries(parameters).map(([name, value]) => `${name} = ${plain(value)}`);
  const lines = text.split('\n').map(plain).join('\n      ');
  return { text: `query ${lines}${given.length === 0 ? '' : `\n      with ${given.join(', ')}`}` };
}

function factText([name, value]: readonly [string, unknown]): string {
  const text = Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
  return `${name} ${plain(text)}`;
}
