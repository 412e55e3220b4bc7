import { setTimeout as delay } from 'node:timers/promises';
import type { Effects } from '../../../shared/effects/effects.ts';
import { systemEffects } from '../../../shared/effects/system.ts';

/** The time of the local cloud: it jumps when told to, and goes on at the pace of real time. It never goes back. */
export class LocalClock {
  #base: number;
  #since = performance.now();

  constructor(start: Date) {
    this.#base = start.getTime();
  }

  now(): Date {
    return new Date(this.#base + Math.floor(performance.now() - this.#since));
  }

  /** Jumps forward; an instant that has passed already changes nothing. */
  moveTo(instant: Date): void {
    if (instant.getTime() <= this.now().getTime()) return;
    this.#base = instant.getTime();
    this.#since = performance.now();
  }
}

/** The longest that a wait takes in real time: the month is simulated, and nothing in it needs to be waited for. */
const LONGEST_WAIT_MS = 25;

/** The world as it is, at the local cloud's time, and with short waits. */
export function effectsAt(clock: LocalClock): Effects {
  return {
    ...systemEffects(),
    now: () => clock.now(),
    perform: (effect, run) => (effect.kind === 'timer' ? shortened(run()) : run()),
  };
}

/** A wait gives nothing back, so that its end may come early. */
function shortened<T>(wait: Promise<T>): Promise<T> {
  return Promise.race([wait, delay(LONGEST_WAIT_MS, undefined as T)]);
}
