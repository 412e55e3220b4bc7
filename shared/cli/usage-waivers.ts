import type { Command } from 'commander';
import { approveWaiverOfCell } from '../billing/approve-waiver.ts';
import type { CollectOutcome } from '../billing/collect-run.ts';
import { type BillingPeriod, periodDays, periodOf } from '../calendar/billing-period.ts';
import { completenessWaiverListAll } from '../database/queries.generated.ts';
import { type Cell, cellName } from '../usage/cell.ts';
import { proposeWaiver, rejectWaiver } from '../usage/waivers.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  parseDayArgument,
  parsePeriodArgument,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import { statusPaint } from './terminal/status-paint.ts';
import { plain, table } from './terminal/table.ts';

interface CellOptions extends Cell {
  readonly as?: string;
  readonly why: string;
}

/** Waivers: a day of a source that is billed without a figure. One person proposes, another approves. */
export function registerWaivers(group: Command, registration: Registration): void {
  const add = (name: string, description: string, whyText: string): Command =>
    addActingCommand(group, name, description)
      .requiredOption('--region <region>', 'the region, like europe-west1')
      .requiredOption('--source <source>', 'the source, like requests')
      .requiredOption('--day <day>', 'the UTC day, like 2026-10-31', parseDayArgument)
      .requiredOption('--why <reason>', whyText);
  add(
    'waive',
    'propose that a day of a source be billed without a figure; a second person must approve it',
    'why no figure can come; stands on the invoices and in the audit log',
  ).action(runActing<[CellOptions]>(registration, ['operator', 'author', 'finance'], propose));
  add(
    'approve-waiver',
    'approve a proposed waiver, as someone other than its author; the period is looked at again',
    'what was considered; kept in the audit log',
  ).action(runActing<[CellOptions]>(registration, ['approver', 'finance'], approve));
  add('reject-waiver', 'reject a proposed waiver, or take it back', 'kept in the audit log').action(
    runActing<[CellOptions]>(registration, ['operator', 'author', 'approver', 'finance'], reject),
  );
  addCommand(group, 'waivers', 'the waivers of a period, proposed, approved and rejected')
    .requiredOption('--period <period>', 'the month, like 2026-10', parsePeriodArgument)
    .action(runReading(registration, list));
}

function cellOf({ region, source, day }: CellOptions): Cell {
  return { region, source, day };
}

const NO_REASON = { kind: 'wrong_usage', message: 'Say in --why what is the reason; it is kept.' } as const;

async function propose(session: ActingSession, options: CellOptions): Promise<CommandOutcome> {
  if (options.why.trim() === '') return NO_REASON;
  const cell = cellOf(options);
  const outcome = await proposeWaiver(session, { cell, author: session.actor, why: options.why });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const next = `daybook usage approve-waiver --region ${cell.region} --source ${cell.source} --day ${cell.day} --why "…"`;
  return {
    kind: 'done',
    value: { ...cell, status: outcome.status, author: outcome.author, why: outcome.why, next },
    text: (style) =>
      `${style.warning('proposed')}: ${cellName(cell)} would be billed without a figure\nnext: someone other than ${session.actor} approves it: ${next}`,
  };
}

async function approve(session: ActingSession, options: CellOptions): Promise<CommandOutcome> {
  if (options.why.trim() === '') return NO_REASON;
  const cell = cellOf(options);
  const outcome = await approveWaiverOfCell(session, { cell, approver: session.actor, why: options.why });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const publication = await session.publish();
  const { run, author, why } = outcome;
  return {
    kind: 'done',
    value: { ...cell, status: outcome.status, author, approver: session.actor, why, run, publication },
    text: (style) =>
      [
        `${style.good('waived')}: ${cellName(cell)} is billed without a figure (${plain(why)}; ${author} and ${session.actor})`,
        runText(run, periodOf(cell.day)),
        ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
      ].join('\n'),
  };
}

function runText(run: CollectOutcome, period: BillingPeriod): string {
  switch (run) {
    case 'pinned':
      return `${period} is complete: its run is being rated, see daybook run show ${period}`;
    case 'collecting':
      return `${period} waits for other cells: daybook usage completeness --period ${period}`;
    case 'unchanged':
    case 'late':
      return `the run of ${period} stays as it is`;
    default:
      return run satisfies never;
  }
}

async function reject(session: ActingSession, options: CellOptions): Promise<CommandOutcome> {
  if (options.why.trim() === '') return NO_REASON;
  const cell = cellOf(options);
  const outcome = await rejectWaiver(session, { cell, actor: session.actor, why: options.why });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  return {
    kind: 'done',
    value: { ...cell, status: outcome.status },
    text: () => `rejected: ${cellName(cell)} still needs a figure`,
  };
}

async function list({ database }: Session, { period }: { readonly period: BillingPeriod }): Promise<CommandOutcome> {
  const days = periodDays(period);
  const rows = await database.rows(completenessWaiverListAll, { from_day: days.from, to_day: days.to });
  const waivers = rows.map((row) => ({
    region: row.region,
    source: row.source_id,
    day: row.day,
    status: row.status,
    author: row.author,
    approver: row.approver,
    why: row.why,
    proposedAt: row.proposed_at,
    waivedAt: row.waived_at,
  }));
  return {
    kind: 'done',
    value: { period, waivers },
    text: (style) =>
      waivers.length === 0
        ? `No day of ${period} is waived, and none is proposed.`
        : table(
            [
              { title: 'cell' },
              { title: 'status' },
              { title: 'proposed by' },
              { title: 'approved by' },
              { title: 'why' },
            ],
            waivers.map((waiver) => [
              `${waiver.region}/${waiver.source}/${waiver.day}`,
              statusPaint(waiver.status, style),
              waiver.author,
              waiver.approver ?? '',
              plain(waiver.why),
            ]),
            style,
          ),
  };
}
