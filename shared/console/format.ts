import { formatMinorUnits, minorUnits, parseCurrency } from '../exact/currency.ts';
import { Exact, powerOfTen } from '../exact/exact.ts';

/** Thin groups of three in the whole part of a plain decimal. */
function grouped(decimal: string): string {
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(.*)$/.exec(decimal) ?? [];
  return `${sign === '-' ? '−' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest}`;
}

/** Minor units as people read them: `12,345.67 USD`. */
export function formatAmount(amount: bigint, code: string): string {
  const known = parseCurrency(code);
  if (known === undefined) return `${grouped(amount.toString())} minor units of ${code.toUpperCase()}`;
  return `${grouped(formatMinorUnits(minorUnits(amount), known))} ${known.toUpperCase()}`;
}

/** The difference between two amounts with its sign, and in percent of the earlier one with one decimal. */
export function formatChange(amount: bigint, before: bigint, code: string): string {
  const difference = amount - before;
  if (difference === 0n) return 'no change';
  const sign = difference > 0n ? '+' : '';
  const absolute = `${sign}${formatAmount(difference, code)}`;
  if (before === 0n) return absolute;
  const tenths = Exact.of(difference * 1000n, before < 0n ? -before : before).roundHalfAwayFromZero();
  const percent = Exact.ofScaled(tenths, 1).toString().replace('-', '−');
  return `${absolute} (${sign}${percent} %)`;
}

/** An exact number rounded for the eye; `≈` says that it was rounded. */
export function formatExact(value: Exact, decimals = 6): string {
  const scaled = value.multiply(Exact.of(powerOfTen(decimals)));
  const rounded = Exact.ofScaled(scaled.roundHalfAwayFromZero(), decimals);
  return `${rounded.equals(value) ? '' : '≈ '}${grouped(rounded.toString())}`;
}

/** As {@link formatExact}, for a number that is kept as text; text that is none is shown as it is. */
export function formatNumber(text: string, decimals = 6): string {
  return /^-?\d+(\.\d+|\/\d+)?$/.test(text) ? formatExact(Exact.parse(text), decimals) : text;
}

export function formatCount(count: number | bigint): string {
  return grouped(count.toString());
}

/** `2026-10-31 14:05 UTC`. */
export function formatInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** How long ago, in the largest unit that says enough: `3 min`, `5 h`, `12 days`. */
export function formatAge(since: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - since.getTime()) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}

/** Enough of a digest to tell it from others: `sha256:1a2b3c4d5e6f`. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 19);
}

/** A code word as a word: `in_review` → `in review`. */
export function words(code: string): string {
  return code.replaceAll('_', ' ');
}
