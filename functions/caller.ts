import type { HttpHandler } from './http.ts';
import type { Manifest } from './manifest.ts';
import type { World } from './world.ts';

/** Whether a call comes from one of those who may make it. */
export type CallerVerdict =
  | { readonly kind: 'known'; readonly account: string }
  /** Never with anything of the token in it. */
  | { readonly kind: 'refused'; readonly reason: CallerRefusal };

export type CallerRefusal = 'no_token' | 'token_not_valid' | 'account_not_verified' | 'account_not_allowed';

export interface CallerRules {
  /** What the token must be made out to. */
  readonly audience: string;
  readonly accounts: readonly string[];
  /** Where the keys of Google's tokens are; another place only in tests. */
  readonly certificatesUrl?: string;
}

/**
 * Puts the check of the caller's token before a function that only the scheduler or Pub/Sub calls. IAM checks the same
 * before Cloud Run lets a call through; this holds when somebody opens the service by mistake. Off without an audience.
 */
export function requireCaller(manifest: Manifest, { configuration, logger }: World, handler: HttpHandler): HttpHandler {
  if (manifest.trigger.kind === 'http') return handler;
  const { oidcAudience: audience, oidcAccounts: accounts } = configuration;
  if (audience === null) {
    logger.log('INFO', `callers of ${manifest.name} are checked by IAM alone: OIDC_AUDIENCE is not set`);
    return handler;
  }
  let opening: ReturnType<typeof openVerifier> | undefined;
  return async (request) => {
    opening ??= openVerifier({ audience, accounts });
    const verdict = await (await opening)(request.headers.authorization);
    if (verdict.kind === 'known') return handler(request);
    logger.log('WARNING', `a call of ${manifest.name} was refused: ${verdict.reason}`);
    return { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: { error: verdict.reason } };
  };
}

/** Checks Google's ID tokens: signature, issuer, audience, time, account. The library loads only where it is used. */
export async function openVerifier(
  rules: CallerRules,
): Promise<(authorization: string | undefined) => Promise<CallerVerdict>> {
  const { OAuth2Client } = await import('google-auth-library');
  const { certificatesUrl: oauth2FederatedSignonPemCertsUrl } = rules;
  const client = new OAuth2Client(
    oauth2FederatedSignonPemCertsUrl === undefined ? {} : { endpoints: { oauth2FederatedSignonPemCertsUrl } },
  );
  return async (authorization) => {
    const [, idToken] = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization ?? '') ?? [];
    if (idToken === undefined) return { kind: 'refused', reason: 'no_token' };
    const payload = await client
      .verifyIdToken({ idToken, audience: rules.audience })
      .then((ticket) => ticket.getPayload())
      // Whatever is wrong with it, the caller is told no more than that it is.
      .catch(() => undefined);
    if (payload === undefined) return { kind: 'refused', reason: 'token_not_valid' };
    if (payload.email === undefined || payload.email_verified !== true)
      return { kind: 'refused', reason: 'account_not_verified' };
    if (!rules.accounts.includes(payload.email)) return { kind: 'refused', reason: 'account_not_allowed' };
    return { kind: 'known', account: payload.email };
  };
}
