import { describe, expect, test } from 'vitest';
import { ConfigurationError, readConfiguration, required } from '../../shared/configuration/configuration.ts';

const GOOD = { DATABASE_URL: 'postgres://daybook@localhost:5432/daybook' };

describe('the environment', () => {
  test('needs no more than a database', () => {
    expect(readConfiguration(GOOD)).toMatchObject({
      databaseUrl: GOOD.DATABASE_URL,
      databasePoolSize: 2,
      stripeApiKey: null,
    });
  });

  test('names every variable that is missing or malformed at once, with what it is for', () => {
    const bad = { DATABASE_POOL_SIZE: 'many', STRIPE_API_KEY: 'pk_live_secret', SLACK_WEBHOOK_URL: 'ftp://x' };
    const read = () => readConfiguration(bad);
    expect(read).toThrow(ConfigurationError);
    for (const text of [
      'DATABASE_URL is not set (PostgreSQL connection string)',
      'DATABASE_POOL_SIZE must be a whole number',
      'STRIPE_API_KEY must begin with sk_',
      'SLACK_WEBHOOK_URL must be',
    ]) {
      expect(read).toThrow(text);
    }
  });

  test('never repeats a value: it may be a secret', () => {
    expect(() => readConfiguration({ ...GOOD, STRIPE_API_KEY: 'pk_live_secret' })).not.toThrow(/pk_live_secret/);
  });

  test('an empty variable is an unset one', () => {
    expect(readConfiguration({ ...GOOD, SLACK_WEBHOOK_URL: '' }).slackWebhookUrl).toBeNull();
  });

  test.each([['not json'], ['[]'], ['{"main": 7}'], ['{"main": "no address"}']])(
    'PROMETHEUS_ENDPOINTS of %s is refused with an example',
    (text) => {
      expect(() => readConfiguration({ ...GOOD, PROMETHEUS_ENDPOINTS: text })).toThrow(
        '{"main": "https://prometheus.example"}',
      );
    },
  );

  test('a part that this caller needs and does not have is named', () => {
    expect(() => required(null, 'STRIPE_API_KEY')).toThrow('STRIPE_API_KEY is not set');
  });
});
