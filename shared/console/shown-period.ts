import { type BillingPeriod, billingPeriod, periodOf } from '../calendar/billing-period.ts';
import { utcDayOf } from '../calendar/utc-day.ts';
import { billingRunList } from '../database/queries.generated.ts';
import type { PageContext } from './page.ts';

/** The period that a page shows when none is named: that of the latest run, or the present month before the first run. */
export async function latestPeriod({ reader, now }: PageContext): Promise<BillingPeriod> {
  const [latest] = await reader.rows(billingRunList, {});
  return latest === undefined ? periodOf(utcDayOf(now)) : billingPeriod(latest.period);
}
