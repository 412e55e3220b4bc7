import type { Effect, Effects } from '../../shared/effects/effects.ts';
import type { Strike } from './disturbance.ts';
import type { Chance } from './random.ts';

/** The process has ended. Whoever catches it finds that every further effect throws it again. */
class Crash extends Error {
  override readonly name = 'Crash';
}

/** An effect that failed although the process lives. `code` is an SQLSTATE when PostgreSQL said it. */
class FailedEffect extends Error {
  override readonly name = 'FailedEffect';
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

export interface TracedEffect extends Effect {
  readonly number: number;
  /** What was called: `validate-usage`, `sign-off`. */
  readonly call: string;
  readonly firstOfCall: boolean;
}

/** Simulated time that one effect takes, in milliseconds; waits take a second. */
const EFFECT_MS = 1;
const WAIT_MS = 1_000;

/**
 * The simulated seam: time that only effects and steps move, chance from a seed, and a number for every effect, at
 * which it can strike. It outlives the processes of its month, so that the numbers go on after a crash.
 */
export class Seam implements Effects {
  readonly trace: TracedEffect[] = [];
  /** True from a crash until the next process starts. */
  crashed = false;
  /** Acknowledgements that left a process. */
  acknowledgements = 0;
  private readonly chance: Chance;
  private readonly strikes: readonly Strike[];
  private call = '';
  private callBegins = false;
  private time: number;

  constructor(start: Date, chance: Chance, strikes: readonly Strike[]) {
    this.time = start.getTime();
    this.chance = chance;
    this.strikes = strikes;
  }

  now(): Date {
    return new Date(this.time);
  }

  uuid(): string {
    return this.chance.uuid();
  }

  fraction(): number {
    return this.chance.fraction();
  }

  /** Moves time on; an instant that has passed changes nothing. */
  moveTo(instant: Date): void {
    this.time = Math.max(this.time, instant.getTime());
  }

  /** Names what the following effects belong to. */
  begin(call: string): void {
    this.call = call;
    this.callBegins = true;
  }

  async perform<T>(effect: Effect, run: () => Promise<T>): Promise<T> {
    if (this.crashed) throw new Crash('the process has ended');
    if (effect.kind === 'timer') {
      this.time += WAIT_MS;
      // A wait gives nothing back; the simulated one is over at once.
      return undefined as T;
    }
    this.time += EFFECT_MS;
    const number = this.trace.length + 1;
    this.trace.push({ ...effect, number, call: this.call, firstOfCall: this.callBegins });
    this.callBegins = false;
    this.strike(effect, number, 'before');
    const result = await run();
    if (effect.kind === 'acknowledge') this.acknowledgements += 1;
    this.strike(effect, number, 'after');
    return result;
  }

  private strike(effect: Effect, number: number, when: Strike['when']): void {
    const strike = this.strikes.find((one) => one.effect === number && one.when === when);
    if (strike === undefined) return;
    const place = `${when} effect ${number} (${effect.kind} ${effect.name})`;
    switch (strike.how) {
      case 'crash':
        this.crashed = true;
        throw new Crash(`crashed ${place}`);
      case 'fail':
        throw new FailedEffect(`failed ${place}`);
      case 'conflict':
        if (effect.kind === 'sql') throw new FailedEffect(`could not serialize ${place}`, '40001');
        return;
      default:
        strike.how satisfies never;
    }
  }
}
