import type { Database, Transaction } from '../database/database.ts';
import { deadLetterAdvance, deadLetterLock } from '../database/queries.generated.ts';
import { TOPICS, type Topic } from './catalogue.ts';
import type { Publisher } from './publisher.ts';
import { parseEvent } from './push-envelope.ts';

export type DeadLetterOutcome =
  | { readonly kind: 'replayed'; readonly topic: Topic; readonly subscription: string }
  | { readonly kind: 'discarded'; readonly subscription: string }
  | {
      readonly kind: 'refused';
      readonly reason: 'unknown_message' | 'decided_before' | 'unknown_topic' | 'unreadable' | 'no_reason';
      readonly detail: string;
    };

type Refused = Extract<DeadLetterOutcome, { kind: 'refused' }>;
type Letter = NonNullable<(typeof deadLetterLock)['row']>;

interface Decision {
  readonly letter: bigint;
  readonly actor: string;
  readonly why: string;
}

/**
 * Sends a message that was put aside back to the topic that its subscription takes. The other subscriptions of the topic
 * find their claim. One that still cannot be read is refused: it would be put aside again, by all of them. A crash between
 * publishing and marking leaves it waiting, and a repeat publishes a second copy, which every receiver bears.
 */
export async function replayDeadLetter(
  { database, publisher }: { readonly database: Database; readonly publisher: Publisher },
  decision: Decision,
): Promise<DeadLetterOutcome> {
  return decide(database, decision, async (transaction, letter): Promise<DeadLetterOutcome> => {
    const topic = topicOf(letter.subscription);
    if (topic === undefined) {
      const detail = `"${letter.subscription}" is no subscription of a topic that this build knows. Discard the message, or deploy what takes it first.`;
      return { kind: 'refused', reason: 'unknown_topic', detail };
    }
    const body = Buffer.from(letter.data_base64, 'base64').toString('utf8');
    const parsed = parseEvent(topic, body);
    if (parsed.kind === 'poison') {
      const detail = `Message ${letter.dead_letter_id} still cannot be read: ${parsed.reason}. Discard it: daybook dead-letters discard ${letter.dead_letter_id} --why …`;
      return { kind: 'refused', reason: 'unreadable', detail };
    }
    await publisher.publish(topic, [{ eventId: parsed.event.id, body, traceparent: null }]);
    await transaction.rows(deadLetterAdvance, { dead_letter_id: letter.dead_letter_id, to_status: 'replayed' });
    return { kind: 'replayed', topic, subscription: letter.subscription };
  });
}

/** Gives a message up, for a reason. It stays in the table. */
export async function discardDeadLetter(
  { database }: { readonly database: Database },
  decision: Decision,
): Promise<DeadLetterOutcome> {
  if (decision.why.trim() === '')
    return { kind: 'refused', reason: 'no_reason', detail: 'Say why the message is given up.' };
  return decide(database, decision, async (transaction, letter): Promise<DeadLetterOutcome> => {
    await transaction.rows(deadLetterAdvance, { dead_letter_id: letter.dead_letter_id, to_status: 'discarded' });
    return { kind: 'discarded', subscription: letter.subscription };
  });
}

function decide(
  database: Database,
  { letter: id, actor, why }: Decision,
  act: (transaction: Transaction, letter: Letter) => Promise<DeadLetterOutcome>,
): Promise<DeadLetterOutcome> {
  return database.transaction({ actor, why: why.trim() }, async (transaction): Promise<DeadLetterOutcome> => {
    const letter = await transaction.first(deadLetterLock, { dead_letter_id: id });
    if (letter === undefined) {
      const detail = `There is no message ${id} that was put aside: daybook dead-letters list shows those that wait.`;
      return { kind: 'refused', reason: 'unknown_message', detail } satisfies Refused;
    }
    if (letter.status !== 'waiting') {
      const detail = `Message ${id} was ${letter.status} before.`;
      return { kind: 'refused', reason: 'decided_before', detail } satisfies Refused;
    }
    return act(transaction, letter);
  });
}

/** A subscription is named after its topic and its function. */
function topicOf(subscription: string): Topic | undefined {
  return TOPICS.find((topic) => subscription.startsWith(`${topic}.`));
}
