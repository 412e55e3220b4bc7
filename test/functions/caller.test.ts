import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openVerifier, requireCaller } from '../../functions/caller.ts';
import { manifest as receiveStripeEvents } from '../../functions/receive-stripe-events/manifest.ts';
import { manifest as sweepOutbox } from '../../functions/sweep-outbox/manifest.ts';
import type { World } from '../../functions/world.ts';
import { readConfiguration } from '../../shared/configuration/configuration.ts';
import { request } from '../console/world.ts';
import { close, listen } from '../local-cloud/stack/listen.ts';

const AUDIENCE = 'https://sweep-outbox-1.europe-west1.run.app';
const ACCOUNT = 'scheduler@daybook.iam.gserviceaccount.com';
const HOUR = 3_600;

const google = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 });

let server: Server;
let verify: Awaited<ReturnType<typeof openVerifier>>;
beforeAll(async () => {
  const keys = JSON.stringify({ key1: google.publicKey.export({ type: 'spki', format: 'pem' }) });
  server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(keys),
  );
  const port = await listen(server, 0);
  verify = await openVerifier({
    audience: AUDIENCE,
    accounts: [ACCOUNT],
    certificatesUrl: `http://127.0.0.1:${port}/certs`,
  });
});
afterAll(() => close(server));

interface TokenParts {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly key?: KeyObject | null;
}

function token({ header = {}, claims = {}, key = google.privateKey }: TokenParts = {}): string {
  const now = Math.floor(Date.now() / 1_000);
  const payload = {
    iss: 'https://accounts.google.com',
    aud: AUDIENCE,
    sub: '1',
    email: ACCOUNT,
    email_verified: true,
    iat: now - 60,
    exp: now + HOUR,
    ...claims,
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'key1', ...header })}.${encode(payload)}`;
  const signature = key === null ? '' : sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url');
  return `${signed}.${signature}`;
}

const now = Math.floor(Date.now() / 1_000);

describe('a call by the scheduler or Pub/Sub', () => {
  test('is let through with Google’s token for this function and an allowed account', async () => {
    expect(await verify(`Bearer ${token()}`)).toEqual({ kind: 'known', account: ACCOUNT });
  });

  test.each([
    ['no header', undefined, 'no_token'],
    ['another scheme', `Basic ${token()}`, 'no_token'],
    ['an empty token', 'Bearer ', 'no_token'],
    ['a text that is no token', 'Bearer let-me-in', 'token_not_valid'],
    ['alg: none and no signature', `Bearer ${token({ header: { alg: 'none' }, key: null })}`, 'token_not_valid'],
    [
      'alg: none with a signature',
      `Bearer ${token({ header: { alg: 'none' }, key: stranger.privateKey })}`,
      'token_not_valid',
    ],
    ['a key that is not Google’s', `Bearer ${token({ key: stranger.privateKey })}`, 'token_not_valid'],
    ['an unknown key id', `Bearer ${token({ header: { kid: 'key2' } })}`, 'token_not_valid'],
    ['another audience', `Bearer ${token({ claims: { aud: 'https://other.run.app' } })}`, 'token_not_valid'],
    ['another issuer', `Bearer ${token({ claims: { iss: 'https://accounts.example.com' } })}`, 'token_not_valid'],
    [
      'an expired token',
      `Bearer ${token({ claims: { iat: now - 3 * HOUR, exp: now - 2 * HOUR } })}`,
      'token_not_valid',
    ],
    [
      'a token of the future',
      `Bearer ${token({ claims: { iat: now + 2 * HOUR, exp: now + 3 * HOUR } })}`,
      'token_not_valid',
    ],
    [
      'another account',
      `Bearer ${token({ claims: { email: 'mallory@daybook.iam.gserviceaccount.com' } })}`,
      'account_not_allowed',
    ],
    [
      'an account that is not verified',
      `Bearer ${token({ claims: { email_verified: false } })}`,
      'account_not_verified',
    ],
    ['no account', `Bearer ${token({ claims: { email: undefined } })}`, 'account_not_verified'],
  ])('is refused with %s', async (_what, authorization, reason) => {
    expect(await verify(authorization)).toEqual({ kind: 'refused', reason });
  });

  test('is refused with a token whose claims were changed after it was signed', async () => {
    const [header, , signature] = token().split('.');
    const claims = Buffer.from(JSON.stringify({ aud: AUDIENCE, email: ACCOUNT, email_verified: true })).toString(
      'base64url',
    );
    expect(await verify(`Bearer ${header}.${claims}.${signature}`)).toEqual({
      kind: 'refused',
      reason: 'token_not_valid',
    });
  });
});

describe('requireCaller', () => {
  const lines: string[] = [];
  const worldWith = (environment: Record<string, string>) =>
    ({
      configuration: readConfiguration({ DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none', ...environment }),
      logger: { log: (severity, message) => void lines.push(`${severity} ${message}`) },
    }) as Pick<World, 'configuration' | 'logger'> as World;
  const handler = async () => ({ status: 200 });

  test('answers 401 and calls nothing without a token, and the log says why', async () => {
    const guarded = requireCaller(sweepOutbox, worldWith({ OIDC_AUDIENCE: AUDIENCE, OIDC_ACCOUNTS: ACCOUNT }), handler);
    expect(await guarded(request('POST', '/'))).toMatchObject({ status: 401, body: { error: 'no_token' } });
    expect(lines.at(-1)).toBe('WARNING a call of sweep-outbox was refused: no_token');
  });

  test('says in the log that it is off without an audience, and leaves those with signatures of their own alone', async () => {
    const open = requireCaller(sweepOutbox, worldWith({}), handler);
    expect(await open(request('POST', '/'))).toEqual({ status: 200 });
    expect(lines.at(-1)).toContain('checked by IAM alone');
    expect(requireCaller(receiveStripeEvents, worldWith({ OIDC_AUDIENCE: AUDIENCE }), handler)).toBe(handler);
  });
});
