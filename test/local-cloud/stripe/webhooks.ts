import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventObject } from './objects.ts';
import type { StripeStore } from './store.ts';

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** One delivery of an event: the body's exact text, and the signature header over it. */
export interface Delivery {
  readonly eventId: string;
  readonly body: string;
  readonly signature: string;
}

const DELIVERY_TIMEOUT_MS = 10_000;
const RETRY_DELAYS_MS = [100, 500, 2_000, 10_000];

/** Stripe's scheme: HMAC-SHA256 over `time.body`. `at` is in seconds since 1970. */
export function signWebhook(body: string, secret: string, at: number): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`, 'utf8').digest('hex')}`;
}

/** Delivers events after they are kept, in their order, one at a time, again when the receiver does not take them. */
export class WebhookSender {
  /** `hold` keeps events back, to be delivered by hand in any order; `lose` drops them. */
  mode: 'deliver' | 'hold' | 'lose' = 'deliver';
  target: WebhookTarget | undefined;
  readonly #store: StripeStore;
  readonly #now: () => number;
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(store: StripeStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Starts delivering what is waiting. Returns at once. */
  wake(): void {
    if (
      this.target === undefined ||
      this.mode === 'hold' ||
      this.#running !== undefined ||
      this.#stopped.signal.aborted
    )
      return;
    this.#running = this.#drain().finally(() => {
      this.#running = undefined;
      if (this.#waiting().length > 0 && !this.#stopped.signal.aborted) this.wake();
    });
  }

  /** What Stripe would send for the event. Each call signs afresh. */
  delivery(event: EventObject, secret: string): Delivery {
    const body = JSON.stringify(event, null, 2);
    return { eventId: event.id, body, signature: signWebhook(body, secret, this.#now()) };
  }

  /** Whether every event was dealt with within the time. */
  async idle(timeoutMs: number): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    while (this.#waiting().length > 0) {
      if (performance.now() > until) return false;
      await delay(5);
    }
    return true;
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  #waiting(): readonly EventObject[] {
    return this.#store.all('events').flatMap(({ event, delivered }) => (delivered ? [] : [event]));
  }

  async #drain(): Promise<void> {
    for (const event of this.#waiting()) {
      if (this.mode === 'hold' || this.#stopped.signal.aborted) return;
      if (this.mode === 'deliver') await this.#deliver(event);
      if (this.#stopped.signal.aborted) return;
      this.#store.transact(() => this.#store.put('events', event.id, { event, delivered: true }));
    }
  }

  async #deliver(event: EventObject): Promise<void> {
    for (const delayMs of [...RETRY_DELAYS_MS, 0]) {
      if (this.#stopped.signal.aborted || (await this.#post(event))) return;
      await this.#wait(delayMs);
    }
  }

  async #post(event: EventObject): Promise<boolean> {
    const { target } = this;
    if (target === undefined) return true;
    const { body, signature } = this.delivery(event, target.secret);
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]);
    const headers = { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature };
    const response = await fetch(target.url, { method: 'POST', headers, body, signal }).catch(() => undefined);
    await response?.body?.cancel();
    return response?.ok ?? false;
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#stopped.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
