import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { UtcDay } from '../calendar/utc-day.ts';
import { openReaders } from '../sources/readers.ts';
import { aggregateDay } from '../usage/aggregate.ts';
import { cellName } from '../usage/cell.ts';
import type { AttemptOutcome } from '../usage/checkpoint.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  parseDayArgument,
  parsePeriodArgument,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { completeness } from './completeness.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain, table } from './terminal/table.ts';
import { registerAnomalies } from './usage-anomalies.ts';
import { registerBackfills } from './usage-backfill.ts';
import { registerUsageSoFar } from './usage-so-far.ts';
import { registerWaivers } from './usage-waivers.ts';

interface AggregateOptions {
  readonly as?: string;
  readonly region: string;
  readonly day: UtcDay;
}

export function registerUsage(registration: Registration): void {
  const group = registration.program.command('usage').description('read usage from its sources and see what is there');
  addActingCommand(
    group,
    'aggregate',
    'read one day of one region, as the daily job does; a repeat makes no new revision unless the data changed',
  )
    .requiredOption('--region <region>', 'the region, like europe-west1')
    .requiredOption('--day <day>', 'the UTC day, like 2026-10-31', parseDayArgument)
    .action(runActing(registration, ['operator'], aggregate));
  addCommand(group, 'completeness', 'what is there and what is missing of a period, by region, source and day')
    .requiredOption('--period <period>', 'the month, like 2026-10', parsePeriodArgument)
    .action(
      runReading(registration, (session, { period }: { readonly period: BillingPeriod }) =>
        completeness(session, period),
      ),
    );
  registerUsageSoFar(group, registration);
  registerBackfills(group, registration);
  registerWaivers(group, registration);
  registerAnomalies(group, registration);
}

async function aggregate(session: ActingSession, { region, day }: AggregateOptions): Promise<CommandOutcome> {
  const { configuration, effects, database, actor } = session;
  const openReader = openReaders(configuration, effects);
  const result = await aggregateDay(
    { database, effects, openReader },
    { region, day, snapshotAt: effects.now(), actor, why: `daybook usage aggregate --region ${region} --day ${day}` },
  );
  if (result.kind === 'refused') return refused('cannot_aggregate', `${result.reason}.`);
  const publication = await session.publish();
  const bad = result.outcomes.some((outcome) => outcome.kind === 'failed' || outcome.kind === 'fenced_out');
  return {
    kind: bad ? 'failed' : 'done',
    value: { region, day, sources: result.outcomes.map(outcomeJson), publication },
    text: (style) => {
      const note = publication.kind === 'waiting' ? `\n${style.warning(publication.message)}` : '';
      return `${style.bold(`${region} on ${day}`)}\n${aggregationText(result.outcomes, style)}${note}`;
    },
  };
}

function outcomeJson(outcome: AttemptOutcome) {
  const { cell, kind, ...rest } = outcome;
  return { source: cell.source, outcome: kind, ...rest };
}

function aggregationText(outcomes: readonly AttemptOutcome[], style: Style): string {
  const lines = table(
    [{ title: 'source' }, { title: 'outcome' }, { title: 'checkpoint' }],
    outcomes.map((outcome) => [outcome.cell.source, ...outcomeCells(outcome, style)]),
    style,
  );
  const failures = outcomes.filter((outcome) => outcome.kind === 'failed');
  const details = failures.map(
    (failure) => `\n${style.bad(`${cellName(failure.cell)}: ${failure.reason}`)}\n${indent(plain(failure.detail), 2)}`,
  );
  return indent(lines, 2) + details.join('');
}

function outcomeCells(outcome: AttemptOutcome, style: Style): readonly [string, string] {
  switch (outcome.kind) {
    case 'complete':
      return [style.good(`complete, ${counted(outcome.rows, 'row')}`), outcome.checkpoint];
    case 'unchanged':
      return ['unchanged, no new revision', outcome.checkpoint];
    case 'failed':
      return [style.bad(`failed: ${outcome.reason}`), 'none; it is retried by policy, or run this again'];
    case 'fenced_out':
      return [style.warning('overtaken by another attempt'), 'see daybook usage completeness'];
    default:
      return outcome satisfies never;
  }
}
