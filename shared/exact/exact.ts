const POWERS_OF_TEN: bigint[] = [1n];

/** 10 to the power of a whole, non-negative exponent. */
export function powerOfTen(exponent: number): bigint {
  for (let next = POWERS_OF_TEN.length; next <= exponent && next <= 400; next += 1) {
    POWERS_OF_TEN.push(10n ** BigInt(next));
  }
  return POWERS_OF_TEN[exponent] ?? 10n ** BigInt(exponent);
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function countFactor(value: bigint, factor: bigint): { count: number; rest: bigint } {
  let count = 0;
  let rest = value;
  while (rest % factor === 0n) {
    rest /= factor;
    count += 1;
  }
  return { count, rest };
}

const TEXT = /^(-)?(0|[1-9]\d*)(?:\.(\d+)|\/([1-9]\d*))?$/;
const MAX_TEXT_LENGTH = 20_000;

/**
 * An exact rational number.
 *
 * A number with a finite decimal expansion is kept as coefficient / 10^scale with the smallest scale, so that sums and
 * products of decimals need no common divisor; any other number is kept as coefficient / divisor in lowest terms.
 * The form is unique: equal numbers have equal fields.
 */
export class Exact {
  private readonly coefficient: bigint;
  private readonly scale: number;
  private readonly divisor: bigint;

  static readonly zero: Exact = new Exact(0n, 0, 1n);
  static readonly one: Exact = new Exact(1n, 0, 1n);

  private constructor(coefficient: bigint, scale: number, divisor: bigint) {
    this.coefficient = coefficient;
    this.scale = scale;
    this.divisor = divisor;
  }

  /** The quotient of two whole numbers. Throws RangeError when the denominator is zero. */
  static of(numerator: bigint, denominator = 1n): Exact {
    if (denominator === 1n) return new Exact(numerator, 0, 1n);
    if (denominator === 0n) throw new RangeError('a rational number cannot have the denominator 0');
    return denominator < 0n ? Exact.quotient(-numerator, -denominator) : Exact.quotient(numerator, denominator);
  }

  /** coefficient / 10^scale; the scale is a whole number of decimal places, 0 or more. */
  static ofScaled(coefficient: bigint, scale: number): Exact {
    let [rest, places] = [coefficient, scale];
    if (rest === 0n) return Exact.zero;
    while (places > 0 && rest % 10n === 0n) {
      rest /= 10n;
      places -= 1;
    }
    return new Exact(rest, places, 1n);
  }

  /** Reads what `toString` writes: a plain decimal (`-12.5`) or a fraction (`14/31`). Throws RangeError otherwise. */
  static parse(text: string): Exact {
    const match = text.length <= MAX_TEXT_LENGTH ? TEXT.exec(text) : null;
    if (match === null) {
      throw new RangeError(
        `"${text.slice(0, 60)}" is not an exact number; write a decimal like 12.5 or a fraction like 14/31`,
      );
    }
    const [, minus, whole = '', decimals, denominator] = match;
    const digits = BigInt(whole + (decimals ?? ''));
    const signed = minus === undefined ? digits : -digits;
    if (denominator !== undefined) return Exact.of(signed, BigInt(denominator));
    return Exact.ofScaled(signed, decimals?.length ?? 0);
  }

  static min(a: Exact, b: Exact): Exact {
    return a.compare(b) <= 0 ? a : b;
  }

  static max(a: Exact, b: Exact): Exact {
    return a.compare(b) >= 0 ? a : b;
  }

  /** Lowest terms for a positive denominator, back in decimal form where there is one. */
  private static quotient(numerator: bigint, denominator: bigint): Exact {
    const common = greatestCommonDivisor(numerator, denominator);
    const [top, bottom] = [numerator / common, denominator / common];
    const twos = countFactor(bottom, 2n);
    const fives = countFactor(twos.rest, 5n);
    if (fives.rest !== 1n) return new Exact(top, 0, bottom);
    const scale = Math.max(twos.count, fives.count);
    return new Exact(top * (powerOfTen(scale) / bottom), scale, 1n);
  }

  /** The numerator in lowest terms; carries the sign. */
  get numerator(): bigint {
    return this.scale === 0
      ? this.coefficient
      : this.coefficient / greatestCommonDivisor(this.coefficient, powerOfTen(this.scale));
  }

  /** The denominator in lowest terms; always positive. */
  get denominator(): bigint {
    if (this.scale === 0) return this.divisor;
    const denominator = powerOfTen(this.scale);
    return denominator / greatestCommonDivisor(this.coefficient, denominator);
  }

  add(other: Exact): Exact {
    if (this.divisor === 1n && other.divisor === 1n) {
      if (this.scale === other.scale) return Exact.ofScaled(this.coefficient + other.coefficient, this.scale);
      return this.scale > other.scale
        ? Exact.ofScaled(this.coefficient + other.coefficient * powerOfTen(this.scale - other.scale), this.scale)
        : Exact.ofScaled(this.coefficient * powerOfTen(other.scale - this.scale) + other.coefficient, other.scale);
    }
    const [a, b] = [this.bottom(), other.bottom()];
    return Exact.quotient(this.coefficient * b + other.coefficient * a, a * b);
  }

  subtract(other: Exact): Exact {
    return this.add(other.negate());
  }

  multiply(other: Exact): Exact {
    if (this.divisor === 1n && other.divisor === 1n) {
      return Exact.ofScaled(this.coefficient * other.coefficient, this.scale + other.scale);
    }
    return Exact.quotient(this.coefficient * other.coefficient, this.bottom() * other.bottom());
  }

  /** Exact division, without any rounding. Throws RangeError when the other number is zero. */
  divide(other: Exact): Exact {
    if (other.coefficient === 0n) throw new RangeError('division by zero');
    return Exact.of(this.coefficient * other.bottom(), this.bottom() * other.coefficient);
  }

  negate(): Exact {
    return this.coefficient === 0n ? this : new Exact(-this.coefficient, this.scale, this.divisor);
  }

  abs(): Exact {
    return this.coefficient < 0n ? this.negate() : this;
  }

  compare(other: Exact): -1 | 0 | 1 {
    const left =
      this.scale === other.scale && this.divisor === other.divisor
        ? this.coefficient
        : this.coefficient * other.bottom();
    const right =
      this.scale === other.scale && this.divisor === other.divisor
        ? other.coefficient
        : other.coefficient * this.bottom();
    if (left === right) return 0;
    return left < right ? -1 : 1;
  }

  equals(other: Exact): boolean {
    return this.coefficient === other.coefficient && this.scale === other.scale && this.divisor === other.divisor;
  }

  isZero(): boolean {
    return this.coefficient === 0n;
  }

  sign(): -1 | 0 | 1 {
    if (this.coefficient === 0n) return 0;
    return this.coefficient < 0n ? -1 : 1;
  }

  /** The greatest whole number that is not above this number. */
  floor(): bigint {
    const bottom = this.bottom();
    const towardsZero = this.coefficient / bottom;
    return this.coefficient < 0n && towardsZero * bottom !== this.coefficient ? towardsZero - 1n : towardsZero;
  }

  /** The smallest whole number that is not below this number. */
  ceil(): bigint {
    return -this.negate().floor();
  }

  /** The nearest whole number; a half goes away from zero (0.5 → 1, −0.5 → −1). */
  roundHalfAwayFromZero(): bigint {
    const bottom = this.bottom();
    const magnitude = this.coefficient < 0n ? -this.coefficient : this.coefficient;
    const rounded = (2n * magnitude + bottom) / (2n * bottom);
    return this.coefficient < 0n ? -rounded : rounded;
  }

  /** True when the numerator or the denominator, as kept, reaches the bound (a positive whole number). */
  exceeds(bound: bigint): boolean {
    const tooLong = this.coefficient >= bound || this.coefficient <= -bound || this.divisor >= bound;
    return tooLong || (this.scale > 0 && powerOfTen(this.scale) >= bound);
  }

  /** A plain decimal without trailing zeros where the number has one, otherwise `n/d` in lowest terms. */
  toString(): string {
    if (this.divisor !== 1n) return `${this.coefficient}/${this.divisor}`;
    if (this.scale === 0) return this.coefficient.toString();
    const minus = this.coefficient < 0n ? '-' : '';
    const digits = (this.coefficient < 0n ? -this.coefficient : this.coefficient)
      .toString()
      .padStart(this.scale + 1, '0');
    return `${minus}${digits.slice(0, -this.scale)}.${digits.slice(-this.scale)}`;
  }

  private bottom(): bigint {
    return this.scale === 0 ? this.divisor : powerOfTen(this.scale);
  }
}
