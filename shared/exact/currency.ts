import { Exact, powerOfTen } from './exact.ts';

/** The lower-case ISO 4217 code of an active currency that has a minor unit. */
export type Currency = string & { readonly __brand: 'Currency' };

/** A whole number of the currency's minor units (cents of usd, yen of jpy, fils of kwd). */
export type MinorUnits = bigint & { readonly __brand: 'MinorUnits' };

/** ISO 4217 list one, by the number of decimal places of the minor unit. Codes without one (gold, SDR, test) are left out. */
const CODES_BY_EXPONENT: readonly (readonly [number, string])[] = [
  [0, 'bif clp djf gnf isk jpy kmf krw pyg rwf ugx uyi vnd vuv xaf xof xpf'],
  [
    2,
    `aed afn all amd aoa ars aud awg azn bam bbd bdt bmd bnd bob bov brl bsd btn bwp byn bzd cad cdf che chf chw cny cop
    cou crc cup cve czk dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd hnl htg huf idr ils inr irr
    jmd kes kgs khr kpw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn mxv myr mzn nad ngn
    nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sdg sek sgd shp sle sos srd ssp stn svc syp szl
    thb tjs tmt top try ttd twd tzs uah usd usn uyu uzs ved ves wst xad xcd xcg yer zar zmw zwg`,
  ],
  [3, 'bhd iqd jod kwd lyd omr tnd'],
  [4, 'clf uyw'],
];

const EXPONENTS: ReadonlyMap<string, number> = new Map(
  CODES_BY_EXPONENT.flatMap(([exponent, codes]) => codes.split(/\s+/).map((code) => [code, exponent] as const)),
);

/** All codes that `parseCurrency` takes, in alphabetical order. */
export function currencyCodes(): readonly string[] {
  return [...EXPONENTS.keys()].sort();
}

/** The currency of a lower-case code; undefined when there is no active currency of that code. */
export function parseCurrency(code: string): Currency | undefined {
  return EXPONENTS.has(code) ? (code as Currency) : undefined;
}

/** As `parseCurrency`, for a code that must be one. Throws RangeError. */
export function currency(code: string): Currency {
  const parsed = parseCurrency(code);
  if (parsed === undefined) {
    throw new RangeError(`"${code.slice(0, 20)}" is not an ISO 4217 currency; write a lower-case code like usd`);
  }
  return parsed;
}

/** Decimal places of the minor unit: 0 for jpy, 2 for usd, 3 for kwd. */
export function minorUnitExponent(of: Currency): number {
  const exponent = EXPONENTS.get(of);
  if (exponent === undefined) throw new RangeError(`"${of}" is not an ISO 4217 currency`);
  return exponent;
}

/** Marks a whole number as minor units; the caller says which currency they are of. */
export function minorUnits(amount: bigint): MinorUnits {
  return amount as MinorUnits;
}

/** The amount in whole and fractional minor units: 1.5 usd is 150. */
export function inMinorUnits(amount: Exact, of: Currency): Exact {
  return amount.multiply(Exact.of(powerOfTen(minorUnitExponent(of))));
}

/** Rounds an amount in the major unit to the minor unit, half away from zero. */
export function roundToMinorUnits(amount: Exact, of: Currency): MinorUnits {
  return minorUnits(inMinorUnits(amount, of).roundHalfAwayFromZero());
}

/** The amount in the currency's major unit. */
export function minorUnitsToExact(amount: MinorUnits, of: Currency): Exact {
  return Exact.ofScaled(amount, minorUnitExponent(of));
}

/** The amount in the major unit with all decimal places of the currency: `20.00`, `-0.05`, `1024`. */
export function formatMinorUnits(amount: MinorUnits, of: Currency): string {
  const exponent = minorUnitExponent(of);
  if (exponent === 0) return amount.toString();
  const digits = (amount < 0n ? -amount : amount).toString().padStart(exponent + 1, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
