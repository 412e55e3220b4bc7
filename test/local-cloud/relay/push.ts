import type { StoredMessage } from './store.ts';
import type { Subscription } from './subscriptions.ts';

export type Attempt = { readonly kind: 'acknowledged' } | { readonly kind: 'failed'; readonly error: string };

/** The answers that acknowledge: https://cloud.google.com/pubsub/docs/push#receive_push */
const ACKNOWLEDGING = new Set([102, 200, 201, 202, 204]);

/** The body of a push request: https://cloud.google.com/pubsub/docs/payload-unwrapping#wrapped */
export function pushBody(project: string, subscription: Subscription, message: StoredMessage, attempt: number): object {
  const { messageId, data, attributes, publishTime } = message;
  return {
    message: { data, attributes, messageId, message_id: messageId, publishTime, publish_time: publishTime },
    subscription: `projects/${project}/subscriptions/${subscription.name}`,
    ...(subscription.maxDeliveryAttempts === null ? {} : { deliveryAttempt: attempt }),
  };
}

/** Posts a message once. Never throws: whatever is not an acknowledgement in time is a failed attempt. */
export async function push(endpoint: string, subscription: Subscription, body: object): Promise<Attempt> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'APIs-Google' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(subscription.ackDeadlineSeconds * 1_000),
    });
    const text = await response.text();
    if (ACKNOWLEDGING.has(response.status)) return { kind: 'acknowledged' };
    return { kind: 'failed', error: `${response.status} ${text.slice(0, 500)}` };
  } catch (error) {
    return { kind: 'failed', error: reasonOf(error, subscription) };
  }
}

function reasonOf(error: unknown, subscription: Subscription): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `not acknowledged within ${subscription.ackDeadlineSeconds} s`;
  }
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message : String(error);
}
