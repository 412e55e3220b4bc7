import { z } from 'zod';
import { type BillingPeriod, periodOf } from '../calendar/billing-period.ts';
import { type DayRange, utcDay } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import { usageDailyListForBacktest } from '../database/queries.generated.ts';
import { Exact } from '../exact/exact.ts';
import type { UsageQuantity } from '../rating/roll-up.ts';

/** Daily usage by customer and period. A customer or period without rows is absent. */
export type UsageByCustomer = ReadonlyMap<string, ReadonlyMap<BillingPeriod, readonly UsageQuantity[]>>;

export interface UsageQuestion extends DayRange {
  readonly customers: readonly string[];
  readonly metrics: readonly string[];
  /** Whether a plan rates by project; otherwise projects are added up in the database. */
  readonly byProject: boolean;
}

const triples = z.array(z.tuple([z.string(), z.string(), z.string()]));

/** Reads the current checkpoints' rows of many customers with one statement. */
export async function readUsage(reader: Reader, question: UsageQuestion): Promise<UsageByCustomer> {
  const checkpoints = await reader.rows(usageDailyListForBacktest, {
    from_day: question.from,
    to_day: question.to,
    customers: question.customers,
    metrics: question.metrics,
    by_project: question.byProject,
  });
  const byCustomer = new Map<string, Map<BillingPeriod, UsageQuantity[]>>();
  for (const { day: dayText, metric, region, usage } of checkpoints) {
    const day = utcDay(dayText);
    const period = periodOf(day);
    for (const [customer, project, quantity] of triples.parse(JSON.parse(usage ?? '[]'))) {
      const byPeriod = byCustomer.get(customer) ?? new Map<BillingPeriod, UsageQuantity[]>();
      byCustomer.set(customer, byPeriod);
      const rows = byPeriod.get(period) ?? [];
      byPeriod.set(period, rows);
      rows.push({ day, project, region, metric, quantity: Exact.parse(quantity) });
    }
  }
  return byCustomer;
}
