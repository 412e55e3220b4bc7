import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

export type StripeMock =
  | { readonly kind: 'running'; readonly url: string; readonly stop: () => Promise<void> }
  | { readonly kind: 'absent'; readonly reason: string };

const START_TIMEOUT_MS = 30_000;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

function findProgram(): string | undefined {
  const named = process.env.DAYBOOK_STRIPE_MOCK;
  if (named !== undefined && named !== '') return named;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'stripe-mock')).find(isProgram);
}

/** The address in the line that stripe-mock prints once it listens; undefined when it ended before. */
async function addressOf(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined;
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
  for await (const line of createInterface({ input: child.stdout, signal: timeout })) {
    const address = /Listening for HTTP at address: (\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  return undefined;
}

/** Starts stripe-mock on a free port, where it is on the machine: `DAYBOOK_STRIPE_MOCK`, or on the path. */
export async function startStripeMock(): Promise<StripeMock> {
  const program = findProgram();
  if (program === undefined) {
    return { kind: 'absent', reason: 'stripe-mock is not on this machine; .ci/real-parts/stripe-mock.sh obtains it' };
  }
  const child = spawn(program, ['-http-addr', '127.0.0.1:0', '-https-addr', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  const address = await addressOf(child);
  if (address === undefined) throw new Error(`${program} did not start: it never said where it listens`);
  child.stdout?.resume();
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
  };
  return { kind: 'running', url: `http://${address}`, stop };
}
