import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { handleCall, refusalAnswer, type StripeAnswer, type StripeCall } from './calls.ts';
import type { CallContext } from './context.ts';
import { FaultPlan, type PersonAct, type StripeFault } from './faults.ts';
import type { CreditNoteObject, CustomerObject, EventObject, InvoiceObject, LineObject } from './objects.ts';
import { actAsPerson } from './person.ts';
import { StripeRefusal } from './refusal.ts';
import { payInvoice } from './settlement.ts';
import { StripeStore } from './store.ts';
import { type Delivery, WebhookSender, type WebhookTarget } from './webhooks.ts';

export interface StripeStandInOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Journal that keeps Stripe's state over restarts; none keeps it in memory. */
  readonly statePath?: string;
  readonly webhook?: WebhookTarget;
  readonly now?: () => Date;
}

/** A call as it came in, and the status it was answered with; null when it got no answer. */
export interface RecordedCall extends StripeCall {
  readonly status: number | null;
  /** When it came, in milliseconds of a clock that never steps. */
  readonly arrivedMs: number;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw new StripeRefusal({ status: 413, message: 'The request body is too large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A stand-in for Stripe's API: it speaks the calls that Daybook makes, remembers, and fails by plan. */
export class StripeStandIn {
  readonly faults = new FaultPlan();
  readonly webhooks: WebhookSender;
  readonly #store: StripeStore;
  readonly #server = createServer((request, response) => this.#serve(request, response));
  readonly #calls: RecordedCall[] = [];
  readonly #arrivals: string[] = [];
  readonly #keysInUse = new Set<string>();
  readonly #clock: () => Date;
  #offsetMs = 0;
  #requests = 0;

  constructor(options: StripeStandInOptions) {
    this.#store = new StripeStore(options.statePath);
    this.#clock = options.now ?? (() => new Date());
    this.webhooks = new WebhookSender(this.#store, () => this.#now());
    this.webhooks.target = options.webhook;
  }

  /** Origin of the API, for the client's configuration. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    await promise;
    this.webhooks.wake();
  }

  async close(): Promise<void> {
    await this.webhooks.close();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  /** Moves the stand-in's clock on: keys older than 24 hours are forgotten. */
  advanceClock(milliseconds: number): void {
    this.#offsetMs += milliseconds;
  }

  calls(): readonly RecordedCall[] {
    return this.#calls;
  }
  /** How many calls have come whose `METHOD /path` ends so, answered or not. */
  arrivals(ending: string): number {
    return this.#arrivals.filter((call) => call.endsWith(ending)).length;
  }
  invoices(): readonly InvoiceObject[] {
    return this.#store.all('invoices').map(({ invoice }) => invoice);
  }
  linesOf(invoiceId: string): readonly LineObject[] {
    return this.#store.get('invoices', invoiceId)?.lines ?? [];
  }
  customers(): readonly CustomerObject[] {
    return this.#store.all('customers');
  }
  creditNotes(): readonly CreditNoteObject[] {
    return this.#store.all('creditNotes');
  }
  events(): readonly EventObject[] {
    return this.#store.all('events').map(({ event }) => event);
  }
  /** A signed delivery of an event, for tests that deliver in an order of their own. */
  delivery(event: EventObject, secret: string): Delivery {
    return this.webhooks.delivery(event, secret);
  }

  /** A person edits a draft in Stripe's pages. */
  act(invoiceId: string, act: PersonAct): void {
    this.#store.transact(() => actAsPerson(this.#context(null), invoiceId, act));
    this.webhooks.wake();
  }

  /** A person who finds nothing there does nothing. */
  #meet(invoiceId: string, act: PersonAct): void {
    if (this.#store.get('invoices', invoiceId) !== undefined) this.act(invoiceId, act);
  }

  /** The customer pays an open invoice. */
  pay(invoiceId: string): void {
    this.#store.transact(() => {
      const record = this.#store.get('invoices', invoiceId);
      if (record === undefined) throw new RangeError(`the stand-in has no invoice ${invoiceId}`);
      payInvoice(this.#context(null), record);
    });
    this.webhooks.wake();
  }

  #now(): number {
    return Math.floor((this.#clock().getTime() + this.#offsetMs) / 1000);
  }

  #context(idempotencyKey: string | null): CallContext {
    const requestId = idempotencyKey === null ? null : `req_daybook${this.#requests}`;
    return { store: this.#store, now: this.#now(), idempotencyKey, requestId };
  }

  async #readCall(request: IncomingMessage): Promise<StripeCall> {
    const url = new URL(request.url ?? '/', 'http://stripe');
    const body = await bodyOf(request);
    const key = request.headers['idempotency-key'];
    return {
      method: request.method ?? 'GET',
      path: url.pathname,
      form: request.method === 'GET' ? url.search.slice(1) : body,
      authorization: request.headers.authorization,
      idempotencyKey: typeof key === 'string' ? key : undefined,
    };
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#exchange(request, response).catch((error: unknown) => {
      console.error('the Stripe stand-in failed:', error);
      response.destroy();
    });
  }

  async #exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests += 1;
    const arrivedMs = performance.now();
    const call = await this.#readCall(request);
    this.#arrivals.push(`${call.method} ${call.path}`);
    const faults = this.faults.next(call.method, call.path);
    const answer = await this.#answer(call, faults);
    const slow = faults.find((fault) => fault.kind === 'slow_reply');
    if (slow !== undefined) await delay(slow.delayMs);
    const silent = faults.some((fault) => ['drop_request', 'drop_reply', 'cut_reply', 'hang'].includes(fault.kind));
    this.#calls.push({ ...call, arrivedMs, status: silent || answer === undefined ? null : answer.status });
    if (answer === undefined) response.destroy();
    else this.#reply(response, answer, faults);
    this.webhooks.wake();
  }

  /** Undefined when the connection is to close before anything is done. */
  async #answer(call: StripeCall, faults: readonly StripeFault[]): Promise<StripeAnswer | undefined> {
    for (const fault of faults) {
      if (fault.kind === 'drop_request') return undefined;
      if (fault.kind === 'conflict') return refusalAnswer(keyInUse());
      if (fault.kind === 'refused_for_now') return refusalAnswer(lockTimeout(), { 'stripe-should-retry': 'true' });
      if (fault.kind === 'rate_limit') return refusalAnswer(tooManyRequests(), rateLimitHeaders(fault));
      if (fault.kind === 'person') this.#meet(call.path.split('/')[3] ?? '', fault.act);
    }
    const key = call.idempotencyKey;
    if (key === undefined) return handleCall(this.#context(null), call, faults);
    if (this.#keysInUse.has(key)) return refusalAnswer(keyInUse());
    this.#keysInUse.add(key);
    try {
      const slow = faults.find((fault) => fault.kind === 'slow');
      if (slow !== undefined) await delay(slow.delayMs);
      return handleCall(this.#context(key), call, faults);
    } finally {
      this.#keysInUse.delete(key);
    }
  }

  #reply(response: ServerResponse, answer: StripeAnswer, faults: readonly StripeFault[]): void {
    const kinds = new Set(faults.map((fault) => fault.kind));
    if (kinds.has('hang')) return;
    if (kinds.has('drop_reply')) {
      response.destroy();
      return;
    }
    if (kinds.has('not_json')) {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>Bad gateway</body></html>');
      return;
    }
    const body = Buffer.from(answer.body, 'utf8');
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      'content-length': body.byteLength,
      'request-id': `req_daybook${this.#requests}`,
      ...answer.headers,
    });
    if (!kinds.has('cut_reply')) {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, body.byteLength / 2), () => response.destroy());
  }
}

function keyInUse(): StripeRefusal {
  const message = 'There is currently another in-progress request using this Idempotent Key. Please try again later.';
  return new StripeRefusal({ status: 409, code: 'idempotency_key_in_use', type: 'idempotency_error', message });
}

function lockTimeout(): StripeRefusal {
  const message = 'This object cannot be accessed right now because another request is working on it.';
  return new StripeRefusal({ status: 400, code: 'lock_timeout', message });
}

function rateLimitHeaders(fault: Extract<StripeFault, { kind: 'rate_limit' }>): Readonly<Record<string, string>> {
  const { retryAfterSeconds, reason } = fault;
  return {
    'retry-after': retryAfterSeconds.toString(),
    ...(reason === undefined ? {} : { 'stripe-rate-limited-reason': reason }),
  };
}

function tooManyRequests(): StripeRefusal {
  return new StripeRefusal({ status: 429, code: 'rate_limit', message: 'Too many requests hit the API too quickly.' });
}

/** Starts the stand-in and waits until it takes calls. Rejects when the port is taken. */
export async function startStripeStandIn(options: StripeStandInOptions): Promise<StripeStandIn> {
  const standIn = new StripeStandIn(options);
  await standIn.listen(options.port);
  return standIn;
}
