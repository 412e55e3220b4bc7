import { utcDay } from '../calendar/utc-day.ts';
import { anomalyText, openAnomalies } from '../usage/anomalies.ts';
import type { HoldSource } from './holds.ts';

/** The reason of a hold that open anomalies of a customer's usage cause. */
export const USAGE_ANOMALY = 'usage_anomaly';

const MOST_NAMED = 5;

/**
 * The customers of a shard whose usage looks wrong on days that the run bills them for, with what is seen. Customers on a
 * fixed tier are not held: their invoice does not rest on the figure.
 */
export const anomalyHolds: HoldSource = async (reader, { run, period, customers }) => {
  const days = { from: utcDay(run.from), to: utcDay(run.to) };
  const open = (await openAnomalies(reader, customers, days)).filter(({ billsUsage }) => billsUsage);
  return [...Map.groupBy(open, ({ customer }) => customer)].map(([customerId, own]) => {
    const named = own.slice(0, MOST_NAMED).map(anomalyText);
    const more = own.length > MOST_NAMED ? [`${own.length - MOST_NAMED} more`] : [];
    const detail = `${[...named, ...more].join('; ')}. Mend the source and rerun the days, or release what is right: daybook usage anomalies --period ${period}`;
    return { customerId, reason: USAGE_ANOMALY, detail };
  });
};
