import { type BillingPeriod, periodDays, periodLength } from '../calendar/billing-period.ts';
import { compareDays, type DayRange, daysBetween, intersectRanges, type UtcDay } from '../calendar/utc-day.ts';

/** What matters here of a contract: its first day, and the first day after it; null while it has no end. */
export interface ContractTerm {
  readonly from: UtcDay;
  readonly to: UtcDay | null;
}

/** The days of a period that one contract bills, half-open. */
export interface Segment<Contract extends ContractTerm> extends DayRange {
  readonly contract: Contract;
  readonly activeDays: number;
  readonly periodDays: number;
}

export type SegmentsOutcome<Contract extends ContractTerm> =
  | { readonly kind: 'split'; readonly segments: readonly Segment<Contract>[] }
  | { readonly kind: 'refused'; readonly reason: 'overlapping_contracts'; readonly detail: string };

/** Half-open, without an end: the last day that has four digits in its year. */
const NO_END = '9999-12-31' as UtcDay;

/**
 * Splits a period at the UTC days where contracts start, end or change plan: one segment per contract that has days in
 * the period, in the order of time. Days without a contract belong to no segment. The segments do not overlap; contracts
 * that do are refused.
 */
export function segmentsOf<Contract extends ContractTerm>(
  contracts: readonly Contract[],
  period: BillingPeriod,
): SegmentsOutcome<Contract> {
  const segments = contracts
    .flatMap((contract) => {
      const days = intersectRanges({ from: contract.from, to: contract.to ?? NO_END }, periodDays(period));
      if (days === undefined) return [];
      return [{ ...days, contract, activeDays: daysBetween(days.from, days.to), periodDays: periodLength(period) }];
    })
    .sort((a, b) => compareDays(a.from, b.from));
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next !== undefined && compareDays(next.from, segment.to) < 0) {
      const detail = `two contracts both cover ${next.from}; end the first before the second begins`;
      return { kind: 'refused', reason: 'overlapping_contracts', detail };
    }
  }
  return { kind: 'split', segments };
}
