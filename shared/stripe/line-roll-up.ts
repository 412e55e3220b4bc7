import { digestOf } from '../canonical/canonical-json.ts';
import { type MinorUnits, minorUnits } from '../exact/currency.ts';
import { markOf } from './text.ts';

/** A line of a local invoice, as finance sees it. `key` is unique on the invoice; lines of one plan line share `label`. */
export interface LocalInvoiceLine {
  readonly key: string;
  readonly label: string;
  readonly description: string;
  readonly amount: MinorUnits;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Stripe takes no more than 250 lines on one invoice (https://docs.stripe.com/changelog/2016-02-22/no-more-than-250-invoice-items). */
export const STRIPE_LINE_LIMIT = 250;

function merged(key: string, description: string, lines: readonly LocalInvoiceLine[]): LocalInvoiceLine {
  const [first] = lines;
  return {
    key,
    label: first === undefined ? description : first.label,
    description,
    amount: minorUnits(lines.reduce((sum, line) => sum + line.amount, 0n)),
    metadata: {
      daybook_rolled_up: lines.length.toString(),
      daybook_rolled_up_digest: digestOf(lines.map((line) => [line.key, line.amount.toString()])),
    },
  };
}

function mergeLabel(label: string, lines: readonly LocalInvoiceLine[]): readonly LocalInvoiceLine[] {
  const group = lines.filter((line) => line.label === label);
  const one = merged(`rolled_up:${markOf(label)}`, `${label} (${group.length} lines)`, group);
  const at = lines.findIndex((line) => line.label === label);
  return lines.flatMap((line, index) => (index === at ? [one] : line.label === label ? [] : [line]));
}

function labelsBySize(lines: readonly LocalInvoiceLine[]): readonly string[] {
  const sizes = new Map<string, number>();
  for (const line of lines) sizes.set(line.label, (sizes.get(line.label) ?? 0) + 1);
  return [...sizes.entries()]
    .filter(([, size]) => size > 1)
    .sort((a, b) => b[1] - a[1])
    .map(([label]) => label);
}

/**
 * Brings the lines down to `limit` without changing their sum. Lines of one label become one line, the largest label
 * first (ties by first appearance), until they fit. Where there are more labels than places, the last places' lines
 * become one. Every merged line says how many lines it stands for and the digest of their keys and amounts.
 */
export function rollUpLines(
  lines: readonly LocalInvoiceLine[],
  limit: number = STRIPE_LINE_LIMIT,
): readonly LocalInvoiceLine[] {
  let rolled = lines;
  for (const label of labelsBySize(lines)) {
    if (rolled.length <= limit) return rolled;
    rolled = mergeLabel(label, rolled);
  }
  if (rolled.length <= limit) return rolled;
  const rest = rolled.slice(limit - 1);
  return [...rolled.slice(0, limit - 1), merged('rolled_up:', `Other usage (${rest.length} lines)`, rest)];
}
