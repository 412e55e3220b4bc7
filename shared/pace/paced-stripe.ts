import { type Configuration, required } from '../configuration/configuration.ts';
import type { Reader } from '../database/database.ts';
import type { Effects } from '../effects/effects.ts';
import { openStripeClient, type StripeClient } from '../stripe/client.ts';
import { databasePace } from './database-pace.ts';

/** Stripe's limits unless the account has others: https://docs.stripe.com/rate-limits */
const USUAL_LIMITS = { live: 100, test: 25, endpoint: 25 } as const;

/** Whether a secret or restricted key is of the live mode. */
export function isLiveKey(secretKey: string): boolean {
  return /^[a-z]+_live_/.test(secretKey);
}

/**
 * How whoever speaks to Stripe opens it: at the first call, once, at the pace that all instances share. Throws
 * ConfigurationError at once when there is no key.
 */
export function pacedStripe(
  world: { readonly configuration: Configuration; readonly database: Reader; readonly effects: Effects },
  timeoutMs: number,
): () => Promise<StripeClient> {
  const { configuration, database, effects } = world;
  const secretKey = required(configuration.stripeApiKey, 'STRIPE_API_KEY');
  const apiBase = configuration.stripeApiBase ?? 'https://api.stripe.com';
  const accountMode = isLiveKey(secretKey) ? 'live' : 'test';
  const pace = databasePace(database, effects, {
    accountMode,
    account: configuration.stripeRequestsPerSecond ?? USUAL_LIMITS[accountMode],
    endpoint: configuration.stripeEndpointRequestsPerSecond ?? USUAL_LIMITS.endpoint,
  });
  let client: Promise<StripeClient> | undefined;
  return () => {
    client ??= openStripeClient({ apiBase, secretKey, timeoutMs }, effects, pace);
    return client;
  };
}
