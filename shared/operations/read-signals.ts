import { type BillingPeriod, periodDays, periodOf, previousPeriod } from '../calendar/billing-period.ts';
import { addDays, compareDays, startOf, type UtcDay, utcDayOf } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import {
  alertCountUnsent,
  billingRunListProgress,
  checkpointListLatest,
  completenessCount,
  deadLetterCountWaiting,
  exceptionCountByClass,
  invoiceCountByStatus,
  outboxCountUnpublished,
} from '../database/queries.generated.ts';
import type { Sample } from './sample.ts';
import type { SignalName } from './signals.ts';

/** Every gauge as it stands now, read from the database. Changes nothing. */
export async function readSignals(reader: Reader, now: Date): Promise<readonly Sample[]> {
  const today = utcDayOf(now);
  const present = periodOf(today);
  return [
    ...(await checkpointSamples(reader, today, now)),
    ...(await periodSamples(reader, previousPeriod(present), today)),
    ...(await periodSamples(reader, present, today)),
    ...(await runSamples(reader)),
    ...(await invoiceSamples(reader)),
    ...(await exceptionSamples(reader, now)),
    ...(await messageSamples(reader, now)),
  ];
}

function sample(signal: SignalName, value: number, labels: Readonly<Record<string, string>> = {}): Sample {
  return { signal, labels, value };
}

function secondsSince(moment: Date, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - moment.getTime()) / 1_000));
}

/** A source without any checkpoint is told by its missing cells: its age has no beginning. */
async function checkpointSamples(reader: Reader, today: UtcDay, now: Date): Promise<Sample[]> {
  const rows = await reader.rows(checkpointListLatest, { day: today });
  return rows.flatMap(({ region, source_id: source, day }) =>
    day === null
      ? []
      : [
          sample('checkpoint_age_seconds', secondsSince(startOf(addDays(day as UtcDay, 1)), now), {
            region,
            source,
          }),
        ],
  );
}

async function periodSamples(reader: Reader, period: BillingPeriod, today: UtcDay): Promise<Sample[]> {
  const { from, to } = periodDays(period);
  const count = await reader.first(completenessCount, {
    from_day: from,
    to_day: compareDays(to, today) < 0 ? to : today,
  });
  if (!count || count.required === 0) return [];
  return [
    sample('cells_missing', count.missing, { period }),
    sample('completeness_ratio', (count.required - count.missing) / count.required, { period }),
  ];
}

async function runSamples(reader: Reader): Promise<Sample[]> {
  const runs = await reader.rows(billingRunListProgress, {});
  const failed = runs.filter(({ status }) => status === 'rating_failed' || status === 'issuing_failed').length;
  const ofRuns = runs.flatMap(({ period, status, shards, rated_shards: rated, released, issued }) => [
    sample('run_stage', 1, { period, stage: status }),
    ...(shards > 0 ? [sample('run_progress_ratio', rated / shards, { period, step: 'rate' })] : []),
    ...(released > 0 ? [sample('run_progress_ratio', issued / released, { period, step: 'issue' })] : []),
  ]);
  return [sample('runs_failed', failed), ...ofRuns];
}

async function invoiceSamples(reader: Reader): Promise<Sample[]> {
  const rows = await reader.rows(invoiceCountByStatus, {});
  return rows.map(({ period, status, invoices }) => sample('invoices', invoices, { period, status }));
}

async function exceptionSamples(reader: Reader, now: Date): Promise<Sample[]> {
  const rows = await reader.rows(exceptionCountByClass, {});
  return rows.flatMap(({ class: name, open, for_person: forPerson, oldest }) => [
    sample('exceptions_open', open, { class: name }),
    sample('exceptions_for_person', forPerson, { class: name }),
    sample('exception_age_seconds', secondsSince(oldest, now), { class: name }),
  ]);
}

async function messageSamples(reader: Reader, now: Date): Promise<Sample[]> {
  const outbox = await reader.first(outboxCountUnpublished, {});
  const letters = await reader.rows(deadLetterCountWaiting, {});
  const alerts = await reader.first(alertCountUnsent, {});
  const oldest = outbox?.oldest ?? null;
  return [
    sample('outbox_waiting', Number(outbox?.waiting ?? 0n)),
    sample('outbox_lag_seconds', oldest === null ? 0 : secondsSince(oldest, now)),
    ...letters.map(({ subscription, waiting }) => sample('dead_letters_waiting', waiting, { subscription })),
    sample('alerts_unsent', alerts?.alerts ?? 0),
  ];
}
