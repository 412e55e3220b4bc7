import type { Topic } from '../shared/events/catalogue.ts';
import { type Manifest, subscriptionName } from './manifest.ts';

/** Where messages go that were not taken in {@link MAX_DELIVERY_ATTEMPTS} attempts. */
export const DEAD_LETTER_TOPIC = 'dead-letters';
export const MAX_DELIVERY_ATTEMPTS = 5;

/** A push subscription. */
export interface Subscription {
  readonly name: string;
  readonly topic: string;
  readonly functionName: string;
  /** How long a receiver may take; then the attempt has failed. */
  readonly ackDeadlineSeconds: number;
  /** After so many failed attempts a message goes to the dead letters; null for the subscription of the dead letters. */
  readonly maxDeliveryAttempts: number | null;
}

/** The subscriptions that the manifests ask for: one for each topic that a function takes, and one of the dead letters. */
export function subscriptionsOf(manifests: readonly Manifest[]): Subscription[] {
  return manifests.flatMap((manifest): Subscription[] => {
    const { trigger, name: functionName, timeoutSeconds: ackDeadlineSeconds } = manifest;
    if (trigger.kind !== 'events') return [];
    const toFunction = { functionName, ackDeadlineSeconds };
    const subscriptions: Subscription[] = trigger.topics.map((topic: Topic) => ({
      ...toFunction,
      name: subscriptionName(topic, functionName),
      topic,
      maxDeliveryAttempts: MAX_DELIVERY_ATTEMPTS,
    }));
    if (!trigger.deadLetters) return subscriptions;
    const name = `${DEAD_LETTER_TOPIC}.${functionName}`;
    return [...subscriptions, { ...toFunction, name, topic: DEAD_LETTER_TOPIC, maxDeliveryAttempts: null }];
  });
}
