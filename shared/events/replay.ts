import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Database } from '../database/database.ts';
import { auditLogAppend, outboxCountPublishedSince, outboxListPublishedSince } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { TOPICS, type Topic } from './catalogue.ts';
import type { Publisher } from './publisher.ts';

export type ReplayOutcome =
  | { readonly kind: 'replayed'; readonly topic: Topic; readonly since: Date; readonly events: number }
  | {
      readonly kind: 'refused';
      readonly reason: 'unknown_topic' | 'in_the_future';
      readonly detail: string;
    };

const BATCH = 200;

/**
 * Publishes again, in their order, the facts of a topic that have occurred since an instant and were published. They are
 * the same events under the same ids, so that every receiver that has dealt with one finds its claim and does nothing; what
 * still waits in the outbox is left to the sweeper. A crash on the way is mended by a repeat. The deed is audited first.
 */
export async function replayEvents(
  dependencies: { readonly database: Database; readonly publisher: Publisher; readonly effects: Effects },
  replay: { readonly topic: string; readonly since: Date; readonly actor: string; readonly why: string },
): Promise<ReplayOutcome> {
  const { database, publisher, effects } = dependencies;
  const { since, actor, why } = replay;
  const topic = TOPICS.find((known) => known === replay.topic);
  if (topic === undefined) {
    const detail = `There is no topic "${replay.topic.slice(0, 100)}"; the topics are ${TOPICS.join(', ')}.`;
    return { kind: 'refused', reason: 'unknown_topic', detail };
  }
  if (since.getTime() > effects.now().getTime()) {
    const detail = `${since.toISOString()} is yet to come: nothing has occurred since then.`;
    return { kind: 'refused', reason: 'in_the_future', detail };
  }
  const counted = await database.first(outboxCountPublishedSince, { topic, since });
  const planned = counted?.events ?? 0;
  if (planned === 0) return { kind: 'replayed', topic, since, events: 0 };
  const detail = canonicalJson({ since: since.toISOString(), events: planned });
  await database.transaction({ actor, why }, (transaction) =>
    transaction.rows(auditLogAppend, { action: 'events.replayed', subject: topic, detail }),
  );
  let events = 0;
  let last: { readonly occurred_at: Date; readonly event_id: string } | undefined;
  for (;;) {
    const page = await database.rows(outboxListPublishedSince, {
      topic,
      since,
      after_at: last?.occurred_at ?? null,
      after_id: last?.event_id ?? null,
      batch_size: BATCH,
    });
    if (page.length > 0)
      await publisher.publish(
        topic,
        page.map((row) => ({ eventId: row.event_id, body: row.body, traceparent: row.traceparent })),
      );
    events += page.length;
    last = page.at(-1);
    if (page.length < BATCH) return { kind: 'replayed', topic, since, events };
  }
}
