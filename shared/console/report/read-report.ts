import { seriesOf } from '../../billing/pinned-run.ts';
import { type BillingPeriod, previousPeriod } from '../../calendar/billing-period.ts';
import type { Reader } from '../../database/database.ts';
import {
  auditLogListBefore,
  auditLogListOfSubject,
  auditSealFindLatest,
  billingRunFind,
  billingRunShowProgress,
  completenessCount,
  completenessWaiverList,
  invoiceListExclusionsOfRun,
  invoiceListFiltered,
  invoiceListWithPrevious,
  planVersionListOfRun,
  runCheckpointCountBySource,
} from '../../database/queries.generated.ts';

/** Everything that finance signs of a period's close, as it stands in the database. */
export type RunReport = NonNullable<Awaited<ReturnType<typeof readReport>>>;

/** Reads the report of a run, of the month or off cycle; undefined when there is no such run. */
export async function readReport(reader: Reader, runId: string, period: BillingPeriod) {
  const run = await reader.first(billingRunFind, { run_id: runId });
  if (!run) return undefined;
  const key = { run_id: run.run_id };
  const days = { from_day: run.period_from, to_day: run.period_to };
  const before = previousPeriod(period);
  const invoices = await reader.rows(invoiceListWithPrevious, { ...key, previous_period: before });
  const earlier = await reader.rows(invoiceListFiltered, { period: before, customer_id: null, status: null });
  const cells = await reader.first(completenessCount, days);
  const progress = await reader.first(billingRunShowProgress, key);
  const [head] = await reader.rows(auditLogListBefore, { before: null, batch_size: 1 });
  return {
    run,
    before,
    invoices: invoices.filter(isLive),
    // An off-cycle run is compared with its own series, not with a whole month.
    earlier: earlier.filter((row) => isLive(row) && row.series === seriesOf(run.contract_id)),
    required: cells?.required ?? 0,
    missing: cells?.missing ?? 0,
    waivers: await reader.rows(completenessWaiverList, days),
    checkpoints: progress?.pinned_checkpoints ?? 0,
    sources: await reader.rows(runCheckpointCountBySource, key),
    plans: await reader.rows(planVersionListOfRun, { ...key, fencing_token: run.fencing_token }),
    exclusions: await reader.rows(invoiceListExclusionsOfRun, key),
    entries: await reader.rows(auditLogListOfSubject, { subject: run.run_id, entity: 'billing_run' }),
    head: head === undefined ? undefined : { sequence: head.sequence, hash: head.hash },
    seal: await reader.first(auditSealFindLatest, {}),
  };
}

function isLive(row: { readonly status: string }): boolean {
  return row.status !== 'void' && row.status !== 'superseded';
}
