import { addCommand, type Registration, runReading } from './commands.ts';
import type { CommandOutcome } from './outcome.ts';
import type { Session } from './session.ts';
import { type Health, problemsOf, readHealth } from './status-health.ts';
import { readSchedules, scheduleProblem } from './status-schedules.ts';
import { age } from './terminal/figures.ts';
import { statusPaint } from './terminal/status-paint.ts';
import type { Style } from './terminal/style.ts';
import { counted, pairs, table } from './terminal/table.ts';

const RUNS_SHOWN = 6;

export function registerStatus(registration: Registration): void {
  addCommand(registration.program, 'status', 'how it all stands: usage, runs, outbox, exceptions, dead letters').action(
    runReading<[]>(registration, status),
  );
}

async function status(session: Session): Promise<CommandOutcome> {
  const { database, effects } = session;
  const health = await readHealth(database, effects.now());
  const schedules = await readSchedules(session);
  const resting = scheduleProblem(schedules);
  const problems = [...problemsOf(health), ...(resting === null ? [] : [resting])];
  return {
    kind: 'done',
    value: { ...health, schedules, problems },
    text: (style) =>
      [factsText(health, style), runsText(health, style), sourcesText(health, style), verdict(problems, style)].join(
        '\n\n',
      ),
  };
}

function factsText(health: Health, style: Style): string {
  const { now, periods, exceptions, deadLetters, strayRows } = health;
  const byClass = Object.entries(exceptions.byClass).map(([name, count]) => `${name} ${count}`);
  const open = `${exceptions.open} open (${byClass.join(', ')}), ${exceptions.waitingForPerson} for a person`;
  const letters = deadLetters.reduce((sum, { waiting }) => sum + waiting, 0);
  return pairs(
    [
      ...periods.map((period): [string, string] => [`usage of ${period.period}`, periodText(period, style)]),
      ['outbox', outboxText(health.outbox, now, style)],
      ['exceptions', exceptions.open === 0 ? style.good('none') : open],
      ['dead letters', letters === 0 ? style.good('none') : style.bad(counted(letters, 'message'))],
      [
        'partitions',
        strayRows === 0 ? style.good('every row in its month') : style.bad(`${counted(strayRows, 'row')} in none`),
      ],
    ],
    style,
  );
}

function periodText({ required, missing }: Health['periods'][number], style: Style): string {
  if (required === 0) return 'nothing is required yet';
  const there = `${(required - missing).toLocaleString('en-US')} of ${counted(required, 'cell')} of the days that are over`;
  return missing === 0 ? style.good(there) : style.bad(there);
}

function outboxText({ waiting, oldest }: Health['outbox'], now: Date, style: Style): string {
  if (oldest === null) return style.good('everything is published');
  return `${counted(Number(waiting), 'fact')} waiting, the oldest for ${age(oldest, now)}`;
}

function runsText({ runs }: Health, style: Style): string {
  if (runs.length === 0) return 'No billing run yet: the first checkpoint of a period opens it.';
  const rows = runs
    .slice(0, RUNS_SHOWN)
    .map(({ run, status: stage, approver }) => [run, statusPaint(stage, style), approver ?? '']);
  return table([{ title: 'run' }, { title: 'stage' }, { title: 'signed off by' }], rows, style);
}

function sourcesText({ sources, now }: Health, style: Style): string {
  if (sources.length === 0) return style.warning('No usage source is active.');
  const rows = sources.map(({ region, source, lastDay, checkpoint, madeAt }) => {
    return [
      region,
      source,
      lastDay ?? style.bad('never'),
      checkpoint ?? '',
      madeAt === null ? '' : `${age(madeAt, now)} ago`,
    ];
  });
  const columns = [
    { title: 'region' },
    { title: 'source' },
    { title: 'last day' },
    { title: 'checkpoint' },
    { title: 'made' },
  ];
  return table(columns, rows, style);
}

function verdict(problems: readonly string[], style: Style): string {
  if (problems.length === 0) return style.good('Nothing needs attention.');
  return [style.bad('Needs attention'), ...problems.map((problem) => `  ${problem}`)].join('\n');
}
