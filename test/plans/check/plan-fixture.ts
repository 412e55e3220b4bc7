import { checkPlanDocument } from '../../../shared/plans/check/check.ts';
import type { Diagnostic } from '../../../shared/plans/diagnostic.ts';

export interface LineFixture {
  readonly formula: string;
  readonly quantity?: string;
  readonly per?: 'project';
  readonly allowNegative?: boolean;
}

export const PARAMETERS: Readonly<Record<string, readonly [value: string, unit: string]>> = {
  fee: ['1500', 'usd'],
  commitment: ['2000', 'usd'],
  cap: ['5000', 'usd'],
  credit: ['300', 'usd'],
  included: ['100', 'GB'],
  price: ['0.13', 'usd/GB'],
  low_price: ['0.05', 'usd/GB'],
  package_size: ['10', 'GB'],
  package_price: ['2', 'usd'],
  no_size: ['0', 'GB'],
  request_price: ['0.000002', 'usd/request'],
  free_requests: ['1000', 'request'],
  off: ['0.2', '1'],
  seat_price: ['24', 'usd/seat'],
  requests_per_seat: ['2000', 'request/seat'],
  price_squared: ['0.01', 'usd/GB/GB'],
  month: ['30', 'day'],
  day_price: ['3', 'usd/day'],
  hour_price: ['0.00003', 'usd/GB/h'],
};

export const METRICS: Readonly<Record<string, string>> = {
  gb: 'GB',
  other_gb: 'GB',
  requests: 'request',
  seats: 'seat',
  processed: 'usd',
  gb_hours: 'GB*h',
};

export const RATES: Readonly<Record<string, object>> = {
  steps: {
    per: 'GB',
    flatAtZero: false,
    tiers: [
      { upTo: '10', unitPrice: '5', flat: '2' },
      { upTo: '20', unitPrice: '4' },
      { upTo: null, unitPrice: '3', flat: '1' },
    ],
  },
  cliff: {
    per: 'GB',
    flatAtZero: false,
    tiers: [
      { upTo: '5', unitPrice: '0', flat: '100' },
      { upTo: '10', unitPrice: '0', flat: '150' },
      { upTo: '15', unitPrice: '10' },
      { upTo: null, unitPrice: '5' },
    ],
  },
  climbing: {
    per: 'GB',
    flatAtZero: false,
    tiers: [
      { upTo: '10', unitPrice: '1' },
      { upTo: '50', unitPrice: '0', flat: '40' },
      { upTo: null, unitPrice: '2' },
    ],
  },
  per_request: {
    per: 'request',
    flatAtZero: true,
    tiers: [
      { upTo: '1000000', unitPrice: '0', flat: '10' },
      { upTo: null, unitPrice: '0.000002' },
    ],
  },
};

/** A plan document with the given lines, and only the names that they use, so that nothing is unused. */
export function planOf(lines: readonly LineFixture[], rates: Readonly<Record<string, object>> = RATES): unknown {
  const text = lines.map(({ formula, quantity }) => `${formula} ${quantity ?? ''}`).join(' ');
  const used = new Set(text.match(/[a-z_]+/g));
  const those = <Value>(all: Readonly<Record<string, Value>>): [string, Value][] =>
    Object.entries(all).filter(([name]) => used.has(name));
  return {
    plan: 'fixture',
    title: 'Fixture',
    currency: 'usd',
    metrics: Object.fromEntries(those(METRICS).map(([name, unit]) => [name, { unit, rollup: 'sum' }])),
    parameters: Object.fromEntries(those(PARAMETERS).map(([name, [value, unit]]) => [name, { value, unit }])),
    rates: Object.fromEntries(those(rates)),
    lines: lines.map((line, index) => ({ key: `line_${index + 1}`, label: `Line ${index + 1}`, ...line })),
  };
}

export function findingsOf(
  lines: readonly LineFixture[],
  rates?: Readonly<Record<string, object>>,
): readonly Diagnostic[] {
  return checkPlanDocument(planOf(lines, rates));
}

/** The part of the formula that a finding points at. */
export function placeOf(formula: string, { start, end }: Diagnostic): string | null {
  return start === null || end === null ? null : formula.slice(start, end);
}
