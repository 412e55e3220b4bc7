import type { Transaction } from '../shared/database/database.ts';
import type { DaybookEvent, Topic } from '../shared/events/catalogue.ts';
import { publishOutbox } from '../shared/events/outbox.ts';
import { type Push, parsePush } from '../shared/events/push-envelope.ts';
import { type Receipt, receive, receiveRepeatable } from '../shared/events/receive.ts';
import type { HttpHandler } from './http.ts';
import type { World } from './world.ts';

/** What a function does with one topic's events, inside the transaction that also claims the message. */
export type Apply<T extends Topic> = (transaction: Transaction, event: DaybookEvent<T>) => Promise<void>;

/**
 * A handler of pushed events of one topic. Any 2xx acknowledges. A repeat is safe for every function built on this:
 * claim and effect are one transaction.
 */
export function onEvent<T extends Topic>(world: World, functionName: string, topic: T, apply: Apply<T>): HttpHandler {
  return onPush(world, functionName, (push) => receive(world, topic, push, `service:${functionName}`, apply));
}

/** A handler of pushed events whose work reaches outside the database, and bears being repeated at any point. */
export function onRepeatableEvent<T extends Topic>(
  world: World,
  functionName: string,
  topic: T,
  work: (event: DaybookEvent<T>) => Promise<void>,
): HttpHandler {
  return onPush(world, functionName, (push) => receiveRepeatable(world, topic, push, `service:${functionName}`, work));
}

/** A handler of pushes that decides by itself what a message is. */
export function onPush(world: World, functionName: string, take: (push: Push) => Promise<Receipt>): HttpHandler {
  return async (request) => {
    const parsed = parsePush(request.body);
    if (parsed.kind === 'refused') return { status: 400, body: { error: parsed.reason } };
    const receipt = await take(parsed.push);
    if (receipt.kind === 'dead_lettered') {
      world.logger.log('ERROR', `${functionName} put a message aside: ${receipt.reason}`, {
        messageId: parsed.push.messageId,
      });
    }
    await publishOutbox(world.database, world.publisher, world.effects, `service:${functionName}`);
    await world.effects.perform({ kind: 'acknowledge', name: functionName }, async () => undefined);
    return { status: 200, body: receipt };
  };
}
