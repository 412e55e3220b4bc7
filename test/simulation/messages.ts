import { type Manifest, subscriptionName } from '../../functions/manifest.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { attributesOf, type OutgoingMessage, type Publisher } from '../../shared/events/publisher.ts';
import { FUNCTIONS } from './functions.ts';

export interface Subscription {
  readonly name: string;
  readonly topic: string;
  readonly functionName: string;
}

/** The subscriptions that the manifests ask for. */
export const SUBSCRIPTIONS: readonly Subscription[] = FUNCTIONS.flatMap(({ manifest }) => subscriptionsOf(manifest));

function subscriptionsOf({ name: functionName, trigger }: Manifest): Subscription[] {
  if (trigger.kind !== 'events') return [];
  return trigger.topics.map((topic) => ({ name: subscriptionName(topic, functionName), topic, functionName }));
}

export interface Message extends OutgoingMessage {
  readonly messageId: string;
  readonly topic: string;
}

/** A message on its way to one subscription. */
export interface Delivery {
  readonly subscription: Subscription;
  readonly message: Message;
  attempts: number;
}

/** Pub/Sub as far as Daybook sees it. It keeps messages whatever becomes of the processes. */
export class Messages {
  readonly published: Message[] = [];
  /** What no receiver has acknowledged, oldest first. */
  readonly waiting: Delivery[] = [];

  publish(topic: string, messages: readonly OutgoingMessage[]): void {
    for (const message of messages) {
      const kept = { ...message, topic, messageId: String(this.published.length + 1) };
      this.published.push(kept);
      this.offer(kept);
    }
  }

  /** Owes a message to every subscription of its topic, again if need be. */
  offer(message: Message): void {
    for (const subscription of SUBSCRIPTIONS) {
      if (subscription.topic === message.topic) this.waiting.push({ subscription, message, attempts: 0 });
    }
  }

  acknowledge(delivery: Delivery): void {
    const index = this.waiting.indexOf(delivery);
    if (index >= 0) this.waiting.splice(index, 1);
  }
}

/** A process's way to the messages: through its seam. */
export function publisherTo(messages: Messages, effects: Effects): Publisher {
  return {
    publish: (topic, outgoing) =>
      effects.perform({ kind: 'publish', name: topic }, async () => messages.publish(topic, outgoing)),
    close: async () => undefined,
  };
}

/** What Pub/Sub posts to a push endpoint. */
export function pushBody({ subscription, message, attempts }: Delivery): object {
  return {
    message: {
      data: Buffer.from(message.body).toString('base64'),
      messageId: message.messageId,
      attributes: attributesOf(message),
    },
    subscription: `projects/simulation/subscriptions/${subscription.name}`,
    deliveryAttempt: attempts + 1,
  };
}
