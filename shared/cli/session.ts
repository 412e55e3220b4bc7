import { findPrincipal } from '../catalogue/principals.ts';
import { type Configuration, ConfigurationError, readConfiguration } from '../configuration/configuration.ts';
import type { Database } from '../database/database.ts';
import type { PrincipalRole } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { publishOutbox } from '../events/outbox.ts';
import type { CommandIo } from './io.ts';
import { readStackFile, stackFilePath } from './stack-file.ts';

/** What a command that needs the database works with; it lives as long as the command. */
export interface Session {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly effects: Effects;
}

/** Whom the options, the environment or the local stack name as the one who acts; null when none does. */
type Identity = string | null;

export type SessionOpening =
  | { readonly kind: 'open'; readonly session: Session; readonly identity: Identity; close(): Promise<void> }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string };

const NO_DATABASE = 'No database: set DATABASE_URL, or start the local stack with npm start.';

/** Opens the database that DATABASE_URL names, or else the local stack's with its endpoints. Nothing connects yet. */
export function openSession(io: CommandIo): SessionOpening {
  const found = environmentOf(io);
  if (found.kind === 'refused') return found;
  try {
    const configuration = readConfiguration(found.environment);
    const effects = atOffset(io.effects, found.clockOffsetMs);
    const database = io.connect(configuration, effects);
    const identity = found.environment.DAYBOOK_PRINCIPAL || null;
    return {
      kind: 'open',
      session: { configuration, database, effects },
      identity,
      close: () => database.close(),
    };
  } catch (error) {
    if (error instanceof ConfigurationError)
      return { kind: 'refused', reason: 'configuration', message: error.message };
    throw error;
  }
}

type EnvironmentReading =
  | { readonly kind: 'found'; readonly environment: CommandIo['environment']; readonly clockOffsetMs: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string };

function environmentOf(io: CommandIo): EnvironmentReading {
  // A database of one's own is not mixed with the endpoints of the local stack.
  if (io.environment.DATABASE_URL) return { kind: 'found', environment: io.environment, clockOffsetMs: 0 };
  const reading = readStackFile(stackFilePath(io.directory, io.environment.DAYBOOK_DATA_DIR));
  switch (reading.kind) {
    case 'none':
      return { kind: 'refused', reason: 'no_database', message: NO_DATABASE };
    case 'refused':
      return { kind: 'refused', reason: 'stack_file', message: reading.message };
    case 'found': {
      const { databaseUrl, principal, environment, clockOffsetMs } = reading.stack;
      const given = Object.entries(io.environment).filter(([, value]) => value !== undefined && value !== '');
      const named = principal === undefined ? {} : { DAYBOOK_PRINCIPAL: principal };
      return {
        kind: 'found',
        environment: { ...environment, ...named, ...Object.fromEntries(given), DATABASE_URL: databaseUrl },
        clockOffsetMs,
      };
    }
    default:
      return reading satisfies never;
  }
}

/** The local stack lives in its own month: what a command does beside it happens at the stack's time. */
function atOffset(effects: Effects, offsetMs: number): Effects {
  return { ...effects, now: () => new Date(effects.now().getTime() + offsetMs) };
}

export type Identification =
  | { readonly kind: 'known'; readonly principal: string }
  | { readonly kind: 'unnamed'; readonly message: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string };

/** Who acts: a principal that the database knows, with one of the roles that the act needs. */
export async function identify(
  session: Session,
  identity: Identity,
  roles: readonly PrincipalRole[],
): Promise<Identification> {
  if (identity === null) {
    return { kind: 'unnamed', message: 'Say who acts: --as person:you@example.com, or set DAYBOOK_PRINCIPAL.' };
  }
  const found = await findPrincipal(session.database, identity);
  if (!found) {
    const message = `There is no principal "${identity.slice(0, 100)}": act as one that is set up, like person:you@example.com.`;
    return { kind: 'refused', reason: 'unknown_principal', message };
  }
  if (roles.some((role) => found.roles.includes(role))) return { kind: 'known', principal: found.principal };
  const has =
    found.roles.length === 0
      ? 'no role'
      : `the ${found.roles.length === 1 ? 'role' : 'roles'} ${found.roles.join(', ')}`;
  const message = `${found.principal} has ${has}; this needs ${roles.join(' or ')}. Act as someone who has it.`;
  return { kind: 'refused', reason: 'role_missing', message };
}

/** Whether the facts of a command have left for Pub/Sub. */
export type Publication =
  | { readonly kind: 'published'; readonly events: number }
  | { readonly kind: 'waiting'; readonly message: string };

/** Publishes what the command has committed. When that fails, nothing is lost: the sweeper publishes it. */
export async function publishFacts(io: CommandIo, session: Session, actor: string): Promise<Publication> {
  const publisher = io.openPublisher(session.configuration, session.effects);
  try {
    return { kind: 'published', events: await publishOutbox(session.database, publisher, session.effects, actor) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      kind: 'waiting',
      message: `The work is done, but its events wait in the outbox, and sweep-outbox will publish them: ${reason}`,
    };
  } finally {
    await publisher.close();
  }
}
