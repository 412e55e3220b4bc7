import { html } from 'hono/html';
import { z } from 'zod';
import { formatCount } from './format.ts';
import type { Html } from './page.ts';

/** Rows that are shown at a time. */
export const SHEET_SIZE = 100;

/** Which sheet of a long list is shown, from 1. */
export const sheetSchema = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, 'not a page of a list')
  .transform((text) => Number.parseInt(text, 10))
  .optional();

/** A sheet of a long list; past its end the last one. */
export interface Sheet<Row> {
  readonly rows: readonly Row[];
  /** Links to the other sheets, with the place in the whole; empty for a list that fits. */
  readonly turn: Html;
}

/** The asked sheet of a list. `address` is the page's own. */
export function sheetOf<Row>(all: readonly Row[], asked: number | undefined, address: string): Sheet<Row> {
  const sheets = Math.max(1, Math.ceil(all.length / SHEET_SIZE));
  if (sheets === 1) return { rows: all, turn: html`` };
  const sheet = Math.min(asked ?? 1, sheets);
  const from = (sheet - 1) * SHEET_SIZE;
  const rows = all.slice(from, from + SHEET_SIZE);
  const link = (to: number, label: string) =>
    to < 1 || to > sheets ? '' : html`<a href="${address}?sheet=${to}">${label}</a>`;
  return {
    rows,
    turn: html`<nav class="pages" aria-label="Pages of the list">${link(sheet - 1, '← Previous')}<span class="muted">${formatCount(from + 1)} to ${formatCount(from + rows.length)} of ${formatCount(all.length)}</span>${link(sheet + 1, 'Next →')}</nav>`,
  };
}
