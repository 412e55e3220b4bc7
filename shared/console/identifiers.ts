import { z } from 'zod';
import { type BillingPeriod, parseBillingPeriod } from '../calendar/billing-period.ts';
import { parseUtcDay, type UtcDay } from '../calendar/utc-day.ts';

/** The forms of everything that may stand in an address. */
export const periodSchema = z.string().transform((text, context): BillingPeriod => {
  const period = parseBillingPeriod(text);
  if (period !== undefined) return period;
  context.addIssue({ code: 'custom', message: 'write a month, like 2026-10' });
  return z.NEVER;
});

export const daySchema = z.string().transform((text, context): UtcDay => {
  const day = parseUtcDay(text);
  if (day !== undefined) return day;
  context.addIssue({ code: 'custom', message: 'write a day of the calendar, like 2026-10-31' });
  return z.NEVER;
});

export const customerSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'not a customer id');
export const regionSchema = z.string().regex(/^[a-z][a-z0-9-]{1,40}$/, 'not a region');
export const sourceSchema = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'not a usage source');
/** An off-cycle run has its contract's name beside the period's: `2026-10:acme-1`. */
export const runSchema = z.string().refine((text) => {
  const [period = '', contract] = text.split(/:(.*)/s);
  return (
    parseBillingPeriod(period) !== undefined && (contract === undefined || /^[a-z0-9][a-z0-9_-]{0,80}$/.test(contract))
  );
}, 'write a run, like 2026-10 or 2026-10:acme-1');
const seriesSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,95}$/, 'not a series');
/** The second and later invoices of one obligation carry a number. */
const issueSchema = z.string().regex(/^[1-9]\d{0,3}$/, 'not a number of an invoice');
/** The month's run numbers its adjustments alone, an off-cycle run with its contract. */
export const adjustmentNumberSchema = z
  .string()
  .regex(/^([a-z0-9][a-z0-9_-]{0,80}-)?[1-9]\d{0,5}$/, 'not a number of an adjustment');
export const positionSchema = z
  .string()
  .regex(/^(0|[1-9]\d{0,4})$/, 'not a line')
  .transform((text) => Number.parseInt(text, 10));
/** Fits a bigint column. */
export const sequenceSchema = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, 'not a number')
  .transform((text) => BigInt(text));
export const planVersionSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'not a plan version');

/** An invoice's parts in an address, and its id made of them. */
export const invoiceParts = {
  period: periodSchema,
  customer: customerSchema,
  series: seriesSchema,
  issue: issueSchema.optional(),
} as const;

export function invoiceIdOf(parts: {
  readonly period: string;
  readonly customer: string;
  readonly series: string;
  readonly issue?: string | undefined;
}): string {
  const { period, customer, series, issue } = parts;
  return `${period}/${customer}/${series}${issue === undefined ? '' : `/${issue}`}`;
}
