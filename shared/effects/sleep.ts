import { setTimeout as delay } from 'node:timers/promises';
import type { Effects } from './effects.ts';

/** Waits `durationMs` milliseconds; a simulated seam may skip the wait. */
export function sleep(effects: Effects, durationMs: number): Promise<void> {
  return effects.perform({ kind: 'timer', name: 'sleep' }, () => delay(durationMs));
}
