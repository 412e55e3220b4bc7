/** A product of base units with whole, non-zero exponents: `usd/GB` is usd^1 GB^-1. The empty map is dimensionless. */
export type Unit = ReadonlyMap<string, number>;

export type UnitReading =
  | { readonly kind: 'parsed'; readonly unit: Unit }
  | { readonly kind: 'refused'; readonly detail: string };

export const dimensionless: Unit = new Map();

const MAX_LENGTH = 120;
const MAX_EXPONENT = 9;
const FACTOR = /^(?:1|([A-Za-z][A-Za-z0-9_]{0,39})(?:\^(-?[1-9]))?)$/;

function combine(a: Unit, b: Unit, direction: 1 | -1): Unit {
  const product = new Map(a);
  for (const [base, exponent] of b) {
    const sum = (product.get(base) ?? 0) + direction * exponent;
    if (sum === 0) product.delete(base);
    else product.set(base, sum);
  }
  return product;
}

function refuse(text: string, why: string): UnitReading {
  return {
    kind: 'refused',
    detail: `"${text.slice(0, 60)}" is not a unit: ${why}; write one like GB, usd/GB, GB*h or 1`,
  };
}

/** Reads `GB*h/request`; each `/` divides by the one base unit after it, `^2` is a whole exponent, `1` is no unit. */
export function parseUnit(text: string): UnitReading {
  if (text.length > MAX_LENGTH) return refuse(text, `it is longer than ${MAX_LENGTH} characters`);
  const pieces = text.split(/([*/])/);
  let unit = dimensionless;
  for (let index = 0; index < pieces.length; index += 2) {
    const piece = pieces[index] ?? '';
    const match = FACTOR.exec(piece);
    if (match === null)
      return refuse(text, piece === '' ? 'a base unit is missing' : `"${piece.slice(0, 40)}" is not a base unit`);
    const [, base, exponent = '1'] = match;
    if (base === undefined) continue;
    unit = combine(unit, new Map([[base, Number(exponent)]]), pieces[index - 1] === '/' ? -1 : 1);
    if (Math.abs(unit.get(base) ?? 0) > MAX_EXPONENT)
      return refuse(text, `the exponent of ${base} is above ${MAX_EXPONENT}`);
  }
  return { kind: 'parsed', unit };
}

/** As `parseUnit`, for text that must be a unit. Throws RangeError. */
export function unit(text: string): Unit {
  const reading = parseUnit(text);
  if (reading.kind === 'refused') throw new RangeError(reading.detail);
  return reading.unit;
}

export function multiplyUnits(a: Unit, b: Unit): Unit {
  return combine(a, b, 1);
}

export function divideUnits(a: Unit, b: Unit): Unit {
  return combine(a, b, -1);
}

export function equalUnits(a: Unit, b: Unit): boolean {
  return a.size === b.size && [...a].every(([base, exponent]) => b.get(base) === exponent);
}

/** The unit's one text: factors, then divisors, each in alphabetical order: `GB*h/request`, `1/request`, `1`. */
export function formatUnit(of: Unit): string {
  const bases = [...of].sort(([a], [b]) => (a < b ? -1 : 1));
  const power = (base: string, exponent: number) => (exponent === 1 ? base : `${base}^${exponent}`);
  const factors = bases.filter(([, exponent]) => exponent > 0).map(([base, exponent]) => power(base, exponent));
  const divisors = bases.filter(([, exponent]) => exponent < 0).map(([base, exponent]) => `/${power(base, -exponent)}`);
  return `${factors.length === 0 ? '1' : factors.join('*')}${divisors.join('')}`;
}
