import type { Database, Transaction } from '../database/database.ts';
import { deadLetterKeep, inboxClaim } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import type { DaybookEvent, Topic } from './catalogue.ts';
import { type Push, parseEvent } from './push-envelope.ts';

/** How a message ended (promise 11). All three are acknowledged; what throws is delivered again. */
export type Receipt =
  | { readonly kind: 'applied' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'dead_lettered'; readonly reason: string };

/** Says that an event can never be applied, however often it comes: it names something that does not exist. */
export class Unprocessable extends Error {}

/**
 * Applies a message once. The claim in the inbox and the effect commit together, so that a crash leaves neither, and a
 * repeat finds the claim. What cannot be read, or names what does not exist, is kept in dead_letters with its reason.
 */
export async function receive<T extends Topic>(
  dependencies: { readonly database: Database; readonly effects: Effects },
  topic: T,
  push: Push,
  actor: string,
  apply: (transaction: Transaction, event: DaybookEvent<T>) => Promise<void>,
): Promise<Receipt> {
  const { database, effects } = dependencies;
  const parsed = parseEvent(topic, push.data);
  if (parsed.kind === 'poison') return keepDeadLetter(dependencies, push, actor, parsed.reason);
  const { event } = parsed;
  try {
    return await database.transaction(
      { actor, why: `${event.type} ${event.id}` },
      async (transaction): Promise<Receipt> => {
        const claim = { subscription: push.subscription, event_id: event.id, received_at: effects.now() };
        if (!(await transaction.first(inboxClaim, claim))) return { kind: 'duplicate' };
        await apply(transaction, event);
        return { kind: 'applied' };
      },
    );
  } catch (error) {
    if (error instanceof Unprocessable) return keepDeadLetter(dependencies, push, actor, error.message);
    throw error;
  }
}

/**
 * Does work that is more than one transaction and bears being repeated at any point, then claims the message. A crash
 * before the claim leaves the message to come again and find the work done.
 */
export async function receiveRepeatable<T extends Topic>(
  dependencies: { readonly database: Database; readonly effects: Effects },
  topic: T,
  push: Push,
  actor: string,
  work: (event: DaybookEvent<T>) => Promise<void>,
): Promise<Receipt> {
  const parsed = parseEvent(topic, push.data);
  if (parsed.kind === 'poison') return keepDeadLetter(dependencies, push, actor, parsed.reason);
  try {
    await work(parsed.event);
  } catch (error) {
    if (error instanceof Unprocessable) return keepDeadLetter(dependencies, push, actor, error.message);
    throw error;
  }
  return receive(dependencies, topic, push, actor, async () => undefined);
}

/** Puts a message aside with its reason, once. */
export async function keepDeadLetter(
  dependencies: { readonly database: Database; readonly effects: Effects },
  push: Push,
  actor: string,
  reason: string,
): Promise<Receipt> {
  await dependencies.database.transaction({ actor, why: reason }, (transaction) =>
    transaction.rows(deadLetterKeep, {
      subscription: push.subscription,
      message_id: push.messageId,
      message: storable(push.data),
      data_base64: push.dataBase64,
      reason: storable(reason),
      received_at: dependencies.effects.now(),
    }),
  );
  return { kind: 'dead_lettered', reason };
}

/** PostgreSQL's text cannot hold U+0000; the exact bytes are kept beside it. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD');
}
