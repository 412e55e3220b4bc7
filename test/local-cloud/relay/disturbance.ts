import { pick, seedOf } from '../telemetry/chance.ts';
import type { Owed } from './store.ts';

/** Faults that a push subscription may show at any time, made on purpose. The same seed makes the same ones. */
export interface Disturbance {
  readonly seed: string;
  /** Of 100 messages, how many are delivered a second time although they were acknowledged. */
  readonly duplicatePercent: number;
  /** Each delivery waits up to so many milliseconds, by which messages also overtake each other. */
  readonly longestDelayMs: number;
}

/** What happens to one delivery. */
export function disturbanceOf({ seed, duplicatePercent, longestDelayMs }: Disturbance, owed: Owed) {
  const own = seedOf(`${seed} ${owed.subscription} ${owed.message.messageId} ${owed.attempts}`);
  return { delayMs: pick(own, 0, longestDelayMs + 1), duplicate: pick(own, 1, 100) < duplicatePercent };
}
