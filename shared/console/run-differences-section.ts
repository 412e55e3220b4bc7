import { html } from 'hono/html';
import type { CustomerDifference, LineDifference } from '../billing/run-differences.ts';
import { differenceChart, signed } from './difference-chart.ts';
import { formatAmount, formatNumber, words } from './format.ts';
import type { Html } from './page.ts';
import { cutNote, section, table } from './parts.ts';

const CHARTED = 12;
const LISTED = 50;
const LINES = 3;

/** What a run bills otherwise than the last period: a picture of the largest changes in each currency, and why each is. */
export function differencesSection(differences: readonly CustomerDifference[]): Html {
  if (differences.length === 0) return html``;
  const charts = [...Map.groupBy(differences, ({ currency }) => currency)].map(
    ([currency, group]) =>
      html`<figure class="plot"><figcaption><strong>${currency.toUpperCase()}</strong> <span class="muted">less on the left, more on the right</span></figcaption>
${differenceChart(currency, group.slice(0, CHARTED))}</figure>`,
  );
  const rows = differences
    .slice(0, LISTED)
    .map((one) => [
      html`<a href="/customers/${one.customer}">${one.customerName}</a><span class="sub">${one.customer}</span>`,
      amount(one.old, one.currency),
      amount(one.new, one.currency),
      html`<strong>${signed(one.change, one.currency)}</strong>`,
      why(one),
    ]);
  const columns = [
    { label: 'Customer' },
    { label: 'Last period', numeric: true },
    { label: 'Now', numeric: true },
    { label: 'Change', numeric: true },
    { label: 'Why' },
  ] as const;
  const body = html`${charts}${table('Differences by customer', columns, rows)}${cutNote(rows.length, differences.length, 'differences')}`;
  return section('Differences to the last period', body, 'From the charges of both, the largest first.');
}

function amount(minor: bigint | null, currency: string): unknown {
  return minor === null ? html`<span class="muted">none</span>` : formatAmount(minor, currency);
}

function why({ lines, currency, old, new: next }: CustomerDifference): Html {
  if (old === null) return html`new`;
  if (next === null) return html`no longer billed`;
  const more = lines.length - LINES;
  return html`${lines.slice(0, LINES).map((line) => html`<span class="sub">${lineWords(line, currency)}</span>`)}${more > 0 ? html`<span class="sub">and ${more} more lines</span>` : ''}`;
}

function lineWords(line: LineDifference, currency: string): string {
  const name = line.project === null ? line.label : `${line.label} of ${line.project}`;
  const quantities =
    line.oldQuantity === line.newQuantity || line.oldQuantity === null || line.newQuantity === null
      ? ''
      : `, ${quantity(line.oldQuantity)} → ${quantity(line.newQuantity)}`;
  return `${name}: ${words(line.reason)} ${signed((line.new ?? 0n) - (line.old ?? 0n), currency)}${quantities}`;
}

/** Segments of a period stand apart with a plus. */
function quantity(text: string): string {
  return text
    .split(' + ')
    .map((part) => formatNumber(part, 3))
    .join(' + ');
}
