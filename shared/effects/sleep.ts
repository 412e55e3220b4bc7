import { setTimeout as delay } from 'node:timers/promises';
import type { Effects } from './effects.ts';

/** Waits `durationMs` milliseconds, or until the signal is given; a simulated seam may skip the wait. */
export function sleep(effects: Effects, durationMs: number, signal?: AbortSignal): Promise<void> {
  return effects.perform({ kind: 'timer', name: 'sleep' }, async () => {
    if (signal === undefined) return delay(durationMs);
    await delay(durationMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  });
}
