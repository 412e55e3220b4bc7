import { describe, expect, test } from 'vitest';
import { digest } from '../../shared/canonical/canonical-json.ts';
import { verifyWebhook, type WebhookExpectation } from '../../shared/stripe/webhook.ts';
import { signWebhook } from '../local-cloud/stripe/webhooks.ts';

const SECRET = 'whsec_new';
const OLD_SECRET = 'whsec_old';
const now = new Date('2026-11-01T00:00:00Z');
const at = Math.floor(now.getTime() / 1000);
const expectation: WebhookExpectation = { secrets: [SECRET, OLD_SECRET], livemode: false, account: null, now };

const event = {
  id: 'evt_1',
  object: 'event',
  created: at - 5,
  data: { object: { id: 'in_1', object: 'invoice', total: 123 } },
  livemode: false,
  type: 'invoice.paid',
};
const text = JSON.stringify(event, null, 2);
const bytes = (body: string) => new TextEncoder().encode(body);
const verify = (body: string | Uint8Array, header: string | undefined, change: Partial<WebhookExpectation> = {}) =>
  verifyWebhook(typeof body === 'string' ? bytes(body) : body, header, { ...expectation, ...change });

describe('an event that Stripe sent', () => {
  test('promise 17: is taken as a notice without any amount', async () => {
    expect(await verify(text, signWebhook(text, SECRET, at))).toEqual({
      kind: 'verified',
      event: {
        id: 'evt_1',
        type: 'invoice.paid',
        created: new Date((at - 5) * 1000),
        objectId: 'in_1',
        bodyDigest: digest(JSON.stringify(event)),
      },
    });
  });

  test('a repeat is the same event with fewer deliveries still to be made, and another one with any other change', async () => {
    const digestOf = async (change: object) => {
      const body = JSON.stringify({ ...event, ...change });
      const verdict = await verify(body, signWebhook(body, SECRET, at));
      return verdict.kind === 'verified' ? verdict.event.bodyDigest : verdict.reason;
    };
    expect(await digestOf({ pending_webhooks: 2 })).toBe(await digestOf({ pending_webhooks: 1 }));
    expect(await digestOf({ data: { object: { id: 'in_1', total: 124 } } })).not.toBe(await digestOf({}));
  });

  test('is taken under the old secret too while it is being rotated, and under either of two signatures', async () => {
    const header = signWebhook(text, OLD_SECRET, at);
    expect((await verify(text, header)).kind).toBe('verified');
    const both = `${signWebhook(text, 'whsec_elsewhere', at)},${header.split(',')[1]},v0=00`;
    expect((await verify(text, both)).kind).toBe('verified');
  });

  test.each([-300, -299, 0, 299, 300])('is taken when signed %d s from now', async (offset) => {
    expect((await verify(text, signWebhook(text, SECRET, at + offset))).kind).toBe('verified');
  });

  test('of a connected account is taken where that account is expected', async () => {
    const body = JSON.stringify({ ...event, account: 'acct_1' });
    expect((await verify(body, signWebhook(body, SECRET, at), { account: 'acct_1' })).kind).toBe('verified');
  });
});

describe('a forged event is refused', () => {
  const good = signWebhook(text, SECRET, at);
  const signature = good.split('v1=')[1] ?? '';
  const reserialised = JSON.stringify(JSON.parse(text));
  const altered = bytes(text);
  altered[altered.length - 3] = 0x20;
  const withMark = new Uint8Array([0xef, 0xbb, 0xbf, ...bytes(text)]);
  const notUtf8 = new Uint8Array([...bytes(text), 0xff]);
  const signed = (body: object) => [JSON.stringify(body), signWebhook(JSON.stringify(body), SECRET, at)] as const;

  test.each([
    ['no header', 'no_signature', text, undefined],
    ['empty header', 'no_signature', text, ''],
    ['no time', 'malformed_signature', text, `v1=${signature}`],
    ['a time that is not a number', 'malformed_signature', text, `t=${at}x,v1=${signature}`],
    ['two times', 'malformed_signature', text, `t=1,${good}`],
    ['the wrong scheme', 'unsupported_scheme', text, `t=${at},v0=${signature}`],
    ['the wrong secret', 'wrong_signature', text, signWebhook(text, 'whsec_other', at)],
    ['an empty signature', 'malformed_signature', text, `t=${at},v1=`],
    ['a signature without a value', 'malformed_signature', text, `t=${at},v1`],
    ['an empty part', 'malformed_signature', text, `${good},`],
    ['a signature of other length', 'wrong_signature', text, `t=${at},v1=ü`],
    ['a signature of another time', 'wrong_signature', text, `t=${at - 1},v1=${signature}`],
    ['an altered byte', 'wrong_signature', altered, good],
    ['a body that was parsed and written again', 'wrong_signature', reserialised, good],
    ['a byte order mark put before the body', 'wrong_signature', withMark, good],
    ['a byte that is not UTF-8', 'not_utf8', notUtf8, good],
    ['an empty body', 'wrong_signature', '', good],
    ['301 s old', 'too_old', text, signWebhook(text, SECRET, at - 301)],
    ['301 s in the future', 'in_the_future', text, signWebhook(text, SECRET, at + 301)],
    ['10 MiB', 'too_large', new Uint8Array(10 * 1024 * 1024), good],
    ['the wrong mode', 'wrong_mode', ...signed({ ...event, livemode: true })],
    ['another account', 'wrong_account', ...signed({ ...event, account: 'acct_other' })],
    ['not JSON', 'unreadable_event', 'not json', signWebhook('not json', SECRET, at)],
    ['not an event', 'unreadable_event', ...signed({ id: 'in_1', object: 'invoice' })],
    ['an event without an object', 'unreadable_event', ...signed({ ...event, data: {} })],
    ['an object whose id is no text', 'unreadable_event', ...signed({ ...event, data: { object: { id: 7 } } })],
  ] as const)('%s: %s', async (_, reason, body, header) => {
    expect(await verify(body, header)).toEqual({ kind: 'refused', reason });
  });

  test('with a secret that was rotated out', async () => {
    const header = signWebhook(text, OLD_SECRET, at);
    expect(await verify(text, header, { secrets: [SECRET] })).toEqual({ kind: 'refused', reason: 'wrong_signature' });
  });

  test('when no secret is configured, even if signed with an empty one', async () => {
    const header = signWebhook(text, '', at);
    expect(await verify(text, header, { secrets: ['', ' '] })).toEqual({
      kind: 'refused',
      reason: 'no_secret_configured',
    });
  });
});
