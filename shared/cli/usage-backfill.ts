import { type Command, InvalidArgumentError } from 'commander';
import { addDays, type UtcDay } from '../calendar/utc-day.ts';
import { openReaders } from '../sources/readers.ts';
import {
  approveBackfill,
  type BackfillDecision,
  type BackfillScope,
  findBackfill,
  openBackfill,
  rejectBackfill,
  resumeBackfill,
} from '../usage/backfill.ts';
import { type EndedCell, workBackfill } from '../usage/backfill-worker.ts';
import { backfillProgress } from './backfill-progress.ts';
import { backfillOutcome, listBackfills } from './backfill-report.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  parseDayArgument,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { parseNumberArgument } from './usage-anomalies.ts';

interface RerunOptions {
  readonly as?: string;
  readonly region: string;
  readonly day: UtcDay;
  readonly source?: string;
  readonly why?: string;
}

interface BackfillOptions {
  readonly as?: string;
  readonly from?: UtcDay;
  readonly to?: UtcDay;
  readonly region?: string;
  readonly source?: string;
  readonly resume?: bigint;
  readonly workers: number;
  readonly why?: string;
}

interface DecisionOptions {
  readonly as?: string;
  readonly why: string;
}

const MOST_WORKERS = 16;
const BACKFILL = ['<backfill>', 'its number, from daybook usage backfills', parseNumberArgument] as const;

/** Reruns and backfills: days that are read again. */
export function registerBackfills(group: Command, registration: Registration): void {
  addActingCommand(group, 'rerun', 'read a day of a region again; other data makes a new revision, the same data none')
    .requiredOption('--region <region>', 'the region, like europe-west1')
    .requiredOption('--day <day>', 'the UTC day, like 2026-10-31', parseDayArgument)
    .option('--source <source>', 'only this source')
    .option('--why <reason>', 'why it is read again; kept in the audit log')
    .action(
      runActing<[RerunOptions]>(registration, ['operator'], (session, options) =>
        rerun(registration, session, options),
      ),
    );
  addActingCommand(
    group,
    'backfill',
    'read a range of days again, cell by cell; the same command goes on with one that was interrupted',
  )
    .option('--from <day>', 'the first UTC day, like 2026-10-01', parseDayArgument)
    .option('--to <day>', 'the last UTC day, like 2026-10-31', parseDayArgument)
    .option('--region <region>', 'only this region')
    .option('--source <source>', 'only this source')
    .option('--resume <backfill>', 'go on with this one, and try its failed cells again', parseNumberArgument)
    .option('--workers <count>', 'cells that this command reads at once', parseWorkers, 2)
    .option('--why <reason>', 'why they are read again; kept in the audit log')
    .action(
      runActing<[BackfillOptions]>(registration, ['operator'], (session, options) =>
        backfill(registration, session, options),
      ),
    );
  addActingCommand(group, 'approve-backfill', 'let a rerun of a closed period run, as someone other than its author')
    .argument(...BACKFILL)
    .requiredOption('--why <reason>', 'what was considered; kept in the audit log')
    .action(
      runActing<[bigint, DecisionOptions]>(registration, ['approver', 'finance'], (session, id, { why }) =>
        decide(session, id, why, 'approved', approveBackfill),
      ),
    );
  addActingCommand(group, 'reject-backfill', 'reject a proposed rerun of a closed period, or take it back')
    .argument(...BACKFILL)
    .requiredOption('--why <reason>', 'kept in the audit log')
    .action(
      runActing<[bigint, DecisionOptions]>(registration, ['operator', 'approver', 'finance'], (session, id, { why }) =>
        decide(session, id, why, 'rejected', rejectBackfill),
      ),
    );
  addCommand(group, 'backfills', 'the latest reruns and backfills, or what became of one')
    .argument('[backfill]', 'its number', parseNumberArgument)
    .action(runReading<[bigint | undefined]>(registration, listBackfills));
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS)
    throw new InvalidArgumentError(`Write a whole number from 1 to ${MOST_WORKERS}.`);
  return workers;
}

async function rerun(
  registration: Registration,
  session: ActingSession,
  { region, day, source, why }: RerunOptions,
): Promise<CommandOutcome> {
  const scope = { from: day, to: addDays(day, 1), region, source: source ?? null };
  return openAndWork(registration, session, scope, why ?? `daybook usage rerun --region ${region} --day ${day}`, 1);
}

async function backfill(
  registration: Registration,
  session: ActingSession,
  options: BackfillOptions,
): Promise<CommandOutcome> {
  const { from, to, region = null, source = null, resume, workers, why } = options;
  if (resume !== undefined) {
    const reason = why ?? `daybook usage backfill --resume ${resume}`;
    const resumed = await resumeBackfill(session, { id: resume, actor: session.actor, why: reason });
    if (resumed.kind === 'refused') return refused(resumed.reason, resumed.detail);
    return workAndReport(registration, session, resume, reason, workers);
  }
  if (from === undefined || to === undefined)
    return { kind: 'wrong_usage', message: 'Say which days: --from D --to D, or --resume ID.' };
  const reason = why ?? `daybook usage backfill --from ${from} --to ${to}`;
  return openAndWork(registration, session, { from, to: addDays(to, 1), region, source }, reason, workers);
}

async function openAndWork(
  registration: Registration,
  session: ActingSession,
  scope: BackfillScope,
  why: string,
  workers: number,
): Promise<CommandOutcome> {
  const opening = await openBackfill(session, { scope, author: session.actor, why });
  switch (opening.kind) {
    case 'refused':
      return refused(opening.reason, opening.detail);
    case 'proposed': {
      const { id, closedPeriod } = opening;
      const next = `daybook usage approve-backfill ${id} --why "…"`;
      return {
        kind: 'done',
        value: { backfill: id, status: 'proposed', closedPeriod, next },
        text: (style) =>
          `${style.warning('proposed')}: backfill ${id} reaches into ${closedPeriod}, which is closed; what it changes there becomes an adjustment\nnext: someone other than its author approves it: ${next}\nthen: daybook usage backfill --resume ${id}`,
      };
    }
    case 'open':
      return workAndReport(registration, session, opening.id, why, workers);
    default:
      return opening satisfies never;
  }
}

async function workAndReport(
  { io }: Registration,
  session: ActingSession,
  id: bigint,
  why: string,
  workers: number,
): Promise<CommandOutcome> {
  const { configuration, effects, database, actor } = session;
  const dependencies = { database, effects, openReader: openReaders(configuration, effects) };
  const state = await findBackfill(database, id);
  if (state === undefined) throw new Error(`backfill ${id} was there a moment ago and is gone`);
  const progress = backfillProgress(io.stderr, effects, state);
  const onCell = (cell: EndedCell) => progress.ended(cell);
  await Promise.all(
    Array.from({ length: workers }, () => workBackfill(dependencies, { id, actor, why, onCell, stays: true })),
  );
  progress.finish();
  const publication = await session.publish();
  return backfillOutcome(database, id, publication);
}

async function decide(
  session: ActingSession,
  id: bigint,
  why: string,
  done: 'approved' | 'rejected',
  decision: (
    session: ActingSession,
    given: { readonly id: bigint; readonly actor: string; readonly why: string },
  ) => Promise<BackfillDecision>,
): Promise<CommandOutcome> {
  if (why.trim() === '') return { kind: 'wrong_usage', message: 'Say in --why what is the reason; it is kept.' };
  const outcome = await decision(session, { id, actor: session.actor, why });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const next =
    done === 'approved' ? `\nit runs by itself within some minutes, or now: daybook usage backfill --resume ${id}` : '';
  return {
    kind: 'done',
    value: { backfill: id, status: done === 'approved' ? 'running' : 'rejected' },
    text: (style) => `${style.good(done)}: backfill ${id}, by ${session.actor}${next}`,
  };
}
