import { html } from 'hono/html';
import type { Reader } from '../database/database.ts';

/** Markup whose interpolated texts are escaped. */
export type Html = ReturnType<typeof html>;

/** What a page may touch: it reads, and nothing else. */
export interface PageContext {
  readonly reader: Reader;
  /** Reads in the one role that sees today's usage, which is provisional. */
  readonly provisional: <T>(work: (reader: Reader) => Promise<T>) => Promise<T>;
  readonly now: Date;
}

export type NavigationItem =
  | 'overview'
  | 'runs'
  | 'usage'
  | 'customers'
  | 'plans'
  | 'reconciliation'
  | 'adjustments'
  | 'shadow'
  | 'exceptions'
  | 'operations'
  | 'audit';

export interface Page {
  readonly status: 200 | 404;
  readonly title: string;
  readonly active: NavigationItem | null;
  readonly body: Html;
}

export function notFoundPage(what: string, hint: Html): Page {
  const body = html`<div class="empty">
    <h1>Not found</h1>
    <p>${what}</p>
    <p class="muted">${hint}</p>
  </div>`;
  return { status: 404, title: 'Not found', active: null, body };
}
