import { randomUUID } from 'node:crypto';
import type { Effects } from './effects.ts';

/** The world as it is: the machine's clock, real randomness, every effect run once. */
export function systemEffects(): Effects {
  return {
    now: () => new Date(),
    uuid: () => randomUUID(),
    fraction: () => Math.random(),
    perform: (_effect, run) => run(),
  };
}
