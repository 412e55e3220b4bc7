import { Exact, powerOfTen } from './exact.ts';

/**
 * A decimal number as text in its one canonical form: no exponent, no leading or trailing zeros, no `-0`.
 * At most 38 significant digits, and 10^-40 to 10^40 as the place of the last one.
 */
export type Decimal = string & { readonly __brand: 'Decimal' };

export type DecimalReading =
  | { readonly kind: 'decimal'; readonly value: Decimal }
  | {
      readonly kind: 'refused';
      readonly reason: 'not_a_decimal' | 'too_many_digits' | 'exponent_out_of_range';
      /** One sentence: what was read and what to write instead. */
      readonly detail: string;
    };

const MAX_DIGITS = 38;
const MAX_EXPONENT = 40;

/** Longer than any decimal within the limits, even one padded with zeros on both sides. */
const MAX_TEXT_LENGTH = 200;
const DECIMAL = /^(-)?(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

function refuse(text: string, reason: 'not_a_decimal' | 'too_many_digits' | 'exponent_out_of_range', why: string) {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return { kind: 'refused', reason, detail: `"${shown}" ${why}` } as const;
}

/** Reads a decimal, with or without an exponent (`12.50`, `1.5e-7`), into its canonical form. ASCII digits only. */
export function parseDecimal(text: string): DecimalReading {
  if (text.length > MAX_TEXT_LENGTH) {
    return refuse(
      text,
      'too_many_digits',
      `is ${text.length} characters long; a number has at most ${MAX_DIGITS} digits`,
    );
  }
  const match = DECIMAL.exec(text);
  if (match === null) return refuse(text, 'not_a_decimal', 'is not a decimal number; write it like 12.5 or -0.003');
  const [, minus = '', whole = '', decimals = '', written = '0'] = match;
  const digits = (whole + decimals).replace(/^0+/, '');
  const coefficient = digits.replace(/0+$/, '');
  if (coefficient === '') return { kind: 'decimal', value: '0' as Decimal };
  const exponent = Number(written) - decimals.length + (digits.length - coefficient.length);
  if (coefficient.length > MAX_DIGITS) {
    return refuse(text, 'too_many_digits', `has ${coefficient.length} digits; a number has at most ${MAX_DIGITS}`);
  }
  if (exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT) {
    return refuse(text, 'exponent_out_of_range', `is out of range: its exponent goes beyond ±${MAX_EXPONENT}`);
  }
  const signed = BigInt(minus + coefficient);
  const value =
    exponent >= 0 ? (signed * powerOfTen(exponent)).toString() : Exact.ofScaled(signed, -exponent).toString();
  return { kind: 'decimal', value: value as Decimal };
}

/** As `parseDecimal`, for text that must be a decimal. Throws RangeError with the same sentence. */
export function decimal(text: string): Decimal {
  const reading = parseDecimal(text);
  if (reading.kind === 'refused') throw new RangeError(reading.detail);
  return reading.value;
}

/** The number that a decimal writes; never throws. */
export function exactOf(value: Decimal): Exact {
  return Exact.parse(value);
}
