/** The relay delivers by the same table that the deployment is made from. */
export {
  DEAD_LETTER_TOPIC,
  MAX_DELIVERY_ATTEMPTS,
  type Subscription,
  subscriptionsOf,
} from '../../../functions/subscriptions.ts';
