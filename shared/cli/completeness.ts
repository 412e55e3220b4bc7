import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import { daysOf, type UtcDay, utcDayOf } from '../calendar/utc-day.ts';
import { cellName } from '../usage/cell.ts';
import { type CellState, completenessOf, type RequiredCell } from '../usage/completeness.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import type { Paint, Style } from './terminal/style.ts';
import { counted, indent, plain } from './terminal/table.ts';

/** A cell as it is shown: a day that is not over cannot be missing. */
type ShownState = CellState['kind'] | 'not_over';

const SHOWN: Readonly<
  Record<
    ShownState,
    { readonly mark: string; readonly colour: 'good' | 'warning' | 'bad' | 'dim'; readonly meaning: string }
  >
> = {
  complete: { mark: '■', colour: 'good', meaning: 'complete' },
  waived: { mark: 'w', colour: 'warning', meaning: 'waived' },
  running: { mark: '~', colour: 'warning', meaning: 'being read' },
  failed: { mark: 'x', colour: 'bad', meaning: 'failed' },
  missing: { mark: '·', colour: 'bad', meaning: 'missing' },
  not_over: { mark: '-', colour: 'dim', meaning: 'not over yet' },
};

const MOST_SHOWN = 12;

/** The matrix region × source × day of a period, and the commands that help. */
export async function completeness(session: Session, period: BillingPeriod): Promise<CommandOutcome> {
  const cells = await completenessOf(session.database, periodDays(period));
  if (cells.length === 0) {
    return refused(
      'nothing_required',
      `No usage source is active on any day of ${period}: set up regions and sources first, or name another period.`,
    );
  }
  const today = utcDayOf(session.effects.now());
  const lacking = cells.filter((cell) => cell.state.kind !== 'complete' && cell.state.kind !== 'waived');
  const commands = [...new Set(lacking.filter((cell) => cell.day < today).map(aggregateCommand))];
  return {
    kind: 'done',
    value: {
      period,
      complete: lacking.length === 0,
      required: cells.length,
      counts: Object.fromEntries(
        [...Map.groupBy(cells, (cell) => cell.state.kind)].map(([kind, group]) => [kind, group.length]),
      ),
      cells: cells.map((cell) => ({
        region: cell.region,
        source: cell.source,
        day: cell.day,
        ...stateJson(cell.state),
      })),
      commands,
    },
    text: (style) =>
      [
        heading(period, cells, lacking.length, style),
        matrix(period, cells, today, style),
        lackingText(
          lacking.filter((cell) => cell.day < today),
          commands,
          style,
        ),
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
  };
}

function stateJson({ kind, ...rest }: CellState) {
  return { state: kind, ...rest };
}

function aggregateCommand(cell: RequiredCell): string {
  return `daybook usage aggregate --region ${cell.region} --day ${cell.day}`;
}

function heading(period: BillingPeriod, cells: readonly RequiredCell[], lacking: number, style: Style): string {
  const present = cells.length - lacking;
  const state = lacking === 0 ? style.good('complete') : style.bad(`${lacking.toLocaleString('en-US')} to come`);
  return `${style.bold(`Completeness of ${period}`)}: ${present.toLocaleString('en-US')} of ${counted(cells.length, 'cell')} there, ${state}`;
}

function matrix(period: BillingPeriod, cells: readonly RequiredCell[], today: UtcDay, style: Style): string {
  const days = daysOf(periodDays(period));
  const regions = Map.groupBy(cells, (cell) => cell.region);
  const width = (names: Iterable<string>) => Math.max(...[...names].map((name) => name.length));
  const regionWidth = width(regions.keys());
  const sourceWidth = width(cells.map((cell) => cell.source));
  const used = new Set<ShownState>();
  const lines = [...regions].flatMap(([region, ofRegion]) =>
    [...Map.groupBy(ofRegion, (cell) => cell.source)].map(([source, ofSource], index) => {
      const states = new Map(ofSource.map((cell) => [cell.day, shownState(cell, today)]));
      for (const state of states.values()) used.add(state);
      const name = (index === 0 ? region : '').padEnd(regionWidth);
      return `${name}  ${source.padEnd(sourceWidth)}  ${drawDays(days, states, style)}`.trimEnd();
    }),
  );
  const ruler = `${' '.repeat(regionWidth + sourceWidth + 4)}${days.map(rulerMark).join('').slice(0, days.length)}`;
  const legend = [...used]
    .map((state) => `${paintOf(state, style)(SHOWN[state].mark)} ${SHOWN[state].meaning}`)
    .join('   ');
  return [style.dim(ruler), ...lines, '', legend].join('\n');
}

/** The number of every fifth day, and nothing over the others. */
function rulerMark(day: UtcDay): string {
  const number = Number(day.slice(8));
  if (number === 1 || number % 5 === 0) return String(number).slice(0, 1);
  return (number - 1) % 5 === 0 && number > 10 ? String(number - 1).slice(1) : ' ';
}

/** Runs of equal days in one colour. */
function drawDays(days: readonly UtcDay[], states: ReadonlyMap<UtcDay, ShownState>, style: Style): string {
  let drawn = '';
  let from = 0;
  for (let at = 1; at <= days.length; at += 1) {
    const state = states.get(days[from] as UtcDay);
    if (at < days.length && states.get(days[at] as UtcDay) === state) continue;
    const length = at - from;
    drawn += state === undefined ? ' '.repeat(length) : paintOf(state, style)(SHOWN[state].mark.repeat(length));
    from = at;
  }
  return drawn;
}

function shownState(cell: RequiredCell, today: UtcDay): ShownState {
  return cell.state.kind === 'missing' && cell.day >= today ? 'not_over' : cell.state.kind;
}

function paintOf(state: ShownState, style: Style): Paint {
  return style[SHOWN[state].colour];
}

function lackingText(lacking: readonly RequiredCell[], commands: readonly string[], style: Style): string {
  if (lacking.length === 0) return '';
  const named = lacking.slice(0, MOST_SHOWN).map((cell) => `${cellName(cell)}  ${whyLacking(cell.state)}`);
  const more =
    lacking.length > MOST_SHOWN ? [`… and ${counted(lacking.length - MOST_SHOWN, 'more cell')} (all with --json)`] : [];
  const helps = commands.slice(0, MOST_SHOWN);
  const moreHelps =
    commands.length > MOST_SHOWN
      ? [`… and ${counted(commands.length - MOST_SHOWN, 'more command')} (all with --json)`]
      : [];
  return [
    style.bold('To come'),
    indent([...named, ...more].join('\n'), 2),
    style.bold('What helps'),
    indent([...helps, ...moreHelps].join('\n'), 2),
    style.dim('What a source has lost for good is waived by two people: daybook usage waive --help'),
  ].join('\n');
}

function whyLacking(state: CellState): string {
  switch (state.kind) {
    case 'failed':
      return `failed: ${state.reason}, ${plain(state.detail)}`;
    case 'missing':
      return 'never read';
    case 'running':
      return 'being read';
    case 'complete':
    case 'waived':
      return state.kind;
    default:
      return state satisfies never;
  }
}
