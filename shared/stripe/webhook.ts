import { z } from 'zod';
import { type Digest, digest } from '../canonical/canonical-json.ts';

/** How far the time in a signature may be from now, in seconds, to either side. */
const TOLERANCE_SECONDS = 300;
/** Stripe's events are a few kilobytes; an invoice with many lines some hundreds. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

export interface WebhookExpectation {
  /** Signing secrets that count, the new one and the old one while a rotation lasts. */
  readonly secrets: readonly string[];
  /** Whether events must come from live mode (true) or from a test mode or sandbox (false). */
  readonly livemode: boolean;
  /** `acct_…` of a connected account; null when events must come from the own account. */
  readonly account: string | null;
  readonly now: Date;
}

/** What is taken from an event: that something happened to an object. Amounts are read from Stripe itself (promise 17). */
export interface StripeEventNotice {
  readonly id: string;
  readonly type: string;
  readonly created: Date;
  /** Null for what has no id: a balance, the preview of an invoice. */
  readonly objectId: string | null;
  /** Tells a repeated delivery from another body under the same event id. */
  readonly bodyDigest: Digest;
}

export type WebhookRefusal =
  | 'too_large'
  | 'no_secret_configured'
  | 'no_signature'
  | 'malformed_signature'
  | 'unsupported_scheme'
  | 'too_old'
  | 'in_the_future'
  | 'not_utf8'
  | 'wrong_signature'
  | 'unreadable_event'
  | 'wrong_mode'
  | 'wrong_account';

export type WebhookVerdict =
  | { readonly kind: 'verified'; readonly event: StripeEventNotice }
  | { readonly kind: 'refused'; readonly reason: WebhookRefusal };

const eventSchema = z.object({
  id: z.string().regex(/^evt_\w+$/),
  object: z.literal('event'),
  type: z.string().regex(/^[a-z0-9_.]+$/),
  created: z.int().nonnegative(),
  livemode: z.boolean(),
  account: z.string().optional(),
  data: z.object({ object: z.object({ id: z.string().min(1).optional() }) }),
});

function refused(reason: WebhookRefusal): WebhookVerdict {
  return { kind: 'refused', reason };
}

/**
 * The signing time in seconds; undefined unless every part is `name=value` and exactly one is a time. Stripe's own
 * check throws something else than a refusal when a part has no value.
 */
function signedAt(parts: readonly string[]): bigint | undefined {
  if (!parts.every((part) => /^[^=]+=[^=]+$/.test(part))) return undefined;
  const [time, ...others] = parts.filter((part) => part.startsWith('t='));
  const digits = others.length > 0 ? undefined : /^t=(\d{1,12})$/.exec(time ?? '')?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

function checkHeader(header: string | undefined, now: Date): WebhookRefusal | undefined {
  if (header === undefined || header === '') return 'no_signature';
  const parts = header.split(',');
  const time = signedAt(parts);
  if (time === undefined) return 'malformed_signature';
  if (!parts.some((part) => part.startsWith('v1='))) return 'unsupported_scheme';
  const age = BigInt(Math.floor(now.getTime() / 1000)) - time;
  if (age > BigInt(TOLERANCE_SECONDS)) return 'too_old';
  if (age < BigInt(-TOLERANCE_SECONDS)) return 'in_the_future';
  return undefined;
}

/** The text of the bytes, a byte order mark kept: what was signed is the bytes, not what they look like. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function signatureHolds(text: string, header: string, secrets: readonly string[], now: Date): Promise<boolean> {
  const { Stripe } = await import('stripe');
  return secrets.some((secret) => {
    try {
      const { signature } = Stripe.webhooks;
      return signature?.verifyHeader(text, header, secret, TOLERANCE_SECONDS, undefined, now.getTime()) ?? false;
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
      throw error;
    }
  });
}

function readEvent(text: string, expectation: WebhookExpectation): WebhookVerdict {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return refused('unreadable_event');
    throw error;
  }
  const parsed = eventSchema.safeParse(document);
  if (!parsed.success) return refused('unreadable_event');
  const { id, type, created, livemode, account, data } = parsed.data;
  if (livemode !== expectation.livemode) return refused('wrong_mode');
  if ((account ?? null) !== expectation.account) return refused('wrong_account');
  const bodyDigest = digestOfEvent(document);
  const event = { id, type, created: new Date(created * 1000), objectId: data.object.id ?? null, bodyDigest };
  return { kind: 'verified', event };
}

/** Stripe writes a repeat anew: how many deliveries are still to be made is the one thing in it that may have changed. */
function digestOfEvent(document: unknown): Digest {
  return digest(JSON.stringify(document, (name, value: unknown) => (name === 'pending_webhooks' ? undefined : value)));
}

/**
 * Whether a request is an event that Stripe sent to us. `body` is the bytes as they came, `header` the
 * `Stripe-Signature` header. The checks are in a fixed order and the first that fails is the reason.
 */
export async function verifyWebhook(
  body: Uint8Array,
  header: string | undefined,
  expectation: WebhookExpectation,
): Promise<WebhookVerdict> {
  if (body.byteLength > MAX_BODY_BYTES) return refused('too_large');
  const secrets = expectation.secrets.filter((secret) => secret.trim() !== '');
  if (secrets.length === 0) return refused('no_secret_configured');
  const headerRefusal = checkHeader(header, expectation.now);
  if (headerRefusal !== undefined || header === undefined) return refused(headerRefusal ?? 'no_signature');
  const text = decodeUtf8(body);
  if (text === undefined) return refused('not_utf8');
  if (!(await signatureHolds(text, header, secrets, expectation.now))) return refused('wrong_signature');
  return readEvent(text, expectation);
}
