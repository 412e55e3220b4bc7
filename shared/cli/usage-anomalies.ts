import { type Command, InvalidArgumentError } from 'commander';
import { releaseUsageAnomaly } from '../billing/release-anomaly.ts';
import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import type { UtcDay } from '../calendar/utc-day.ts';
import { usageAnomalyList } from '../database/queries.generated.ts';
import { anomalyText } from '../usage/anomalies.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  parsePeriodArgument,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import { statusPaint } from './terminal/status-paint.ts';
import { counted, indent, plain } from './terminal/table.ts';

interface ListOptions {
  readonly period: BillingPeriod;
  readonly all?: boolean;
}

interface ReleaseOptions {
  readonly as?: string;
  readonly why: string;
}

/** Anomalies: figures that are complete and still look wrong. An open one holds its customer's invoice. */
export function registerAnomalies(group: Command, registration: Registration): void {
  addCommand(
    group,
    'anomalies',
    'figures of a period outside the bounds of ordinary variation; open ones hold invoices',
  )
    .requiredOption('--period <period>', 'the month, like 2026-10', parsePeriodArgument)
    .option('--all', 'also what was released or is no longer shown')
    .action(runReading(registration, list));
  addActingCommand(group, 'release-anomaly', 'say that a figure is right as it is: it holds its customer no longer')
    .argument('<anomaly>', 'its number, from daybook usage anomalies', parseNumberArgument)
    .requiredOption('--why <reason>', 'why the figure is right; kept in the audit log')
    .action(runActing<[bigint, ReleaseOptions]>(registration, ['approver', 'finance'], release));
}

export function parseNumberArgument(text: string): bigint {
  if (!/^[1-9]\d{0,17}$/.test(text)) throw new InvalidArgumentError('Write its number, like 12.');
  return BigInt(text);
}

async function list({ database }: Session, { period, all }: ListOptions): Promise<CommandOutcome> {
  const days = periodDays(period);
  const rows = await database.rows(usageAnomalyList, {
    from_day: days.from,
    to_day: days.to,
    with_ended: all === true,
  });
  const anomalies = rows.map((row) => ({
    anomaly: row.anomaly_id,
    kind: row.kind,
    status: row.status,
    customer: row.customer_id,
    customerName: row.customer_name,
    region: row.region,
    source: row.source_id,
    metric: row.metric,
    project: row.project_id,
    day: row.day as UtcDay,
    quantity: row.quantity,
    baseline: row.baseline,
    baselineDays: row.baseline_days,
    checkpointId: row.checkpoint_id,
    foundAt: row.found_at,
    endedAt: row.ended_at,
    endedBy: row.ended_by,
    why: row.why,
  }));
  return {
    kind: 'done',
    value: { period, anomalies },
    text: (style) => {
      if (anomalies.length === 0) return style.good(`No ${all === true ? '' : 'open '}anomalies in ${period}.`);
      const open = anomalies.filter(({ status }) => status === 'open').length;
      const groups = [...Map.groupBy(anomalies, ({ customer }) => customer).values()].map((own) => {
        const lines = own.map((one) => {
          const ended = one.endedBy === null ? '' : `, by ${one.endedBy}: ${plain(one.why ?? '')}`;
          return `${statusPaint(one.status, style)}  ${plain(anomalyText({ ...one, id: one.anomaly }))}${ended}`;
        });
        return `${style.bold(plain(own[0]?.customerName ?? ''))} (${own[0]?.customer})\n${indent(lines.join('\n'), 2)}`;
      });
      const helps =
        open === 0
          ? []
          : [
              `${counted(open, 'figure')} to be looked at, in the source's unit. When the source is mended: daybook usage rerun --region R --day D`,
              'When the figure is right: daybook usage release-anomaly ID --why "…"',
            ];
      return [...groups, helps.join('\n')].filter((part) => part !== '').join('\n\n');
    },
  };
}

async function release(session: ActingSession, anomalyId: bigint, { why }: ReleaseOptions): Promise<CommandOutcome> {
  if (why.trim() === '')
    return { kind: 'wrong_usage', message: 'Say in --why why the figure is right; it is kept in the audit log.' };
  const outcome = await releaseUsageAnomaly(session, { anomalyId, actor: session.actor, why });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const { customer, day, invoices } = outcome;
  return {
    kind: 'done',
    value: { anomaly: anomalyId, status: 'released', customer, day, invoices },
    text: (style) =>
      [
        `${style.good('released')}: anomaly ${anomalyId} of ${customer} on ${day} is right as it is, says ${session.actor}`,
        ...invoices.map((invoice) => `invoice ${invoice} goes on with its run`),
      ].join('\n'),
  };
}
