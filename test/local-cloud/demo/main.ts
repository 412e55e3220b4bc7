import { existsSync } from 'node:fs';
import { styleFor } from '../../../shared/cli/terminal/style.ts';
import { type DataDirectory, dataDirectoryPath, openDataDirectory } from '../stack/data-directory.ts';
import { requireFreePort } from '../stack/listen.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { REGIONS } from '../telemetry/scenario.ts';
import type { StartArguments } from './arguments.ts';
import { runDemo } from './demo.ts';
import { DEMO_BEGIN, DEMO_PERIOD, FIRST_FIRING_AFTER } from './period.ts';
import { openProgress } from './progress.ts';
import { serveUntilStopped } from './serve.ts';
import { summary } from './summary.ts';

const DONE = 0;
const FAILED = 1;

/** Starts the local cloud, bills the month, and serves the console; returns the exit code. */
export async function start(options: Extract<StartArguments, { kind: 'start' }>): Promise<number> {
  if (options.consolePort !== null) await requireFreePort(options.consolePort);
  const path = dataDirectoryPath(process.env);
  const isNew = !existsSync(path);
  const directory = openDataDirectory(path);
  try {
    process.stdout.write(isNew ? `A new local cloud in ${path}\n` : `Going on with the local cloud in ${path}\n`);
    return await run(directory, options);
  } finally {
    directory.lock.release();
  }
}

async function run(
  directory: DataDirectory,
  { once, consolePort }: Extract<StartArguments, { kind: 'start' }>,
): Promise<number> {
  const began = performance.now();
  const progress = openProgress(process.stdout);
  const stopping = stopSignal();
  progress.step('Starting PostgreSQL, the functions, and stand-ins for the cloud');
  const stack = await startStack({
    directory,
    period: DEMO_PERIOD,
    regions: REGIONS,
    begin: DEMO_BEGIN,
    firingsAfter: FIRST_FIRING_AFTER,
    consolePort,
  });
  try {
    const outcome = await Promise.race([runDemo(stack, progress), stopping.asked]);
    progress.end();
    if (outcome === undefined) return stopping.exitCode();
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const style = styleFor(
      { write: () => undefined, isTerminal: process.stdout.isTTY === true, width: process.stdout.columns ?? 100 },
      process.env,
    );
    process.stdout.write(`\n${summary(outcome, style)}\n\nDone in ${seconds} s.\n`);
    if (once) return outcome.faults.length === 0 ? DONE : FAILED;
    stack.announce();
    process.stdout.write(nextSteps(stack));
    await serveUntilStopped(stack, stopping.asked);
    return DONE;
  } finally {
    progress.end();
    await stack.stop();
  }
}

function nextSteps({ consoleUrl }: Stack): string {
  return `
The console is at ${consoleUrl}; Ctrl-C stops the local cloud, and "npm start" goes on with its data.
Look further with:
  npm run daybook -- status
  npm run daybook -- run show ${DEMO_PERIOD}
  npm run daybook -- invoice explain ${DEMO_PERIOD}/cus_nimbus_robotics/usage
`;
}

interface Stopping {
  /** Resolves when the process is asked to stop. */
  readonly asked: Promise<undefined>;
  exitCode(): number;
}

/** A first Ctrl-C or SIGTERM asks for an orderly stop; a second one ends the process at once, which loses nothing. */
function stopSignal(): Stopping {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let code = DONE;
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (code !== DONE) process.exit(code);
      code = exitCode;
      resolve(undefined);
    });
  }
  return { asked: promise, exitCode: () => code };
}
