import { type Command, InvalidArgumentError } from 'commander';
import { type BillingPeriod, parseBillingPeriod } from '../calendar/billing-period.ts';
import { parseUtcDay, type UtcDay } from '../calendar/utc-day.ts';
import type { PrincipalRole } from '../database/queries.generated.ts';
import { tracedCall } from '../tracing/traced-call.ts';
import type { CommandIo } from './io.ts';
import type { CommandOutcome } from './outcome.ts';
import { identify, openSession, type Publication, publishFacts, type Session } from './session.ts';

/** Takes a finished command's outcome, to be printed once. */
type Finish = (command: Command, outcome: CommandOutcome) => void;

/** What the commands are registered with. */
export interface Registration {
  readonly program: Command;
  readonly io: CommandIo;
  readonly finish: Finish;
}

/** A session in which somebody acts. */
export interface ActingSession extends Session {
  readonly actor: string;
  /** Sends what was committed; to be called once after the work. */
  publish(): Promise<Publication>;
}

/** Adds a command to its group. Every command takes --json. */
export function addCommand(group: Command, nameAndArguments: string, description: string): Command {
  return group.command(nameAndArguments).description(description).option('--json', 'print JSON instead of text');
}

/** As {@link addCommand}, for a command that changes something and needs to know in whose name. */
export function addActingCommand(group: Command, nameAndArguments: string, description: string): Command {
  return addCommand(group, nameAndArguments, description).option(
    '--as <principal>',
    'who acts, like person:ana@example.com; otherwise DAYBOOK_PRINCIPAL',
  );
}

/** The action of a command that needs no database. */
export function run<Arguments extends readonly unknown[]>(
  { finish }: Registration,
  work: (...given: Arguments) => Promise<CommandOutcome> | CommandOutcome,
) {
  return async (...given: [...Arguments, Command]): Promise<void> => {
    const command = given.at(-1) as Command;
    finish(command, await work(...(given.slice(0, -1) as unknown as Arguments)));
  };
}

/** The action of a command that reads the database. */
export function runReading<Arguments extends readonly unknown[]>(
  registration: Registration,
  work: (session: Session, ...given: Arguments) => Promise<CommandOutcome>,
) {
  return run<Arguments>(registration, (...given) => withSession(registration.io, (session) => work(session, ...given)));
}

/** The action of a command that changes something: only for a known principal with one of the roles. */
export function runActing<Arguments extends readonly [...unknown[], { readonly as?: string }]>(
  registration: Registration,
  roles: readonly PrincipalRole[],
  work: (session: ActingSession, ...given: Arguments) => Promise<CommandOutcome>,
) {
  const { io } = registration;
  return run<Arguments>(registration, (...given) =>
    withSession(io, async (session, identity) => {
      const options = given.at(-1) as { readonly as?: string };
      const who = await identify(session, options.as ?? identity, roles);
      switch (who.kind) {
        case 'unnamed':
          return { kind: 'wrong_usage', message: who.message };
        case 'refused':
          return who;
        case 'known': {
          const actor = who.principal;
          const acting = { ...session, actor, publish: () => publishFacts(io, session, actor) };
          return traced(io, session, registration.program.args, () => work(acting, ...given));
        }
        default:
          return who satisfies never;
      }
    }),
  );
}

/** What a person sets off is followed like what a schedule does: the events of the command carry its trace. */
async function traced(
  io: CommandIo,
  { configuration, effects }: Session,
  words: readonly string[],
  work: () => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const tracer = (await io.openTracer?.(configuration)) ?? null;
  const name = `daybook ${words.slice(0, 2).join(' ')}`;
  const start = { name, kind: 'server', parent: null, links: [], labels: { function: 'daybook' } } as const;
  try {
    return await tracedCall(
      tracer,
      () => effects.now(),
      start,
      work,
      ({ kind }) => (kind === 'done' ? undefined : kind),
    );
  } finally {
    await tracer?.close();
  }
}

async function withSession(
  io: CommandIo,
  work: (session: Session, identity: string | null) => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const opening = openSession(io);
  if (opening.kind === 'refused') return opening;
  try {
    return await work(opening.session, opening.identity);
  } finally {
    await opening.close();
  }
}

/** A reason that says something; it is kept in the audit log. */
export function parseReasonArgument(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Say why; it is kept in the audit log.');
  return text;
}

export function parsePeriodArgument(text: string): BillingPeriod {
  const period = parseBillingPeriod(text);
  if (period === undefined) throw new InvalidArgumentError('Write a month, like 2026-10.');
  return period;
}

export function parseDayArgument(text: string): UtcDay {
  const day = parseUtcDay(text);
  if (day === undefined) throw new InvalidArgumentError('Write a day of the calendar, like 2026-10-31.');
  return day;
}
