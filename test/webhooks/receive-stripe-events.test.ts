import { describe, expect, test } from 'vitest';
import { create } from '../../functions/receive-stripe-events/handler.ts';
import { request } from '../console/world.ts';
import { signWebhook } from '../local-cloud/stripe/webhooks.ts';
import { type EventFields, NOW, OLD_SECRET, SECRET, startWebhookTest } from './fixture.ts';

const seconds = (offset: number) => Math.floor(NOW.getTime() / 1000) + offset;

describe('a webhook that Stripe sent', () => {
  test('promise 17: it moves the invoice once, reads no amount, and a repeat changes nothing', async () => {
    const { deliver, invoice, events, standIn, stripeInvoiceId } = await startWebhookTest();
    const before = await invoice();
    standIn.pay(stripeInvoiceId);
    expect(await deliver()).toMatchObject({ status: 200, body: { kind: 'applied' } });
    expect(await deliver()).toMatchObject({ status: 200, body: { kind: 'duplicate' } });
    expect(await invoice()).toEqual({ ...before, status: 'paid' });
    expect(await events()).toEqual([{ event_id: 'evt_1', outcome: 'applied', reason: null }]);
  });

  test('what it claims counts for nothing: an event that says paid while Stripe says open changes nothing', async () => {
    const { deliver, invoice, events } = await startWebhookTest();
    expect((await deliver({ type: 'invoice.paid' })).status).toBe(200);
    expect((await invoice()).status).toBe('finalized');
    expect(await events()).toEqual([{ event_id: 'evt_1', outcome: 'ignored', reason: 'already_so' }]);
  });

  test('an invoice that was voided in Stripe is void here; uncollectible may still be paid', async () => {
    const voided = await startWebhookTest();
    await voided.inStripe('void');
    await voided.deliver({ type: 'invoice.voided' });
    expect((await voided.invoice()).status).toBe('void');
    const written = await startWebhookTest();
    await written.inStripe('mark_uncollectible');
    await written.deliver({ id: 'evt_1', type: 'invoice.marked_uncollectible' });
    expect((await written.invoice()).status).toBe('uncollectible');
    written.standIn.pay(written.stripeInvoiceId);
    await written.deliver({ id: 'evt_2', type: 'invoice.paid' });
    expect((await written.invoice()).status).toBe('paid');
  });

  test.each(permutations(['invoice.finalized', 'invoice.updated', 'invoice.paid']))(
    'every order of an invoice’s events ends in the same state: %s, %s, %s',
    async (...types) => {
      const { deliver, invoice, events, standIn, stripeInvoiceId } = await startWebhookTest();
      standIn.pay(stripeInvoiceId);
      for (const type of types) await deliver({ id: `evt_${type.replaceAll('.', '_')}`, type });
      for (const type of types) await deliver({ id: `evt_${type.replaceAll('.', '_')}`, type });
      expect((await invoice()).status).toBe('paid');
      expect((await events()).filter((event) => event.outcome === 'applied')).toHaveLength(1);
    },
  );

  test('two deliveries of one event at the same time are applied once', async () => {
    const { deliver, events, standIn, stripeInvoiceId } = await startWebhookTest();
    standIn.pay(stripeInvoiceId);
    const kinds = (await Promise.all([deliver(), deliver(), deliver()])).map(
      (reply) => (reply.body as { kind: string }).kind,
    );
    expect(kinds.sort()).toEqual(['applied', 'duplicate', 'duplicate']);
    expect(await events()).toHaveLength(1);
  });

  test('promise 17: a repeat that Stripe rendered anew, with other deliveries still to be made, is a duplicate', async () => {
    const { deliver, events, standIn, stripeInvoiceId } = await startWebhookTest();
    standIn.pay(stripeInvoiceId);
    expect(await deliver({ pendingWebhooks: 2 })).toMatchObject({ status: 200, body: { kind: 'applied' } });
    expect(await deliver({ pendingWebhooks: 1 })).toMatchObject({ status: 200, body: { kind: 'duplicate' } });
    expect(await events()).toHaveLength(1);
  });

  test('about an object without an id is taken and left alone, so that Stripe does not give the endpoint up', async () => {
    const { deliver, events } = await startWebhookTest();
    const preview = { id: 'evt_preview', type: 'invoice.upcoming', object: null };
    expect((await deliver({ id: 'evt_balance', type: 'balance.available', object: null })).status).toBe(200);
    expect((await deliver(preview)).status).toBe(200);
    expect(await deliver(preview)).toMatchObject({ status: 200, body: { kind: 'duplicate' } });
    expect((await events()).map(({ event_id, reason }) => [event_id, reason])).toEqual([
      ['evt_balance', 'not_about_an_invoice'],
      ['evt_preview', 'preview_invoice'],
    ]);
  });

  test.each([
    ['paid', 'pay'],
    ['void', 'void'],
  ] as const)(
    'an answer that was read before the invoice was %s and comes after it changes nothing and alarms nobody',
    async (end, act) => {
      const { deliver, invoice, events, standIn, stripeInvoiceId, inStripe, test: database } = await startWebhookTest();
      await inStripe('mark_uncollectible');
      standIn.faults.add({ method: 'GET', call: 1, fault: { kind: 'slow_reply', delayMs: 500 } });
      const slow = deliver({ id: 'evt_1', type: 'invoice.marked_uncollectible' });
      while (standIn.arrivals(`/v1/invoices/${stripeInvoiceId}`) === 0) await new Promise(setImmediate);
      if (act === 'pay') standIn.pay(stripeInvoiceId);
      else await inStripe('void');
      expect((await deliver({ id: 'evt_2', type: `invoice.${end}` })).status).toBe(200);
      expect((await slow).status).toBe(200);
      expect((await invoice()).status).toBe(end);
      expect(await events()).toMatchObject([{ reason: 'already_so' }, { outcome: 'applied' }]);
      expect((await database.owner.query('select title from alerts')).rows).toEqual([]);
    },
  );

  test.each(['approved', 'drafted', 'verified', 'stripe_failed'] as const)(
    'that comes before our own record of the issue is complete (%s) is asked for again and not kept',
    async (status) => {
      const { deliver, invoice, events, standIn, stripeInvoiceId } = await startWebhookTest(status);
      expect(await deliver({ id: 'evt_open', type: 'invoice.finalized' })).toMatchObject({
        status: 200,
        body: { reason: 'issue_in_progress' },
      });
      standIn.pay(stripeInvoiceId);
      expect((await deliver({ id: 'evt_paid' })).status).toBe(503);
      expect((await invoice()).status).toBe(status);
      expect(await events()).toMatchObject([{ event_id: 'evt_open' }]);
    },
  );

  test('about an invoice of somebody else is kept as ignored, with the reason', async () => {
    const { deliver, events, test: database } = await startWebhookTest();
    await database.owner.query(
      "set session_replication_role = replica; update invoices set stripe_invoice_id = 'in_other'",
    );
    await deliver({ id: 'evt_foreign' });
    await deliver({ id: 'evt_gone', object: 'in_gone' });
    await deliver({ id: 'evt_customer', type: 'customer.updated', object: 'cus_1' });
    await deliver({ id: 'evt_preview', type: 'invoice.upcoming', object: 'upcoming_1' });
    expect((await events()).map(({ event_id, reason }) => [event_id, reason])).toEqual([
      ['evt_customer', 'not_about_an_invoice'],
      ['evt_foreign', 'unknown_invoice'],
      ['evt_gone', 'not_in_stripe'],
      ['evt_preview', 'preview_invoice'],
    ]);
  });

  test('promise 8: nothing leaves a final state; Stripe and Daybook at odds is told to people', async () => {
    const { deliver, invoice, events, standIn, stripeInvoiceId, test: database } = await startWebhookTest('void');
    standIn.pay(stripeInvoiceId);
    await deliver();
    expect((await invoice()).status).toBe('void');
    expect(await events()).toMatchObject([{ outcome: 'ignored', reason: 'contradicts_final_state' }]);
    expect((await database.owner.query('select severity, title from alerts')).rows).toEqual([
      { severity: 'critical', title: 'Invoice 2026-10/acme/usage ended differently in Stripe' },
    ]);
  });

  test.each([
    { kind: 'rate_limit' as const, retryAfterSeconds: 1 },
    { kind: 'server_error' as const, stored: false },
    { kind: 'drop_reply' as const },
    { kind: 'not_json' as const },
  ])('is asked for again and leaves nothing behind when Stripe fails with $kind', async (fault) => {
    const { deliver, events, standIn, stripeInvoiceId } = await startWebhookTest();
    standIn.pay(stripeInvoiceId);
    standIn.faults.add({ method: 'GET', call: 1, fault });
    expect((await deliver()).status).toBe(503);
    expect(await events()).toEqual([]);
    expect(await deliver()).toMatchObject({ status: 200, body: { kind: 'applied' } });
  });

  test('signed with the secret before a rotation still counts', async () => {
    const { deliver } = await startWebhookTest();
    expect((await deliver({}, OLD_SECRET)).status).toBe(200);
  });
});

describe('a forgery is refused with 400 and writes nothing', () => {
  type Attack = (body: (fields?: EventFields) => string) => { text: string | Buffer; signature: string | undefined };
  const attacks: Readonly<Record<string, Attack>> = {
    'no signature': (body) => ({ text: body(), signature: undefined }),
    'an empty signature': (body) => ({ text: body(), signature: '' }),
    'a scheme other than v1': (body) => ({
      text: body(),
      signature: signWebhook(body(), SECRET, seconds(0)).replace('v1=', 'v0='),
    }),
    'another secret': (body) => ({ text: body(), signature: signWebhook(body(), 'whsec_forged', seconds(0)) }),
    'an altered byte': (body) => ({
      text: body().replace('"amount_paid":1', '"amount_paid":2'),
      signature: signWebhook(body(), SECRET, seconds(0)),
    }),
    'the same JSON written anew': (body) => ({
      text: JSON.stringify(JSON.parse(body()), null, 1),
      signature: signWebhook(body(), SECRET, seconds(0)),
    }),
    'a time 301 s ago': (body) => ({ text: body(), signature: signWebhook(body(), SECRET, seconds(-301)) }),
    'a time 301 s ahead': (body) => ({ text: body(), signature: signWebhook(body(), SECRET, seconds(301)) }),
    'live mode': (body) => ({
      text: body({ livemode: true }),
      signature: signWebhook(body({ livemode: true }), SECRET, seconds(0)),
    }),
    'another account': (body) => ({
      text: body({ account: 'acct_1' }),
      signature: signWebhook(body({ account: 'acct_1' }), SECRET, seconds(0)),
    }),
    'not JSON': () => ({ text: 'paid', signature: signWebhook('paid', SECRET, seconds(0)) }),
    '10 MiB': () => {
      const text = 'x'.repeat(10 * 1024 * 1024);
      return { text, signature: signWebhook(text, SECRET, seconds(0)) };
    },
  };

  test('promise 17: whatever the forgery', async () => {
    const { post, body, invoice, events, standIn, stripeInvoiceId } = await startWebhookTest();
    standIn.pay(stripeInvoiceId);
    const asked = standIn.calls().length;
    for (const [name, attack] of Object.entries(attacks)) {
      const { text, signature } = attack(body);
      expect((await post(text, signature)).status, name).toBe(400);
    }
    expect(await events()).toEqual([]);
    expect((await invoice()).status).toBe('finalized');
    expect(standIn.calls()).toHaveLength(asked);
  });

  test('promise 17: a known event id with another body', async () => {
    const { deliver, events, invoice } = await startWebhookTest();
    await deliver({ note: 'first' });
    expect(await deliver({ note: 'second' })).toMatchObject({
      status: 400,
      body: { error: 'event_id_reused_with_another_body' },
    });
    expect(await events()).toHaveLength(1);
    expect((await invoice()).status).toBe('finalized');
  });

  test('promise 17: a secret that a rotation has ended', async () => {
    const { world, body, events, invoice, standIn, stripeInvoiceId } = await startWebhookTest();
    standIn.pay(stripeInvoiceId);
    const rotated = create({ ...world, configuration: { ...world.configuration, stripeWebhookSecrets: [SECRET] } });
    const headers = { 'stripe-signature': signWebhook(body(), OLD_SECRET, seconds(0)) };
    const reply = await rotated(request('POST', '/', { rawBody: Buffer.from(body()), headers }));
    expect(reply).toMatchObject({ status: 400, body: { error: 'wrong_signature' } });
    expect(await events()).toEqual([]);
    expect((await invoice()).status).toBe('finalized');
  });

  test('promise 17: a delivery that is recorded and played again, at once and after its time', async () => {
    const { world, body, post, events, standIn, stripeInvoiceId } = await startWebhookTest();
    standIn.pay(stripeInvoiceId);
    const signature = signWebhook(body(), SECRET, seconds(0));
    expect(await post(body(), signature)).toMatchObject({ status: 200, body: { kind: 'applied' } });
    const kept = await events();
    const asked = standIn.calls().length;
    expect(await post(body(), signature)).toMatchObject({ status: 200, body: { kind: 'duplicate' } });
    const later = { ...world.effects, now: () => new Date(NOW.getTime() + 301_000) };
    const handler = create({ ...world, effects: later });
    const replayed = request('POST', '/', { rawBody: Buffer.from(body()), headers: { 'stripe-signature': signature } });
    expect(await handler(replayed)).toMatchObject({ status: 400, body: { error: 'too_old' } });
    expect(await events()).toEqual(kept);
    expect(standIn.calls()).toHaveLength(asked);
  });

  test('only POST is taken, and without secrets the function says what is missing', async () => {
    const { world } = await startWebhookTest();
    expect(
      (
        await create(world)({
          method: 'GET',
          path: '/',
          query: new URLSearchParams(),
          headers: {},
          body: undefined,
          rawBody: Buffer.alloc(0),
        })
      ).status,
    ).toBe(405);
    const bare = { ...world, configuration: { ...world.configuration, stripeWebhookSecrets: [] } };
    expect(() => create(bare)).toThrow(/STRIPE_WEBHOOK_SECRETS is not set/);
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
