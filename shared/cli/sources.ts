import { listDefinitions, resolveDefinition, showDefinition } from '../catalogue/definition-list.ts';
import {
  approveDefinition,
  type DefinitionOutcome,
  rejectDefinition,
  submitDefinition,
} from '../catalogue/definitions.ts';
import type { UsageDefinitionStatus } from '../database/queries.generated.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { requireJsonFile } from './plan-file.ts';
import type { Session } from './session.ts';
import { registerSourcesCheck } from './sources-check.ts';
import { definitionListText, definitionText } from './sources-text.ts';

const ALL_STATES: readonly UsageDefinitionStatus[] = ['draft', 'in_review', 'approved', 'retired', 'rejected'];
const ID_HELP =
  '\nID is the digest of a definition, the beginning of it, or its name (requests, data-gb/europe-west1) when only one fits.';

interface Acting {
  readonly as?: string;
  readonly why?: string;
}

export function registerSources(registration: Registration): void {
  const { io, program } = registration;
  const group = program
    .command('sources')
    .description('say what is counted and from where, try it out, and have it reviewed')
    .addHelpText('after', ID_HELP);
  const acting = (name: string, description: string) =>
    addActingCommand(group, name, description).option('--why <reason>', 'kept in the audit log');
  addCommand(group, 'list', 'metrics and sources, what is in force and what is under review').action(
    runReading(registration, list),
  );
  addCommand(group, 'show <id>', 'a definition and its review').action(runReading(registration, show));
  registerSourcesCheck(group, registration);
  acting('submit <file>', 'put a metric, or a version of a source, under review').action(
    runActing(registration, ['author'], (session, file: string, options: Acting) => submit(io, session, file, options)),
  );
  acting('approve <id>', "put a definition under review in force; never one's own").action(
    runActing(registration, ['approver', 'finance'], (session, id: string, options: Acting) =>
      step(session, id, options, 'approve', approveDefinition),
    ),
  );
  acting('reject <id>', 'end the review of a definition, for good').action(
    runActing(registration, ['author', 'approver', 'finance'], (session, id: string, options: Acting) =>
      step(session, id, options, 'reject', rejectDefinition),
    ),
  );
}

async function list(session: Session): Promise<CommandOutcome> {
  const definitions = await listDefinitions(session.database);
  return { kind: 'done', value: { definitions }, text: (style) => definitionListText(definitions, style) };
}

async function show(session: Session, id: string): Promise<CommandOutcome> {
  const found = await resolveDefinition(session.database, id, ALL_STATES);
  if (found.kind === 'refused') return refused(found.reason, found.detail);
  const shown = await showDefinition(session.database, found.definition);
  if (shown === undefined) return refused('not_found', `There is no definition ${found.definition}.`);
  return { kind: 'done', value: shown, text: (style) => definitionText(shown, style) };
}

async function submit(io: CommandIo, session: ActingSession, file: string, { why }: Acting): Promise<CommandOutcome> {
  const reading = requireJsonFile(io, file);
  if (reading.kind === 'refused') return reading;
  const given = { document: reading.json, author: session.actor, why: why ?? 'daybook sources submit' };
  const outcome = await submitDefinition(session, given);
  switch (outcome.kind) {
    case 'refused':
      return refused(outcome.reason, `${outcome.detail}`);
    case 'unchanged':
      return {
        kind: 'done',
        value: { ok: true, name: outcome.name, status: 'approved' },
        text: () => `${outcome.name} is in force already, as this file has it.`,
      };
    case 'submitted': {
      const { definition, name } = outcome;
      return {
        kind: 'done',
        value: { ok: true, definition, name, status: 'in_review' },
        text: (style) =>
          `${style.good('in_review')} ${name}: another person puts it in force with daybook sources approve ${definition.slice(7, 19)}`,
      };
    }
    default:
      return outcome satisfies never;
  }
}

async function step(
  session: ActingSession,
  id: string,
  { why }: Acting,
  name: string,
  take: typeof approveDefinition,
): Promise<CommandOutcome> {
  const found = await resolveDefinition(session.database, id, ['in_review']);
  if (found.kind === 'refused') return refused(found.reason, found.detail);
  const given = { definition: found.definition, actor: session.actor, why: why ?? `daybook sources ${name}` };
  const outcome: DefinitionOutcome = await take(session, given);
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const { definition, status } = outcome;
  return {
    kind: 'done',
    value: { definition, status },
    text: (style) => `${style.good(status)} ${definition}`,
  };
}
