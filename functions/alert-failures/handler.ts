import { deliverAlerts, raiseDeadLetterAlerts } from '../../shared/alerts/deliver.ts';
import { type AlertEvent, type AlertTopic, noticeOf } from '../../shared/alerts/event-notice.ts';
import { raiseAlert } from '../../shared/alerts/raise.ts';
import type { Push } from '../../shared/events/push-envelope.ts';
import { keepDeadLetter, type Receipt, receive } from '../../shared/events/receive.ts';
import type { HttpHandler } from '../http.ts';
import { subscriptionName } from '../manifest.ts';
import { onPush } from '../push.ts';
import type { World } from '../world.ts';
import { manifest } from './manifest.ts';

const ACTOR = `service:${manifest.name}`;

/**
 * Tells people what failed, and keeps dead letters.
 *
 * A repeat is safe: claim and alert are one transaction, alerts coalesce on a unique key, a dead letter is kept once per
 * message, and an alert that was sent is marked. Sending comes after the commit and its failure is only recorded: it
 * is never a reason to deliver the event again.
 */
export function create(world: World): HttpHandler {
  return onPush(world, manifest.name, async (push) => {
    const receipt = await take(world, push);
    if (receipt.kind === 'dead_lettered') await raiseDeadLetterAlerts(world, ACTOR);
    await deliverAlerts(world, ACTOR);
    return receipt;
  });
}

function take(world: World, push: Push): Promise<Receipt> {
  const source = push.attributes[SOURCE_SUBSCRIPTION];
  if (source !== undefined) return keepForwarded(world, push, source);
  const topic = manifest.trigger.topics.find((name) => push.subscription === subscriptionName(name, manifest.name));
  if (topic === undefined) {
    const reason = `no dead letter, and "${push.subscription}" is not a subscription of ${manifest.name}`;
    return keepDeadLetter(world, push, ACTOR, reason);
  }
  return takeEvent(world, topic, push);
}

function takeEvent(world: World, topic: AlertTopic, push: Push): Promise<Receipt> {
  return receive(world, topic, push, ACTOR, async (transaction, event) => {
    const notice = await noticeOf(transaction, event as AlertEvent, world.configuration.consoleUrl);
    await raiseAlert(transaction, world.effects.now(), notice);
  });
}

/** Attributes that Pub/Sub adds to what it forwards: https://cloud.google.com/pubsub/docs/handling-failures#dead_letter_topic */
const SOURCE_SUBSCRIPTION = 'CloudPubSubDeadLetterSourceSubscription';
const DELIVERY_COUNT = 'CloudPubSubDeadLetterSourceDeliveryCount';

/** Keeps a forwarded message under the subscription that could not deliver it, which is also its way back. */
function keepForwarded(world: World, push: Push, source: string): Promise<Receipt> {
  const subscription = source.replace(/^projects\/[^/]+\/subscriptions\//, '');
  const attempts = push.attributes[DELIVERY_COUNT] ?? 'all';
  const reason = `given up by Pub/Sub after ${attempts} deliveries: the function answered with an error each time; its log says why`;
  return keepDeadLetter(world, { ...push, subscription }, ACTOR, reason);
}
