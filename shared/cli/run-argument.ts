import { InvalidArgumentError } from 'commander';
import { runIdOf } from '../billing/pinned-run.ts';
import { type BillingPeriod, parseBillingPeriod } from '../calendar/billing-period.ts';

/** A run as people name it: `2026-10`, or `2026-10:contract` for the off-cycle run of a contract that ended. */
export interface RunName {
  readonly runId: string;
  readonly period: BillingPeriod;
  readonly contractId: string | null;
}

export function parseRunArgument(text: string): RunName {
  const [month = '', contractId = null] = text.split(/:(.*)/s);
  const period = parseBillingPeriod(month);
  if (period === undefined || (contractId !== null && !/^[a-z0-9][a-z0-9_-]{0,80}$/.test(contractId)))
    throw new InvalidArgumentError('Write a month, like 2026-10. An off-cycle run is written 2026-10:CONTRACT.');
  return { runId: runIdOf(period, contractId), period, contractId };
}

/** How a command takes a run. */
export const RUN = [
  '<period>',
  'the month, like 2026-10, or an off-cycle run, like 2026-10:acme-1',
  parseRunArgument,
] as const;
