import { html } from 'hono/html';
import type { NavigationItem, Page } from './page.ts';

const NAVIGATION: readonly (readonly [NavigationItem, string, string])[] = [
  ['overview', 'Overview', '/'],
  ['runs', 'Runs', '/runs'],
  ['usage', 'Usage', '/usage'],
  ['customers', 'Customers', '/customers'],
  ['plans', 'Plans', '/plans'],
  ['shadow', 'Shadow', '/shadow'],
  ['adjustments', 'Adjustments', '/adjustments'],
  ['reconciliation', 'Reconciliation', '/reconciliation'],
  ['exceptions', 'Exceptions', '/exceptions'],
  ['operations', 'Operations', '/operations'],
  ['audit', 'Audit', '/audit'],
];

/** A whole document. `styleVersion` makes the style sheet's address change with its content. */
export async function renderDocument(page: Page, styleVersion: string, now: Date): Promise<string> {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · Daybook</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css?v=${styleVersion}">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="bar">
<a class="brand" href="/"><img src="/icon.svg" alt="" width="22" height="22">Daybook</a>
<nav aria-label="Main"><ul>${NAVIGATION.map(
    ([item, label, address]) =>
      html`<li><a href="${address}"${item === page.active ? html` aria-current="page"` : ''}>${label}</a></li>`,
  )}</ul></nav>
</header>
<main id="main">${page.body}</main>
<footer><span>Read-only: decisions are made with <code>npm run daybook</code>, under the same guards.</span>
<span>All days are UTC. Shown at ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC.</span></footer>
</body>
</html>`;
  return String(await document);
}
