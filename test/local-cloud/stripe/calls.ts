import { createHash } from 'node:crypto';
import type { CallContext } from './context.ts';
import { CREDIT_NOTE_ROUTES } from './credit-notes.ts';
import { CUSTOMER_ROUTES } from './customers.ts';
import type { StripeFault } from './faults.ts';
import { parseForm } from './form.ts';
import { INVOICE_ROUTES } from './invoices.ts';
import { readFields } from './parameters.ts';
import { StripeRefusal } from './refusal.ts';
import { findRoute, type Route } from './route.ts';
import type { StripeStore } from './store.ts';

export interface StripeCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The query of a GET, the body of others. */
  readonly form: string;
  readonly authorization: string | undefined;
  readonly idempotencyKey: string | undefined;
}

export interface StripeAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const ROUTES: readonly Route[] = [...INVOICE_ROUTES, ...CUSTOMER_ROUTES, ...CREDIT_NOTE_ROUTES];
/** Stripe may forget a key after a day; the stand-in does. */
const KEY_LIFETIME_SECONDS = 24 * 60 * 60;

export function refusalAnswer(refusal: StripeRefusal, headers: Readonly<Record<string, string>> = {}): StripeAnswer {
  return { status: refusal.status, body: JSON.stringify(refusal), headers };
}

function serverError(): StripeRefusal {
  return new StripeRefusal({ status: 500, type: 'api_error', message: 'An unknown error occurred', stored: true });
}

function checkKey(authorization: string | undefined): void {
  if (!/^Bearer [sr]k_test_\w+$/.test(authorization ?? '')) {
    throw new StripeRefusal({ status: 401, message: 'Invalid API Key provided' });
  }
}

function parametersOf(route: Route, form: string) {
  try {
    return readFields(parseForm(form), route.fields, route.required ?? []);
  } catch (error) {
    if (error instanceof RangeError || error instanceof URIError)
      throw new StripeRefusal({ status: 400, message: error.message });
    throw error;
  }
}

function fingerprintOf(call: StripeCall): string {
  return createHash('sha256').update(`${call.method} ${call.path}\n${call.form}`).digest('hex');
}

/** The stored answer of the call's key; a refusal when the key was used for something else. */
function replay(store: StripeStore, call: StripeCall, key: string, now: number): StripeAnswer | undefined {
  const stored = store.get('answers', key);
  if (stored === undefined) return undefined;
  if (stored.storedAt + KEY_LIFETIME_SECONDS <= now) {
    store.delete('answers', key);
    return undefined;
  }
  if (stored.fingerprint !== fingerprintOf(call)) {
    throw new StripeRefusal({
      status: 400,
      type: 'idempotency_error',
      message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    });
  }
  return {
    status: stored.status,
    body: stored.body,
    headers: { 'idempotent-replayed': 'true', 'idempotency-key': key },
  };
}

function execute(
  context: CallContext,
  call: StripeCall,
  changed: (answer: object) => object = (answer) => answer,
): StripeAnswer {
  const found = findRoute(ROUTES, call.method, call.path);
  if (found === undefined) {
    throw new StripeRefusal({ status: 404, message: `Unrecognized request URL (${call.method}: ${call.path}).` });
  }
  const parameters = parametersOf(found.route, call.form);
  return { status: 200, body: JSON.stringify(changed(found.route.answer(context, parameters, found.id))), headers: {} };
}

/** The list as it was before anything was in it; every other answer as it is. */
function withoutItems(answer: object): object {
  return 'object' in answer && answer.object === 'list' ? { ...answer, data: [], has_more: false } : answer;
}

interface Outcome {
  readonly answer: StripeAnswer;
  /** Whether the answer is stored under the call's key. */
  readonly stored: boolean;
}

/** What the call comes to, and what a fault makes of it. Throws the refusal of a call that was refused. */
function outcomeOf(context: CallContext, call: StripeCall, faults: readonly StripeFault[]): Outcome {
  const without = faults.find((fault) => fault.kind === 'server_error');
  if (without !== undefined) return { answer: refusalAnswer(serverError()), stored: without.stored };
  const lags = faults.some((fault) => fault.kind === 'empty_list');
  const answer = execute(context, call, lags ? withoutItems : undefined);
  const failsAfter = faults.some((fault) => fault.kind === 'server_error_after_effect');
  return { answer: failsAfter ? refusalAnswer(serverError()) : answer, stored: true };
}

function storeAnswer(context: CallContext, call: StripeCall, key: string | undefined, outcome: Outcome): StripeAnswer {
  const { answer, stored } = outcome;
  if (key === undefined) return answer;
  if (stored) {
    const kept = { fingerprint: fingerprintOf(call), status: answer.status, body: answer.body, storedAt: context.now };
    context.store.put('answers', key, kept);
  }
  return { ...answer, headers: { ...answer.headers, 'idempotency-key': key } };
}

/** Effect and stored answer are one transaction; a refusal undoes the effect, and is stored once the call has begun. */
function executeOrRefuse(
  context: CallContext,
  call: StripeCall,
  key: string | undefined,
  faults: readonly StripeFault[],
): StripeAnswer {
  const { store } = context;
  try {
    return store.transact(() => storeAnswer(context, call, key, outcomeOf(context, call, faults)));
  } catch (error) {
    if (!(error instanceof StripeRefusal)) throw error;
    const outcome = { answer: refusalAnswer(error), stored: error.stored };
    return store.transact(() => storeAnswer(context, call, key, outcome));
  }
}

/** Does one call and keeps its effect and its answer. A fault may put an error in the place of either. */
export function handleCall(context: CallContext, call: StripeCall, faults: readonly StripeFault[]): StripeAnswer {
  const { store, now } = context;
  const key = call.method === 'GET' ? undefined : call.idempotencyKey;
  try {
    checkKey(call.authorization);
    const replayed = key === undefined ? undefined : store.transact(() => replay(store, call, key, now));
    return replayed ?? executeOrRefuse(context, call, key, faults);
  } catch (error) {
    if (error instanceof StripeRefusal) return refusalAnswer(error);
    throw error;
  }
}
