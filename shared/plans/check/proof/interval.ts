import { Exact } from '../../../exact/exact.ts';

/** One end of an interval: a value that belongs to it (closed) or does not (open). */
export interface Bound {
  readonly value: Exact;
  readonly open: boolean;
}

/** A set of exact values between two bounds; a missing bound is infinity. Never empty: an empty intersection is `undefined`. */
export interface Interval {
  readonly low: Bound | undefined;
  readonly high: Bound | undefined;
}

export const everything: Interval = { low: undefined, high: undefined };

export function closed(low: Exact, high: Exact): Interval {
  return { low: { value: low, open: false }, high: { value: high, open: false } };
}

export function exactly(value: Exact): Interval {
  return closed(value, value);
}

export function atLeast(value: Exact): Interval {
  return { low: { value, open: false }, high: undefined };
}

export function moreThan(value: Exact): Interval {
  return { low: { value, open: true }, high: undefined };
}

export function contains(interval: Interval, value: Exact): boolean {
  return aboveLow(interval.low, value) && belowHigh(interval.high, value);
}

function aboveLow(low: Bound | undefined, value: Exact): boolean {
  if (low === undefined) return true;
  const order = value.compare(low.value);
  return order > 0 || (order === 0 && !low.open);
}

function belowHigh(high: Bound | undefined, value: Exact): boolean {
  if (high === undefined) return true;
  const order = value.compare(high.value);
  return order < 0 || (order === 0 && !high.open);
}

export function isNonNegative(interval: Interval): boolean {
  return interval.low !== undefined && interval.low.value.sign() >= 0;
}

export function isNonPositive(interval: Interval): boolean {
  return isNonNegative(negateInterval(interval));
}

export function negateInterval(interval: Interval): Interval {
  return { low: negateBound(interval.high), high: negateBound(interval.low) };
}

function negateBound(bound: Bound | undefined): Bound | undefined {
  return bound === undefined ? undefined : { value: bound.value.negate(), open: bound.open };
}

export function addIntervals(left: Interval, right: Interval): Interval {
  return { low: addBounds(left.low, right.low), high: addBounds(left.high, right.high) };
}

function addBounds(left: Bound | undefined, right: Bound | undefined): Bound | undefined {
  if (left === undefined || right === undefined) return undefined;
  return { value: left.value.add(right.value), open: left.open || right.open };
}

export function scaleInterval(interval: Interval, factor: Exact): Interval {
  if (factor.isZero()) return exactly(Exact.zero);
  if (factor.sign() < 0) return negateInterval(scaleInterval(interval, factor.negate()));
  const scaled = (bound: Bound | undefined): Bound | undefined =>
    bound === undefined ? undefined : { value: bound.value.multiply(factor), open: bound.open };
  return { low: scaled(interval.low), high: scaled(interval.high) };
}

/** A corner of a product: finite with openness, or an infinity with its sign. */
type Corner = { readonly kind: 'finite'; readonly bound: Bound } | { readonly kind: 'infinite'; readonly sign: 1 | -1 };

function corner(bound: Bound | undefined, side: 1 | -1): Corner {
  return bound === undefined ? { kind: 'infinite', sign: side } : { kind: 'finite', bound };
}

function multiplyCorners(left: Corner, right: Corner): Corner {
  if (left.kind === 'finite' && right.kind === 'finite') return multiplyFinite(left.bound, right.bound);
  const leftSign = left.kind === 'finite' ? left.bound.value.sign() : left.sign;
  const rightSign = right.kind === 'finite' ? right.bound.value.sign() : right.sign;
  if (leftSign === 0) return { kind: 'finite', bound: { value: Exact.zero, open: isOpenZero(left) } };
  if (rightSign === 0) return { kind: 'finite', bound: { value: Exact.zero, open: isOpenZero(right) } };
  return { kind: 'infinite', sign: leftSign === rightSign ? 1 : -1 };
}

/** Zero times a value that grows without end stays zero; it is reached only if the zero itself is. */
function isOpenZero(zero: Corner): boolean {
  return zero.kind === 'finite' && zero.bound.open;
}

function multiplyFinite(left: Bound, right: Bound): Corner {
  const value = left.value.multiply(right.value);
  const reached =
    (!left.open && !right.open) || (left.value.isZero() && !left.open) || (right.value.isZero() && !right.open);
  return { kind: 'finite', bound: { value, open: !reached } };
}

export function multiplyIntervals(left: Interval, right: Interval): Interval {
  const corners: Corner[] = [];
  for (const a of [corner(left.low, -1), corner(left.high, 1)]) {
    for (const b of [corner(right.low, -1), corner(right.high, 1)]) corners.push(multiplyCorners(a, b));
  }
  return { low: extremeCorner(corners, -1), high: extremeCorner(corners, 1) };
}

/** The lowest (`side` -1) or highest (`side` 1) corner; of equal ones a closed bound wins, since it is reached. */
function extremeCorner(corners: readonly Corner[], side: 1 | -1): Bound | undefined {
  let extreme: Bound | undefined;
  for (const each of corners) {
    if (each.kind === 'infinite') {
      if (each.sign === side) return undefined;
      continue;
    }
    if (extreme === undefined) {
      extreme = each.bound;
      continue;
    }
    const order = each.bound.value.compare(extreme.value) * side;
    if (order > 0 || (order === 0 && !each.bound.open)) extreme = each.bound;
  }
  return extreme;
}

/** The values of 1/x for the non-zero x of the interval; all values if it has both signs. */
export function reciprocalInterval(interval: Interval): Interval {
  if (isNonNegative(interval)) return reciprocalOfPositive(interval);
  if (isNonPositive(interval)) return negateInterval(reciprocalOfPositive(negateInterval(interval)));
  return everything;
}

function reciprocalOfPositive(interval: Interval): Interval {
  const inverted = (bound: Bound): Bound => ({ value: Exact.one.divide(bound.value), open: bound.open });
  const high = interval.low === undefined || interval.low.value.isZero() ? undefined : inverted(interval.low);
  const reachesZero = interval.high === undefined || interval.high.value.isZero();
  const low = reachesZero || interval.high === undefined ? { value: Exact.zero, open: true } : inverted(interval.high);
  return { low, high };
}

export function hull(left: Interval, right: Interval): Interval {
  return { low: lowerBound(left.low, right.low), high: upperBound(left.high, right.high) };
}

function lowerBound(left: Bound | undefined, right: Bound | undefined): Bound | undefined {
  if (left === undefined || right === undefined) return undefined;
  const order = left.value.compare(right.value);
  if (order === 0) return { value: left.value, open: left.open && right.open };
  return order < 0 ? left : right;
}

function upperBound(left: Bound | undefined, right: Bound | undefined): Bound | undefined {
  return negateBound(lowerBound(negateBound(left), negateBound(right)));
}

/** The values in both; `undefined` when there is none. */
export function intersect(left: Interval, right: Interval): Interval | undefined {
  const low = tighterLow(left.low, right.low);
  const high = negateBound(tighterLow(negateBound(left.high), negateBound(right.high)));
  if (low !== undefined && high !== undefined) {
    const order = low.value.compare(high.value);
    if (order > 0 || (order === 0 && (low.open || high.open))) return undefined;
  }
  return { low, high };
}

function tighterLow(left: Bound | undefined, right: Bound | undefined): Bound | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  const order = left.value.compare(right.value);
  if (order === 0) return { value: left.value, open: left.open || right.open };
  return order > 0 ? left : right;
}

/** The values of max(x, y) for x and y in the two intervals. */
export function largestInterval(left: Interval, right: Interval): Interval {
  const low = tighterLowOfLargest(left.low, right.low);
  return { low, high: upperBound(left.high, right.high) };
}

function tighterLowOfLargest(left: Bound | undefined, right: Bound | undefined): Bound | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  const order = left.value.compare(right.value);
  if (order === 0) return { value: left.value, open: left.open || right.open };
  return order > 0 ? left : right;
}

export function smallestInterval(left: Interval, right: Interval): Interval {
  return negateInterval(largestInterval(negateInterval(left), negateInterval(right)));
}

/** The values of ceil(x), the smallest whole number not below x. */
export function ceilingInterval(interval: Interval): Interval {
  const low = interval.low;
  const high = interval.high;
  return {
    low:
      low === undefined
        ? undefined
        : { value: Exact.of(low.open ? low.value.floor() + 1n : low.value.ceil()), open: false },
    high: high === undefined ? undefined : { value: Exact.of(high.value.ceil()), open: false },
  };
}

/** The values of floor(x), the largest whole number not above x. */
export function floorInterval(interval: Interval): Interval {
  return negateInterval(ceilingInterval(negateInterval(interval)));
}
