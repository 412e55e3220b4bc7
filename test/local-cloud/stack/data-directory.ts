import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Lock, lockDirectory } from './lock.ts';
import { PersonError } from './person-error.ts';

/** What a local stack keeps on disk, held by this process. */
export interface DataDirectory {
  readonly path: string;
  /** PostgreSQL's own folder. */
  readonly postgres: string;
  /** The Stripe stand-in's journal. */
  readonly stripe: string;
  readonly secrets: string;
  /** What the functions log, one JSON object a line. */
  readonly log: string;
  /** The spans of every call, as OTLP in JSON, one request a line. */
  readonly traces: string;
  /** How others find the running stack; there only while it runs. */
  readonly stackFile: string;
  readonly lock: Lock;
}

/** The folder that the environment names, or `.daybook` in the current one. */
export function dataDirectoryPath(environment: NodeJS.ProcessEnv): string {
  const given = environment.DAYBOOK_DATA_DIR;
  return resolve(given === undefined || given === '' ? '.daybook' : given);
}

/** Makes the folder when it is not there, and takes its lock. Throws a message for people when either cannot be. */
export function openDataDirectory(path: string): DataDirectory {
  try {
    // PostgreSQL may run as another user and must be able to pass; the secrets have a mode of their own.
    mkdirSync(path, { recursive: true, mode: 0o711 });
    if (!statSync(path).isDirectory()) throw new Error('it is not a folder');
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new PersonError(
      `The data directory ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}. Give this user the right to write there, or set DAYBOOK_DATA_DIR to a folder that it may write.`,
    );
  }
  return {
    path,
    postgres: join(path, 'postgres'),
    stripe: join(path, 'stripe.journal'),
    secrets: join(path, 'secrets.json'),
    log: join(path, 'functions.log'),
    traces: join(path, 'traces.jsonl'),
    stackFile: join(path, 'stack.json'),
    lock: lockDirectory(join(path, 'stack.lock'), path),
  };
}
