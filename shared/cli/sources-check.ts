import type { Command } from 'commander';
import { addDays, type UtcDay, utcDayOf } from '../calendar/utc-day.ts';
import { parseDefinition } from '../catalogue/definition-document.ts';
import { resolveDefinition, showDefinition } from '../catalogue/definition-list.ts';
import { findProblem } from '../catalogue/definitions.ts';
import { usageSourceListActive } from '../database/queries.generated.ts';
import { type ConfiguredSource, openReaders } from '../sources/readers.ts';
import { type DryRun, dryRun } from '../usage/dry-run.ts';
import { addCommand, parseDayArgument, type Registration, runReading } from './commands.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { isFile, requireJsonFile } from './plan-file.ts';
import type { Session } from './session.ts';
import { grouped } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, pairs, plain } from './terminal/table.ts';

const SHOWN_PROJECTS = 10;

interface CheckOptions {
  readonly region: string;
  readonly day?: UtcDay;
}

export function registerSourcesCheck(group: Command, registration: Registration): void {
  addCommand(
    group,
    'check [source]',
    'read a day as its aggregation would, and show what it would count; writes nothing',
  )
    .addHelpText(
      'after',
      '\nSOURCE is a file, a definition, or a source in force; without it, every source of the region is checked.',
    )
    .requiredOption('--region <region>', 'the region, like europe-west1')
    .option('--day <day>', 'a UTC day that is over; otherwise yesterday', parseDayArgument)
    .action(
      runReading(registration, (session, source: string | undefined, options: CheckOptions) =>
        check(registration.io, session, source, options),
      ),
    );
}

/** A source to try out, and what stands against it whatever it counts. */
interface Candidate extends ConfiguredSource {
  readonly problem?: string;
}

type Candidates =
  | { readonly kind: 'found'; readonly sources: readonly Candidate[] }
  | Extract<CommandOutcome, { kind: 'refused' }>;

async function check(
  io: CommandIo,
  session: Session,
  source: string | undefined,
  { region, day }: CheckOptions,
): Promise<CommandOutcome> {
  const now = session.effects.now();
  const read = day ?? addDays(utcDayOf(now), -1);
  if (read >= utcDayOf(now)) return refused('day_not_over', `${read} is not over yet (UTC): choose an earlier day.`);
  const found = await candidates(io, session, source, region, read);
  if (found.kind === 'refused') return found;
  const openReader = openReaders(session.configuration, session.effects);
  const results: Checked[] = [];
  for (const one of found.sources) {
    const run = await dryRun(await openReader(one, now), region, read, { shown: SHOWN_PROJECTS });
    results.push({ source: one.source_id, problem: one.problem ?? null, run });
  }
  const bad = results.some(({ problem, run }) => problem !== null || run.reading.kind === 'incomplete');
  return {
    kind: bad ? 'failed' : 'done',
    value: { region, day: read, sources: results.map(checkedJson) },
    text: (style) => results.map((result) => checkedText(result, region, read, style)).join('\n\n'),
  };
}

/** A file, a definition, or sources in force. */
async function candidates(
  io: CommandIo,
  session: Session,
  source: string | undefined,
  region: string,
  day: UtcDay,
): Promise<Candidates> {
  if (source !== undefined && isFile(io, source)) {
    const reading = requireJsonFile(io, source);
    return reading.kind === 'refused' ? reading : candidateOf(session, reading.json, region);
  }
  const active = await session.database.rows(usageSourceListActive, { region, day });
  const chosen = active.filter(({ source_id }) => source === undefined || source_id === source);
  if (chosen.length > 0) return { kind: 'found', sources: chosen };
  if (source === undefined)
    return {
      kind: 'refused',
      reason: 'not_found',
      message: `No source is active in ${region} on ${day}: see daybook sources list.`,
    };
  const definition = await resolveDefinition(session.database, source, ['draft', 'in_review', 'approved']);
  if (definition.kind === 'refused') return { kind: 'refused', reason: definition.reason, message: definition.detail };
  const shown = await showDefinition(session.database, definition.definition);
  const { configurationDigest: _digest, ...document } = shown?.document ?? {};
  return candidateOf(session, document, region);
}

async function candidateOf(session: Session, json: unknown, region: string): Promise<Candidates> {
  const parsed = parseDefinition(json);
  if (parsed.kind === 'refused') return { kind: 'refused', reason: 'invalid', message: parsed.detail };
  const { definition } = parsed;
  if (definition.kind === 'metric')
    return {
      kind: 'refused',
      reason: 'no_source',
      message: `${definition.name} is a metric: only a source can be read.`,
    };
  if (definition.region !== region) {
    const message = `The definition is of ${definition.region}: check it with --region ${definition.region}.`;
    return { kind: 'refused', reason: 'other_region', message };
  }
  const problem = await findProblem(session.database, definition);
  const candidate = { source_id: definition.source, configuration: definition.configuration };
  const against = problem?.kind === 'refused' ? { problem: problem.detail } : {};
  return { kind: 'found', sources: [{ ...candidate, ...against }] };
}

interface Checked {
  readonly source: string;
  /** Why it could not be put in force as it is; null when it could. */
  readonly problem: string | null;
  readonly run: DryRun;
}

function checkedJson({ source, problem, run }: Checked) {
  const { reading, rowCount, total, top } = run;
  const { evidence } = reading;
  if (reading.kind === 'incomplete')
    return { source, problem, outcome: 'incomplete', reason: reading.reason, detail: reading.detail, evidence };
  return { source, problem, outcome: 'complete', rows: rowCount, total, top, evidence };
}

function checkedText({ source, problem, run }: Checked, region: string, day: UtcDay, style: Style): string {
  const { reading, rowCount, total, top } = run;
  const lines = [style.bold(`${source} in ${region} on ${day}`)];
  if (problem !== null) lines.push(indent(style.bad(`cannot be put in force: ${plain(problem)}`), 2));
  if (reading.kind === 'incomplete') lines.push(indent(style.bad(`${reading.reason}: ${plain(reading.detail)}`), 2));
  else {
    lines.push(indent(style.good(`would count ${grouped(total)} in ${counted(rowCount, 'row')}`), 2));
    const figures = top.map(({ project, quantity }): [string, string] => [plain(project), grouped(quantity)]);
    if (figures.length > 0) lines.push(indent(pairs(figures, style), 4));
  }
  const facts = Object.entries(reading.evidence.facts).map(([fact, value]): [string, string] => [
    fact,
    plain(typeof value === 'object' ? value.join(', ') || 'none' : String(value)),
  ]);
  if (facts.length > 0) lines.push(indent(style.dim('evidence'), 2), indent(pairs(facts, style), 4));
  const queries = reading.evidence.queries.length;
  lines.push(indent(style.dim(`${counted(queries, 'query', 'queries')} asked; nothing was written`), 2));
  return lines.join('\n');
}
