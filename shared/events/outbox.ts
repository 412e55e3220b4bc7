import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Database, Transaction } from '../database/database.ts';
import {
  outboxFindUnpublished,
  outboxInsert,
  outboxListUnpublished,
  outboxMarkPublished,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { currentTraceparent } from '../tracing/current.ts';
import { type DaybookEvent, EVENT_VERSION, EVENTS, type EventData, type Topic } from './catalogue.ts';
import type { Publisher } from './publisher.ts';

/** A fact that a transaction is about to make true. */
export type NewEvent = { readonly [T in Topic]: { readonly type: T; readonly data: EventData<T> } }[Topic];

const PUBLISH_BATCH = 200;

/** Keeps events in the transaction that makes them true; {@link publishOutbox} sends them after its commit (promise 10). */
export async function recordEvents(
  transaction: Transaction,
  effects: Effects,
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const occurredAt = effects.now();
  const bodies = events.map((event): DaybookEvent => {
    const data = EVENTS[event.type].parse(event.data) as EventData<Topic>;
    return { id: effects.uuid(), type: event.type, version: EVENT_VERSION, occurredAt: occurredAt.toISOString(), data };
  });
  const traceparent = currentTraceparent() ?? '';
  await transaction.rows(outboxInsert, {
    event_ids: bodies.map((body) => body.id),
    topics: bodies.map((body) => body.type),
    bodies: bodies.map((body) => canonicalJson(body)),
    occurred_at: bodies.map(() => occurredAt),
    traceparents: bodies.map(() => traceparent),
  });
}

/**
 * Publishes what waits in the outbox and returns how many events it sent. Called by every handler after its commit and
 * by the sweeper for what a crash left behind. Two callers never send the same rows at the same time; a crash after
 * Pub/Sub's confirmation sends them again, which every receiver bears.
 */
export async function publishOutbox(
  database: Database,
  publisher: Publisher,
  effects: Effects,
  actor: string,
): Promise<number> {
  let published = 0;
  // Most calls have nothing to send: one look is cheaper than a transaction.
  if (!(await database.first(outboxFindUnpublished, {}))) return published;
  for (;;) {
    const sent = await database.transaction({ actor, why: 'publish committed facts' }, async (transaction) => {
      const waiting = await transaction.rows(outboxListUnpublished, { batch_size: PUBLISH_BATCH });
      for (const [topic, rows] of Map.groupBy(waiting, (row) => row.topic)) {
        await publisher.publish(
          topic,
          rows.map((row) => ({ eventId: row.event_id, body: row.body, traceparent: row.traceparent })),
        );
      }
      if (waiting.length > 0) {
        await transaction.rows(outboxMarkPublished, {
          event_ids: waiting.map((row) => row.event_id),
          published_at: effects.now(),
        });
      }
      return waiting.length;
    });
    published += sent;
    if (sent < PUBLISH_BATCH) return published;
  }
}
