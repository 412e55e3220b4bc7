import { currency, formatMinorUnits, minorUnits } from '../../exact/currency.ts';
import { Exact } from '../../exact/exact.ts';

const SHOWN_DECIMALS = 6;
const LONGEST_FRACTION = 40;

/** Thousands apart: `1234567.891` is `1,234,567.891`. Takes the text of a decimal. */
export function grouped(decimal: string): string {
  const [whole = '', decimals] = decimal.split('.');
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return decimals === undefined ? apart : `${apart}.${decimals}`;
}

/**
 * An exact number for people. A decimal is shown whole; a number without one as `≈ 3.870968 (120/31)`, where the
 * decimals are rounded half away from zero and the fraction is left out when it is long.
 */
export function figure(exactText: string): string {
  const exact = Exact.parse(exactText);
  if (!exactText.includes('/')) return grouped(exact.toString());
  const scaled = exact.multiply(Exact.of(10n ** BigInt(SHOWN_DECIMALS))).roundHalfAwayFromZero();
  const near = `≈ ${grouped(Exact.ofScaled(scaled, SHOWN_DECIMALS).toString())}`;
  return exactText.length > LONGEST_FRACTION ? near : `${near} (${exactText})`;
}

/** An amount of minor units with its currency: `1,234.50 USD`. */
export function money(amount: bigint, code: string): string {
  return `${grouped(formatMinorUnits(minorUnits(amount), currency(code)))} ${code.toUpperCase()}`;
}

/** `2026-11-01 00:05 UTC`. */
export function instant(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** How long before `now` the instant was: `5 min`, `3 h`, `2 days`. */
export function age(at: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - at.getTime()) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  if (minutes < 2 * 24 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / (24 * 60))} days`;
}

/** A digest short enough to read and long enough to recognise: `sha256:0123456789ab…`. */
export function shortDigest(digest: string): string {
  return digest.length > 20 ? `${digest.slice(0, 19)}…` : digest;
}
