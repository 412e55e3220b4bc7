import { z } from 'zod';
import { type DaybookEvent, EVENT_VERSION, EVENTS, type Topic } from './catalogue.ts';

/**
 * What Pub/Sub posts to a push endpoint. `deliveryAttempt` is there only under a dead-letter policy; the emulator
 * leaves it out. https://cloud.google.com/pubsub/docs/push
 */
const envelopeSchema = z.object({
  message: z.object({
    data: z.string().default(''),
    messageId: z.string().min(1),
    attributes: z.record(z.string(), z.string()).default({}),
  }),
  subscription: z.string().min(1),
  deliveryAttempt: z.int().positive().optional(),
});

/** A push as received: where it came from, and its data as text. */
export interface Push {
  readonly messageId: string;
  /** The subscription's own name, without its project. */
  readonly subscription: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: string;
  /** The data byte for byte, as it travelled. */
  readonly dataBase64: string;
  readonly deliveryAttempt: number | null;
}

export type ParsedPush =
  | { readonly kind: 'push'; readonly push: Push }
  | { readonly kind: 'refused'; readonly reason: string };

/** Parses the body of a push request. What is refused here did not come from Pub/Sub. */
export function parsePush(body: unknown): ParsedPush {
  const parsed = envelopeSchema.safeParse(body);
  if (!parsed.success) return { kind: 'refused', reason: `not a Pub/Sub push: ${z.prettifyError(parsed.error)}` };
  const { message, subscription, deliveryAttempt } = parsed.data;
  return {
    kind: 'push',
    push: {
      messageId: message.messageId,
      subscription: subscription.replace(/^projects\/[^/]+\/subscriptions\//, ''),
      attributes: message.attributes,
      data: Buffer.from(message.data, 'base64').toString('utf8'),
      dataBase64: message.data,
      deliveryAttempt: deliveryAttempt ?? null,
    },
  };
}

export type ParsedEvent<T extends Topic> =
  | { readonly kind: 'event'; readonly event: DaybookEvent<T> }
  /** Will never be readable: retrying is of no use, it belongs to the dead letters. */
  | { readonly kind: 'poison'; readonly reason: string };

const headSchema = z.object({
  id: z.uuid(),
  type: z.string(),
  version: z.number(),
  occurredAt: z.iso.datetime(),
  data: z.unknown(),
});

/** Parses a message's data as an event of `topic`. */
export function parseEvent<T extends Topic>(topic: T, text: string): ParsedEvent<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own words quote the message, which belongs in the dead letters alone.
    return { kind: 'poison', reason: `not JSON (${text.length} characters)` };
  }
  const head = headSchema.safeParse(json);
  if (!head.success) return { kind: 'poison', reason: `not an event: ${z.prettifyError(head.error)}` };
  if (head.data.type !== topic) return { kind: 'poison', reason: `a ${head.data.type} event on the topic ${topic}` };
  if (head.data.version !== EVENT_VERSION) {
    return {
      kind: 'poison',
      reason: `unknown version ${head.data.version} of ${topic}; this build reads version ${EVENT_VERSION}`,
    };
  }
  const data = EVENTS[topic].safeParse(head.data.data);
  if (!data.success) return { kind: 'poison', reason: `malformed ${topic}: ${z.prettifyError(data.error)}` };
  return {
    kind: 'event',
    event: { ...head.data, version: EVENT_VERSION, type: topic, data: data.data } as DaybookEvent<T>,
  };
}
