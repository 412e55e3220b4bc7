import { describe, expect, test } from 'vitest';
import type { Effect, Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { CommittedBytesDiffer, openStripeClient } from '../../shared/stripe/client.ts';
import { stripeInvoiceSchema } from '../../shared/stripe/objects.ts';
import { atInvoice, withReplacementKey } from '../../shared/stripe/request.ts';
import { sendRequest } from '../../shared/stripe/send.ts';
import type { FaultRule, StripeFault } from '../local-cloud/stripe/faults.ts';
import { lines, planned } from './invoices.ts';
import { NO_PACE } from './no-pace.ts';
import { makeDraft, openClient, send, startStripeTest, step, succeeded } from './stand-in.ts';

const onCreate = (fault: StripeFault, call: FaultRule['call'] = 1): FaultRule => ({
  method: 'POST',
  path: '/v1/invoices',
  call,
  fault,
});

describe('what leaves', () => {
  test('promise 13: is the committed bytes, under the committed key, once', async () => {
    const { standIn, client, invoice } = await startStripeTest({ lines: lines(150) });
    await makeDraft({ client, invoice });
    const sent = standIn.calls().filter((call) => call.path !== '/v1/customers');
    const committed = planned(invoice).requests.filter((request) => request.step !== 'finalize');
    expect(sent.map((call) => [call.form, call.idempotencyKey])).toEqual(
      committed.map((request) => [request.body, request.idempotencyKey]),
    );
  });

  test('passes the seam, one named effect for each exchange', async () => {
    const { standIn, invoice } = await startStripeTest();
    const effects: Effect[] = [];
    const system = systemEffects();
    const counting: Effects = {
      ...system,
      perform: (effect, run) => {
        effects.push(effect);
        return system.perform(effect, run);
      },
    };
    const client = await openStripeClient(
      { apiBase: standIn.url, secretKey: 'sk_test_daybook', timeoutMs: 5_000 },
      counting,
      NO_PACE,
    );
    const draft = await makeDraft({ client, invoice });
    succeeded(await send(client, step(invoice, 'finalize'), draft.id));
    expect(effects.map((effect) => `${effect.kind} ${effect.name}`)).toEqual([
      'http POST /v1/invoices',
      'http POST /v1/invoices/:id/add_lines',
      'http POST /v1/invoices/:id/finalize',
    ]);
  });

  test('is stopped when the bytes are not those of the digest', async () => {
    const { standIn, client, invoice } = await startStripeTest();
    const create = step(invoice, 'create');
    const before = standIn.calls().length;
    const changed = { ...create, body: create.body.replace('usd', 'eur') };
    expect(() => sendRequest(client, changed, stripeInvoiceSchema)).toThrow(CommittedBytesDiffer);
    await expect(client.sdk.invoices.create({ customer: 'cus_1' })).rejects.toMatchObject({
      detail: expect.any(CommittedBytesDiffer),
    });
    expect(() => sendRequest(client, step(invoice, 'finalize'), stripeInvoiceSchema)).toThrow(/no invoice id yet/);
    expect(standIn.calls()).toHaveLength(before);
  });

  test('goes only to an id of an invoice', async () => {
    const { invoice } = await startStripeTest();
    for (const id of ['', 'in_1/void', '../customers', 'cus_1'])
      expect(() => atInvoice(step(invoice, 'finalize'), id)).toThrow(RangeError);
  });

  test('is not repeated by the client library, even after a closed connection', async () => {
    const { standIn, client, invoice } = await startStripeTest();
    for (const fault of [
      { kind: 'drop_request' },
      { kind: 'server_error', stored: false },
      { kind: 'conflict' },
    ] as const) {
      standIn.faults.clear();
      standIn.faults.add(onCreate(fault, 'every'));
      const before = standIn.calls().length;
      await send(client, step(invoice, 'create'));
      expect(standIn.calls().length - before).toBe(1);
    }
  });

  test('is not repeated by the client library when the seam says that the connection was closed', async () => {
    let attempts = 0;
    const closing: Effects = {
      ...systemEffects(),
      perform: () => {
        attempts += 1;
        return Promise.reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
      },
    };
    const { invoice } = await startStripeTest();
    const client = await openStripeClient(
      { apiBase: 'http://127.0.0.1:1', secretKey: 'sk_test_daybook', timeoutMs: 5_000 },
      closing,
      NO_PACE,
    );
    expect(await send(client, step(invoice, 'create'))).toEqual({ kind: 'unknown', reason: 'connection_lost' });
    expect(attempts).toBe(1);
  });
});

describe('what comes back is an outcome', () => {
  test.each<readonly [StripeFault, object]>([
    [{ kind: 'drop_request' }, { kind: 'unknown', reason: 'connection_lost' }],
    [{ kind: 'drop_reply' }, { kind: 'unknown', reason: 'connection_lost' }],
    [{ kind: 'cut_reply' }, { kind: 'unknown', reason: 'connection_lost' }],
    [{ kind: 'not_json' }, { kind: 'unknown', reason: 'unreadable_answer' }],
    [{ kind: 'conflict' }, { kind: 'retryable', reason: 'key_in_use', retryAfterMs: null }],
    [
      { kind: 'rate_limit', retryAfterSeconds: 7 },
      { kind: 'retryable', reason: 'rate_limited', retryAfterMs: 7000 },
    ],
    [{ kind: 'refused_for_now' }, { kind: 'retryable', reason: 'asked_to_retry', retryAfterMs: null }],
    [
      { kind: 'server_error', stored: false },
      { kind: 'retryable', reason: 'server_error', retryAfterMs: null },
    ],
    [
      { kind: 'server_error', stored: true },
      { kind: 'retryable', reason: 'server_error', retryAfterMs: null },
    ],
    [{ kind: 'server_error_after_effect' }, { kind: 'retryable', reason: 'server_error', retryAfterMs: null }],
  ])('%j', async (fault, expected) => {
    const { standIn, client, invoice } = await startStripeTest();
    standIn.faults.add(onCreate(fault));
    expect(await send(client, step(invoice, 'create'))).toEqual(expected);
  });

  test('no answer in time is unknown', async () => {
    const { standIn, invoice } = await startStripeTest();
    standIn.faults.add(onCreate({ kind: 'hang' }));
    const impatient = await openClient(standIn.url, 200);
    expect(await send(impatient, step(invoice, 'create'))).toEqual({ kind: 'unknown', reason: 'timeout' });
  });

  test('a connection that was never made is retryable', async () => {
    const { standIn, client, invoice } = await startStripeTest();
    await standIn.close();
    expect(await send(client, step(invoice, 'create'))).toEqual({
      kind: 'retryable',
      reason: 'unreachable',
      retryAfterMs: null,
    });
  });

  test('a wrong key is refused, and no key of ours is in the message', async () => {
    const { standIn, invoice } = await startStripeTest();
    const client = await openStripeClient(
      { apiBase: standIn.url, secretKey: 'wrong_canary', timeoutMs: 5_000 },
      systemEffects(),
      NO_PACE,
    );
    const outcome = await send(client, step(invoice, 'create'));
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'not_authorised' });
    expect(JSON.stringify(outcome)).not.toContain('canary');
  });

  test('an unknown customer, an unknown invoice and an edit after finalizing are refused with their code', async () => {
    const { client, invoice } = await startStripeTest();
    const stranger = { ...invoice, series: 'stranger', stripeCustomerId: 'cus_nobody' };
    expect(await send(client, step(stranger, 'create'))).toMatchObject({
      kind: 'refused',
      reason: 'not_found',
      code: 'resource_missing',
    });
    const draft = await makeDraft({ client, invoice });
    expect(await send(client, step({ ...invoice, series: 'other' }, 'finalize'), 'in_nobody')).toMatchObject({
      kind: 'refused',
      reason: 'not_found',
    });
    succeeded(await send(client, step(invoice, 'finalize'), draft.id));
    expect(await send(client, step({ ...invoice, series: 'other' }, 'add_lines:1'), draft.id)).toMatchObject({
      kind: 'refused',
      reason: 'invalid_request',
      code: 'invoice_not_editable',
    });
  });
});

describe('promise 4: a step that is sent again is done once', () => {
  test.each<StripeFault>([
    { kind: 'drop_request' },
    { kind: 'drop_reply' },
    { kind: 'cut_reply' },
    { kind: 'not_json' },
    { kind: 'conflict' },
    { kind: 'rate_limit', retryAfterSeconds: 0 },
    { kind: 'server_error', stored: false },
  ])('every step meets %j and is repeated: one invoice, each line once', async (fault) => {
    const { standIn, client, invoice } = await startStripeTest({ lines: lines(250) });
    let id = 'in_unknown';
    for (const request of planned(invoice).requests) {
      standIn.faults.clear();
      standIn.faults.add({ method: 'POST', call: 1, fault });
      expect((await send(client, request, id)).kind).not.toBe('ok');
      id = succeeded(await send(client, request, id)).id;
    }
    expect(standIn.invoices().map((each) => [each.id, each.status])).toEqual([[id, 'open']]);
    expect(standIn.linesOf(id)).toHaveLength(250);
  });

  test('a repeated step says that its answer is a repetition', async () => {
    const { client, invoice } = await startStripeTest();
    expect(await send(client, step(invoice, 'create'))).toMatchObject({ kind: 'ok', replayed: false });
    expect(await send(client, step(invoice, 'create'))).toMatchObject({ kind: 'ok', replayed: true });
  });

  test('while a key is in use, another call with it is told to wait', async () => {
    const { standIn, client, invoice } = await startStripeTest();
    standIn.faults.add(onCreate({ kind: 'slow', delayMs: 150 }));
    const [slow, other] = await Promise.all([
      send(client, step(invoice, 'create')),
      send(client, step(invoice, 'create')),
    ]);
    expect([slow.kind, other.kind].sort()).toEqual(['ok', 'retryable']);
    expect(standIn.invoices()).toHaveLength(1);
  });

  test('a key used for another body is a conflict and does nothing', async () => {
    const { standIn, client, invoice } = await startStripeTest();
    succeeded(await send(client, step(invoice, 'create')));
    const other = step({ ...invoice, id: 'invoice-2' }, 'create');
    expect(await send(client, other)).toMatchObject({ kind: 'conflict', reason: 'key_reused_with_another_body' });
    expect(standIn.invoices()).toHaveLength(1);
  });

  test('a stored 500 is repeated under its key, told apart, and passed by a replacement key', async () => {
    const { standIn, client, invoice } = await startStripeTest();
    standIn.faults.add(onCreate({ kind: 'server_error', stored: true }));
    const create = step(invoice, 'create');
    expect(await send(client, create)).toMatchObject({ kind: 'retryable', reason: 'server_error' });
    expect(await send(client, create)).toEqual({ kind: 'unknown', reason: 'stored_server_error' });
    expect(standIn.invoices()).toHaveLength(0);
    succeeded(await send(client, withReplacementKey(create)));
    expect(standIn.invoices()).toHaveLength(1);
  });

  test('a key is forgotten after 24 hours: the same request would then make a second invoice', async () => {
    const { standIn, client, invoice } = await startStripeTest();
    const first = succeeded(await send(client, step(invoice, 'create')));
    standIn.advanceClock(24 * 60 * 60 * 1000 - 2_000);
    expect(succeeded(await send(client, step(invoice, 'create'))).id).toBe(first.id);
    standIn.advanceClock(3_000);
    expect(succeeded(await send(client, step(invoice, 'create'))).id).not.toBe(first.id);
  });
});

test.each(['', 'api.stripe.com', 'https://api.stripe.com/v1', 'ftp://api.stripe.com'])(
  'an API base of "%s" is refused',
  async (apiBase) => {
    await expect(openClient(apiBase)).rejects.toThrow(/must be an origin/);
  },
);
