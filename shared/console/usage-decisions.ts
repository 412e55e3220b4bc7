import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import { backfillList, completenessWaiverListAll, usageAnomalyList } from '../database/queries.generated.ts';
import type { UsageDecisions } from './attention-usage.ts';
import { words } from './format.ts';

const LATEST_BACKFILLS = 20;

/** Reads what waits for a person beside the matrix of a period. */
export async function readUsageDecisions(reader: Reader, period: BillingPeriod): Promise<UsageDecisions> {
  const days = periodDays(period);
  const range = { from_day: days.from, to_day: days.to };
  const [waivers, anomalies, backfills] = await Promise.all([
    reader.rows(completenessWaiverListAll, range),
    reader.rows(usageAnomalyList, { ...range, with_ended: false }),
    reader.rows(backfillList, { ...range, most: LATEST_BACKFILLS }),
  ]);
  return {
    period,
    proposedWaivers: waivers
      .filter(({ status }) => status === 'proposed')
      .map((row) => ({ region: row.region, source: row.source_id, day: row.day })),
    openAnomalies: anomalies.map((row) => ({
      id: row.anomaly_id,
      customer: row.customer_name,
      what: `${words(row.kind)}, ${row.region}/${row.source_id}/${row.day}`,
    })),
    backfills: backfills.flatMap(({ backfill_id: id, status, failed }) =>
      status === 'proposed' || status === 'failed' ? [{ id, status, failed }] : [],
    ),
  };
}
