import { type BillingPeriod, periodDays, periodOf, previousPeriod } from '../calendar/billing-period.ts';
import { compareDays, type UtcDay, utcDayOf } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import {
  type BillingRunStatus,
  billingRunList,
  checkpointListLatest,
  completenessCount,
  deadLetterCountWaiting,
  exceptionList,
  outboxCountUnpublished,
  usageAnomalyCountOpen,
  usageDailyCountDefault,
} from '../database/queries.generated.ts';
import { readSignals } from '../operations/read-signals.ts';
import type { Sample } from '../operations/sample.ts';
import { checkpointName } from '../usage/cell.ts';
import { age } from './terminal/figures.ts';
import { counted } from './terminal/table.ts';

/** Facts that wait longer than this are not on their way but stuck. */
const OUTBOX_LAG_LIMIT_MS = 15 * 60_000;

interface SourceHealth {
  readonly region: string;
  readonly source: string;
  /** The last day with a checkpoint, the checkpoint's name, and when it was made; null when there is none. */
  readonly lastDay: string | null;
  readonly checkpoint: string | null;
  readonly madeAt: Date | null;
}

interface PeriodHealth {
  readonly period: BillingPeriod;
  /** Cells of days that are over, and those of them that are neither complete nor waived. */
  readonly required: number;
  readonly missing: number;
  /** Figures outside the bounds that nobody has released, and the customers that they touch. */
  readonly anomalies: number;
  readonly customersTouched: number;
}

export interface Health {
  readonly now: Date;
  readonly sources: readonly SourceHealth[];
  /** The last period and the present one. */
  readonly periods: readonly PeriodHealth[];
  /** The latest period first. */
  readonly runs: readonly {
    readonly run: string;
    readonly status: BillingRunStatus;
    readonly approver: string | null;
  }[];
  readonly outbox: { readonly waiting: bigint; readonly oldest: Date | null };
  readonly exceptions: {
    readonly open: number;
    readonly waitingForPerson: number;
    readonly byClass: Readonly<Record<string, number>>;
  };
  readonly deadLetters: readonly { readonly subscription: string; readonly waiting: number; readonly oldest: Date }[];
  /** Usage rows outside the managed months; none belong there. */
  readonly strayRows: number;
  /** Every operational figure, as report-metrics reports it. */
  readonly signals: readonly Sample[];
}

export async function readHealth(reader: Reader, now: Date): Promise<Health> {
  const today = utcDayOf(now);
  const present = periodOf(today);
  const exceptions = await reader.rows(exceptionList, { with_ended: false });
  const outbox = await reader.first(outboxCountUnpublished, {});
  return {
    now,
    sources: await sourcesHealth(reader, today),
    periods: [await periodHealth(reader, previousPeriod(present), today), await periodHealth(reader, present, today)],
    runs: (await reader.rows(billingRunList, {})).map(({ run_id: run, status, approver }) => ({
      run,
      status,
      approver,
    })),
    outbox: { waiting: outbox?.waiting ?? 0n, oldest: outbox?.oldest ?? null },
    exceptions: {
      open: exceptions.length,
      waitingForPerson: exceptions.filter((exception) => exception.next_attempt_at === null).length,
      byClass: Object.fromEntries(
        [...Map.groupBy(exceptions, (exception) => exception.class)].map(([name, group]) => [name, group.length]),
      ),
    },
    deadLetters: await reader.rows(deadLetterCountWaiting, {}),
    strayRows: (await reader.first(usageDailyCountDefault, {}))?.rows ?? 0,
    signals: await readSignals(reader, now),
  };
}

async function sourcesHealth(reader: Reader, today: UtcDay): Promise<SourceHealth[]> {
  const rows = await reader.rows(checkpointListLatest, { day: today });
  return rows.map(({ region, source_id: source, day, revision, finished_at: madeAt }) => {
    const checkpoint =
      day === null || revision === null ? null : checkpointName({ region, source, day: day as UtcDay }, revision);
    return { region, source, lastDay: day, checkpoint, madeAt };
  });
}

async function periodHealth(reader: Reader, period: BillingPeriod, today: UtcDay): Promise<PeriodHealth> {
  const { from, to } = periodDays(period);
  const over = { from_day: from, to_day: compareDays(to, today) < 0 ? to : today };
  const count = await reader.first(completenessCount, over);
  const odd = await reader.first(usageAnomalyCountOpen, over);
  return {
    period,
    required: count?.required ?? 0,
    missing: count?.missing ?? 0,
    anomalies: odd?.anomalies ?? 0,
    customersTouched: odd?.customers ?? 0,
  };
}

/** What somebody should look at, each with the place that shows more. */
export function problemsOf({ now, periods, outbox, exceptions, deadLetters, strayRows, runs }: Health): string[] {
  const problems: string[] = [];
  for (const { period, missing } of periods.filter((one) => one.missing > 0)) {
    problems.push(`${counted(missing, 'cell')} of ${period} missing: daybook usage completeness --period ${period}`);
  }
  for (const { period, anomalies, customersTouched } of periods.filter((one) => one.anomalies > 0)) {
    const figures = `${counted(anomalies, 'figure')} of ${counted(customersTouched, 'customer')} in ${period}`;
    problems.push(`${figures} outside the bounds: daybook usage anomalies --period ${period}`);
  }
  if (exceptions.waitingForPerson > 0) {
    problems.push(
      `${counted(exceptions.waitingForPerson, 'exception')} for a person to decide: daybook exceptions list`,
    );
  }
  if (outbox.oldest !== null && now.getTime() - outbox.oldest.getTime() > OUTBOX_LAG_LIMIT_MS) {
    problems.push(`facts unpublished for ${age(outbox.oldest, now)}: see whether sweep-outbox runs`);
  }
  for (const { subscription, waiting } of deadLetters) {
    problems.push(`${counted(waiting, 'message')} of ${subscription} put aside: daybook dead-letters list`);
  }
  if (strayRows > 0) {
    const advice = 'make the partitions of those months and move them, as daybook exceptions list says';
    problems.push(`${counted(strayRows, 'usage row')} outside the managed months, in usage_daily_default: ${advice}`);
  }
  for (const { run, status } of runs.filter(
    (one) => one.status === 'rating_failed' || one.status === 'issuing_failed',
  )) {
    problems.push(`run ${run} is ${status.replaceAll('_', ' ')}: daybook run show ${run}`);
  }
  return problems;
}
