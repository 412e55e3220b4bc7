import type { Enforcement, RetentionOutcome } from '../retention/enforce.ts';
import { type Blocker, type PlannedMonth, type RetentionPlan, stateOf } from '../retention/plan.ts';
import { grouped, shortDigest } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain, table } from './terminal/table.ts';

const STEP_WORDS: Readonly<Record<PlannedMonth['step'], string>> = {
  make: 'make',
  seal: 'seal',
  drop: 'drop',
  attach: 'put back',
  none: '',
};

const BLOCKERS_SHOWN = 3;

export function planText({ at, months, stray }: RetentionPlan, style: Style): string {
  const rows = months.map((month) => [
    month.month,
    statePaint(stateOf(month), style),
    month.figures === null ? '' : grouped(month.figures.rows.toString()),
    month.figures === null ? '' : shortDigest(month.figures.digest),
    month.status === 'dropped' ? '' : month.keptUntil,
    month.step === 'none' ? '' : style.bold(STEP_WORDS[month.step]),
    month.blockers.length === 0 ? '' : blockersText(month.blockers),
  ]);
  const listed = table(
    [
      { title: 'month' },
      { title: 'state' },
      { title: 'rows', align: 'right' },
      { title: 'digest' },
      { title: 'kept until' },
      { title: 'due' },
      { title: 'kept by' },
    ],
    rows,
    style,
  );
  const due = months.filter(({ step }) => step !== 'none').length;
  const next =
    due === 0
      ? style.good('No step is due.')
      : `${counted(due, 'step')} due: enforce-retention takes them every day, and daybook retention apply now.`;
  const head = style.bold(`Usage rows, as of ${at.toISOString().slice(0, 10)}`);
  return [head, listed, next, ...strayText(stray, style)].join('\n\n');
}

function statePaint(state: ReturnType<typeof stateOf>, style: Style): string {
  switch (state) {
    case 'open':
      return style.good(state);
    case 'held':
    case 'detached':
      return style.warning(state);
    case 'absent':
    case 'dropped':
      return style.dim(state);
    case 'sealed':
      return state;
    default:
      return state satisfies never;
  }
}

function blockersText(blockers: readonly Blocker[]): string {
  const shown = blockers.slice(0, BLOCKERS_SHOWN).map(blockerText);
  const more = blockers.length - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** `hold 3 by person:ana: audit of 2024`, `invoice 2024-10/acme/usage is finalized`. */
export function blockerText({ kind, subject, detail }: Blocker): string {
  const what = plain(`${subject} ${detail}`);
  switch (kind) {
    case 'held':
      return `hold ${what}`;
    case 'run_not_closed':
    case 'run_not_approved':
      return `run ${what}`;
    case 'invoice_open':
      return `invoice ${what}`;
    case 'exception_open':
      return `exception ${what}`;
    case 'attempt_running':
      return what;
    default:
      return kind satisfies never;
  }
}

function strayText({ rows, firstDay, lastDay }: RetentionPlan['stray'], style: Style): string[] {
  if (rows === 0) return [];
  return [style.bad(`${counted(rows, 'row')} from ${firstDay} to ${lastDay} in no month: see daybook exceptions list`)];
}

export function enforcementText({ outcomes, stray }: Enforcement, style: Style): string {
  const lines = outcomes.map((one) => `${one.month}  ${outcomeText(one, style)}`);
  const done = lines.length === 0 ? style.good('No step was due.') : indent(lines.join('\n'), 2);
  return [done, ...strayText(stray, style)].join('\n\n');
}

function outcomeText({ outcome }: RetentionOutcome, style: Style): string {
  switch (outcome.kind) {
    case 'made':
    case 'sealed':
    case 'dropped':
      return style.good(outcome.kind);
    case 'attached':
      return style.warning('put back: something needs it');
    case 'postponed':
      return `${style.warning('postponed')}: ${plain(outcome.reason)}`;
    case 'failed':
      return `${style.bad('failed')}: ${plain(outcome.reason)}`;
    default:
      return outcome satisfies never;
  }
}
