import type pg from 'pg';
import { type Database, openDatabase } from '../../shared/database/database.ts';
import type { Effect, Effects } from '../../shared/effects/effects.ts';

/** One of two pieces of work that meet. It does everything through what it is given. */
export type Work = (database: Database, effects: Effects) => Promise<unknown>;

/** Where one stops: after so many effects in all, or after the effect of a name. */
type Stop = number | string;

/** Where the first stops and the second begins, and where the second stops in its turn. */
export interface Place {
  readonly first: Stop;
  readonly second: Stop;
}

/** Longer than any statement here takes, and shorter than a test. */
const STUCK_MS = 30_000;
const POLL_MS = 2;

/** A piece of work on a connection of its own that waits before each effect until it may make it. */
class Contender {
  made = 0;
  ended = false;
  readonly result: Promise<unknown>;
  private readonly name: string;
  private limit = 0;
  private stopAfter = '';
  private wake: (() => void) | undefined;

  constructor(name: string, url: string, clock: Effects, work: Work) {
    this.name = name;
    const effects: Effects = { ...clock, perform: (effect, run) => this.step(effect, run) };
    const database = openDatabase({ url, role: 'daybook_app', poolSize: 1, applicationName: name }, effects);
    this.result = work(database, effects).finally(async () => {
      this.ended = true;
      await database.close();
    });
    // Whoever awaits the result hears of it; until then it is nobody's unhandled failure.
    this.result.catch(() => undefined);
  }

  /** Lets it go on until it stops there, has ended, or waits for a lock. */
  async goOn(until: Stop, owner: pg.Client): Promise<void> {
    this.limit = typeof until === 'number' ? until : Number.POSITIVE_INFINITY;
    this.stopAfter = typeof until === 'number' ? '' : until;
    this.wake?.();
    this.wake = undefined;
    const giveUpAt = performance.now() + STUCK_MS;
    while (!this.ended && this.wake === undefined && !(await this.waitsForLock(owner))) {
      if (performance.now() > giveUpAt)
        throw new Error(`${this.name} neither ends nor waits after ${this.made} effects`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private async step<T>(effect: Effect, run: () => Promise<T>): Promise<T> {
    if (effect.kind === 'timer') return run();
    while (this.made >= this.limit) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.made += 1;
    const result = await run();
    if (effect.name === this.stopAfter) this.limit = this.made;
    return result;
  }

  private async waitsForLock(owner: pg.Client): Promise<boolean> {
    const { rows } = await owner.query(
      `select from pg_stat_activity where datname = current_database() and application_name = $1 and wait_event_type = 'Lock'`,
      [this.name],
    );
    return rows.length > 0;
  }
}

export interface Meeting {
  /** How each ended, in their order. */
  readonly results: readonly unknown[];
  /** How many effects each made. */
  readonly made: readonly number[];
}

/**
 * Lets two pieces of work meet on two real connections: the first until its place, the second until its own or until the
 * first's locks stop it, then both to their ends. The same place is the same meeting. Rejects when one of them throws.
 */
export async function interleave(
  { url, owner }: { readonly url: string; readonly owner: pg.Client },
  clock: Effects,
  [one, other]: readonly [Work, Work],
  { first, second }: Place,
): Promise<Meeting> {
  const contenders = [new Contender('first', url, clock, one), new Contender('second', url, clock, other)] as const;
  await contenders[0].goOn(first, owner);
  await contenders[1].goOn(second, owner);
  for (const contender of contenders) await contender.goOn(Number.POSITIVE_INFINITY, owner);
  const results = await Promise.all(contenders.map(({ result }) => result));
  return { results, made: contenders.map(({ made }) => made) };
}

/** One after the other. */
export const IN_TURN: Place = { first: Number.POSITIVE_INFINITY, second: Number.POSITIVE_INFINITY };

/**
 * The places of a meeting, `most` of them spread evenly. Between them they stop the first after each of its effects, with
 * the second running to its end or to a lock; and at a grid of places where the second is stopped too.
 */
export function placesOf([first = 0, second = 0]: readonly number[], most: number): readonly Place[] {
  const stops = (count: number, step: number) =>
    Array.from({ length: Math.ceil(Math.max(count - 1, 0) / step) }, (_, index) => 1 + index * step);
  const all = [
    ...stops(first, 1).map((stop) => ({ first: stop, second: Number.POSITIVE_INFINITY })),
    ...stops(first, 3).flatMap((stop) => stops(second, 3).map((until) => ({ first: stop, second: until }))),
  ];
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, index) => all[Math.floor(((index + 0.5) * all.length) / most)]).filter(
    (place) => place !== undefined,
  );
}
