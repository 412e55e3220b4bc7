import { html } from 'hono/html';
import { digest } from '../../shared/canonical/canonical-json.ts';
import { renderDocument } from '../../shared/console/layout.ts';
import { notFoundPage, type Page, type PageContext } from '../../shared/console/page.ts';
import { ICON, STYLE } from '../../shared/console/style.ts';
import { asVisibility } from '../../shared/visibility/role.ts';
import type { HttpHandler, HttpReply, HttpRequest } from '../http.ts';
import type { World } from '../world.ts';
import { type Download, findRoute } from './routes.ts';

const STYLE_VERSION = digest(STYLE).slice('sha256:'.length, 'sha256:'.length + 12);

const SHOWING = { actor: 'service:console', why: 'show a page' };

/** Nothing runs in the page, nothing is loaded from elsewhere, nobody frames it. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
} as const;

/**
 * The operators' console: it reads and changes nothing, so that a repeat is safe. Who may call it is decided before it,
 * by the identity-aware proxy in the cloud and by listening on 127.0.0.1 only on a laptop.
 */
export function create(world: World): HttpHandler {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return {
        status: 405,
        headers: { ...SECURITY_HEADERS, allow: 'GET, HEAD' },
        body: 'The console is read-only; decide with "npm run daybook".\n',
      };
    }
    if (request.path === '/style.css') return asset('text/css; charset=utf-8', STYLE);
    if (request.path === '/icon.svg') return asset('image/svg+xml', ICON);
    const context: PageContext = {
      reader: world.database,
      provisional: (work) => asVisibility(world.database, SHOWING, work),
      now: world.effects.now(),
    };
    const opened = await open(context, request);
    if (opened.kind === 'download') return sent(opened.download);
    const { page } = opened;
    const body = await renderDocument(page, STYLE_VERSION, context.now);
    return {
      status: page.status,
      contentType: 'text/html; charset=utf-8',
      headers: { ...SECURITY_HEADERS, 'cache-control': 'no-store' },
      body,
    };
  };
}

type Opened =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'download'; readonly download: Download };

async function open(context: PageContext, request: HttpRequest): Promise<Opened> {
  const overview = html`<a href="/">The overview</a> leads to everything there is.`;
  const found = findRoute(request.path);
  const missing = (why: string): Opened => ({
    kind: 'page',
    page: notFoundPage(`There is no page ${request.path}${why}`, overview),
  });
  if (found === undefined) return missing('.');
  // What stands in the path wins over a query parameter of the same name.
  const address = { ...Object.fromEntries(request.query), ...found.parameters };
  const opened = await found.route.open(context, address);
  return opened.kind === 'unknown' ? missing(`: ${opened.reason}`) : opened;
}

function sent({ fileName, contentType, parts }: Download): HttpReply {
  const headers = {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    'content-disposition': `attachment; filename="${fileName}"`,
  };
  return { status: 200, contentType, headers, body: parts };
}

function asset(contentType: string, body: string): HttpReply {
  return { status: 200, contentType, headers: { ...SECURITY_HEADERS, 'cache-control': 'public, max-age=86400' }, body };
}
