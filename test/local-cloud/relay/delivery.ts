import type { Effects } from '../../../shared/effects/effects.ts';
import { type Disturbance, disturbanceOf } from './disturbance.ts';
import { push, pushBody } from './push.ts';
import type { Owed, RelayStore } from './store.ts';
import type { Subscription } from './subscriptions.ts';

export interface DeliveryOptions {
  readonly project: string;
  readonly subscriptions: readonly Subscription[];
  /** Where a subscription pushes to. */
  readonly endpointOf: (subscription: Subscription) => string;
  readonly store: RelayStore;
  readonly effects: Effects;
  /** The wait after the n-th failed attempt is random up to minimum × 2^(n-1), at most the maximum. Milliseconds of real time. */
  readonly backoff: { readonly minimumMs: number; readonly maximumMs: number };
  readonly disturbance?: Disturbance;
}

const CONCURRENT_DELIVERIES = 4;
const ACKNOWLEDGE_AFTER_MS = 5;

interface Lane {
  readonly subscription: Subscription;
  readonly ready: Owed[];
  inFlight: number;
}

/**
 * Delivers what is owed: at least once, unordered, at most four messages of a subscription at a time. An acknowledgement
 * is kept a few milliseconds after it came; a kill in between delivers the message again, as Pub/Sub may at any time.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #timers = new Set<NodeJS.Timeout>();
  #acknowledged: Owed[] = [];
  #flushing: Promise<void> | undefined;
  /** Deliveries that have not ended, wherever they are. */
  #open = 0;
  #stopped = false;
  #failure: Error | undefined;
  #waiters: (() => void)[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#lanes = new Map(
      options.subscriptions.map((subscription) => [subscription.name, { subscription, ready: [], inFlight: 0 }]),
    );
  }

  /** Takes messages for delivery. */
  offer(owed: readonly Owed[]): void {
    for (const one of owed) {
      this.#open += 1;
      const delayMs = this.#options.disturbance ? disturbanceOf(this.#options.disturbance, one).delayMs : 0;
      this.#schedule(one, delayMs);
    }
  }

  /** Resolves with true when nothing is owed, with false when something still is after `timeoutMs`. Throws when the relay cannot keep what happened. */
  async idle(timeoutMs: number): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    while (this.#open > 0 || this.#flushing !== undefined) {
      if (this.#failure) throw this.#failure;
      const left = until - performance.now();
      if (left <= 0) return false;
      await this.#change(left);
    }
    if (this.#failure) throw this.#failure;
    return true;
  }

  /** Starts no more deliveries, waits for those under way, and keeps their outcome. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    while ([...this.#lanes.values()].some((lane) => lane.inFlight > 0)) await this.#change(1_000);
    await this.#flushing;
  }

  #schedule(owed: Owed, delayMs: number): void {
    const lane = this.#lanes.get(owed.subscription);
    if (lane === undefined) throw new Error(`There is no subscription ${owed.subscription}.`);
    if (delayMs <= 0) {
      this.#enter(lane, owed);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enter(lane, owed);
    }, delayMs);
    this.#timers.add(timer);
  }

  #enter(lane: Lane, owed: Owed): void {
    lane.ready.push(owed);
    this.#pump(lane);
  }

  #pump(lane: Lane): void {
    while (!this.#stopped && lane.inFlight < CONCURRENT_DELIVERIES) {
      const next = lane.ready.shift();
      if (next === undefined) return;
      lane.inFlight += 1;
      this.#deliver(lane, next)
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          lane.inFlight -= 1;
          this.#pump(lane);
          this.#changed();
        });
    }
  }

  async #deliver({ subscription }: Lane, owed: Owed): Promise<void> {
    const { project, store, endpointOf } = this.#options;
    const attempt = owed.attempts + 1;
    const outcome = await push(
      endpointOf(subscription),
      subscription,
      pushBody(project, subscription, owed.message, attempt),
    );
    if (outcome.kind === 'acknowledged') {
      this.#acknowledge(owed);
      return;
    }
    const failed = { ...owed, attempts: attempt };
    if (subscription.maxDeliveryAttempts !== null && attempt >= subscription.maxDeliveryAttempts) {
      const letter = await store.deadLetter(failed, outcome.error, project, this.#options.subscriptions);
      this.offer(letter.owed);
      this.#open -= 1;
    } else {
      await store.failed(failed, outcome.error);
      if (!this.#stopped) this.#schedule(failed, this.#backoffMs(attempt));
    }
  }

  #backoffMs(attempt: number): number {
    const { minimumMs, maximumMs } = this.#options.backoff;
    return this.#options.effects.fraction() * Math.min(maximumMs, minimumMs * 2 ** (attempt - 1));
  }

  #acknowledge(owed: Owed): void {
    const { disturbance } = this.#options;
    this.#acknowledged.push(owed);
    this.#flushing ??= this.#flush();
    if (disturbance && owed.attempts === 0 && disturbanceOf(disturbance, owed).duplicate) {
      this.#schedule({ ...owed, attempts: 1 }, 1);
    } else {
      this.#open -= 1;
    }
  }

  async #flush(): Promise<void> {
    try {
      while (this.#acknowledged.length > 0) {
        await new Promise((resolve) => setTimeout(resolve, ACKNOWLEDGE_AFTER_MS));
        const done = this.#acknowledged;
        this.#acknowledged = [];
        await this.#options.store.acknowledge(done);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#flushing = undefined;
      this.#changed();
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= new Error(`The relay cannot keep what it did: ${String(error)}`, { cause: error });
    this.#changed();
  }

  #changed(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Resolves at the next change, or after `timeoutMs`. */
  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
