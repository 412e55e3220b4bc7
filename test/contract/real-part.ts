import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** Java takes its time on a busy machine. */
const START_TIMEOUT_MS = 60_000;
const PAUSE_MS = 100;

/** Waits until a started program answers at a URL. Fails, naming the part, when it ends before or stays silent for a minute. */
export async function untilReady(part: string, url: string, child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += PAUSE_MS) {
    if (child.exitCode !== null) throw new Error(`${part} ended with ${child.exitCode} before it was ready`);
    const ready = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await delay(PAUSE_MS);
  }
  throw new Error(`${part} did not answer at ${url} within ${START_TIMEOUT_MS / 1_000} s`);
}

/** Ends a program, and waits until it has ended. */
export async function stopPart(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await ended;
}
