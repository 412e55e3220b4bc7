import type { Reader } from '../database/database.ts';
import { stripePaceStop, stripePaceTake } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { sleep } from '../effects/sleep.ts';
import { CallNotSent, type StripePace } from '../stripe/pace.ts';
import { bucketOf, GRANT_LIFETIME_MS } from './bucket.ts';

export interface PaceLimits {
  /** Stripe counts its live mode and its test mode apart. */
  readonly accountMode: 'live' | 'test';
  /** Calls in any second, of the whole account and of one endpoint. */
  readonly account: number;
  readonly endpoint: number;
}

/** The name of the bucket that every call takes from. */
const ACCOUNT = '*';
/** The longest that a call waits for its turn; after it the caller's own retry takes over. */
const LONGEST_WAIT_MS = 45_000;

interface Waiter {
  readonly since: number;
  go(): void;
  give(error: CallNotSent): void;
}

/**
 * The pace that every instance shares through the database. One statement at a time asks for all the calls of an
 * endpoint that wait in this instance; what it grants leaves at once. Nothing is kept back, so that a crash loses at
 * most what it was about to send. The clock is the database's: the instances' own need not agree.
 */
export function databasePace(database: Reader, effects: Effects, limits: PaceLimits): StripePace {
  const queues = new Map<string, Waiter[]>();
  const buckets = { account: bucketOf(limits.account), endpoint: bucketOf(limits.endpoint) };

  async function ask(endpoint: string, wanted: number, inTurn: boolean) {
    const row = await database.first(stripePaceTake, {
      account_mode: limits.accountMode,
      endpoint,
      wanted,
      in_turn: inTurn,
      account_interval: buckets.account.intervalMicroseconds,
      account_burst: buckets.account.burst,
      endpoint_interval: buckets.endpoint.intervalMicroseconds,
      endpoint_burst: buckets.endpoint.burst,
    });
    if (row === undefined) throw new Error('stripe_pace_take gave no row');
    return row;
  }

  /** Serves an endpoint's queue until it is empty; it is closed in the same breath, so that nobody joins it unserved. */
  async function serve(endpoint: string, queue: Waiter[]): Promise<void> {
    let inTurn = false;
    try {
      while (queue.length > 0) {
        const asked = effects.now().getTime();
        const { granted, wait_ms: waitMs } = await ask(endpoint, queue.length, inTurn);
        inTurn = granted === 0;
        if (inTurn) {
          giveUp(queue, asked, waitMs);
          if (queue.length > 0) await sleep(effects, waitMs);
          continue;
        }
        // A grant that came late must not add to what is granted now: it is let go.
        if (effects.now().getTime() - asked > GRANT_LIFETIME_MS) giveUp(queue, effects.now().getTime(), 0);
        else for (const waiter of queue.splice(0, granted)) waiter.go();
      }
    } finally {
      queues.delete(endpoint);
    }
  }

  return {
    take: (endpoint) =>
      new Promise((resolve, reject) => {
        const queue = queues.get(endpoint);
        const waiter = { since: effects.now().getTime(), go: resolve, give: reject };
        if (queue !== undefined) {
          queue.push(waiter);
          return;
        }
        const own = [waiter];
        queues.set(endpoint, own);
        serve(endpoint, own).catch((error: unknown) => {
          const failure = new CallNotSent('the pace of calls to Stripe could not be asked', null, error);
          for (const left of own.splice(0)) left.give(failure);
        });
      }),
    stop: async (endpoint, scope, durationMs) => {
      if (scope === 'resource') return;
      const stopped = scope === 'account' ? ACCOUNT : endpoint;
      const columns = { account_mode: limits.accountMode, endpoint: stopped, wait_ms: durationMs };
      await database.rows(stripePaceStop, columns).catch((error: unknown) => {
        throw new CallNotSent(
          'Stripe asked for a pause, which could not be told to the other instances',
          durationMs,
          error,
        );
      });
    },
  };
}

/** Sends away those that would wait too long in all. */
function giveUp(queue: Waiter[], now: number, waitMs: number): void {
  for (let index = queue.length - 1; index >= 0; index -= 1) {
    const waiter = queue[index];
    if (waiter === undefined || now + waitMs - waiter.since <= LONGEST_WAIT_MS) continue;
    queue.splice(index, 1);
    const message = `calls to Stripe are limited, and the next turn is in ${waitMs} ms after ${now - waiter.since} ms of waiting`;
    waiter.give(new CallNotSent(message, waitMs));
  }
}
