import { InvalidArgumentError } from 'commander';
import { closeRun } from '../billing/close-run.ts';
import { openOffCycleRun } from '../billing/off-cycle-run.ts';
import { approveRun } from '../billing/sign-off.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { parseReason } from './reason.ts';
import { RUN, type RunName } from './run-argument.ts';
import { issueRun } from './run-issue.ts';
import { rateRun } from './run-rate.ts';
import { reportRun } from './run-report.ts';
import { openText, runText } from './run-show-text.ts';
import { readRun } from './run-state.ts';
import type { Session } from './session.ts';
import { counted } from './terminal/table.ts';

interface ActingOptions {
  readonly as?: string;
}

export function registerRun(registration: Registration): void {
  const group = registration.program
    .command('run')
    .description('close a period: rate it, review it, sign it off, issue it, close it');
  addCommand(group, 'show', 'where a run stands, its totals, its invoices and what changed since the last period')
    .argument(...RUN)
    .action(runReading(registration, (session, run: RunName) => showRun(session, run)));
  addCommand(group, 'report', 'write what finance signs of a run as one HTML file, for print on A4')
    .argument(...RUN)
    .requiredOption('--out <file>', 'the file to write, like run-report.html')
    .action(
      runReading<[RunName, { readonly out: string }]>(registration, (session, run, options) =>
        reportRun(session, registration.io, run, options),
      ),
    );
  addActingCommand(group, 'open', 'bill the last days of a contract that ended inside a month at once')
    .requiredOption('--contract <contract>', 'the contract, by id')
    .action(runActing(registration, ['operator', 'finance'], open));
  addActingCommand(
    group,
    'rate',
    'pin a complete period, rate what is not rated yet, and rate anew what could not be; a repeat changes nothing',
  )
    .argument(...RUN)
    .action(runActing<[RunName, ActingOptions]>(registration, ['operator', 'finance'], rateRun));
  addActingCommand(
    group,
    'approve',
    'sign a run in review off, as someone other than its author; releases its invoices',
  )
    .argument(...RUN)
    .option(
      '--reviewed <digest>',
      'the digest that run show gave; a run that has changed since is refused',
      parseDigest,
    )
    .requiredOption('--why <reason>', 'what was reviewed; kept in the audit log', parseReason)
    .action(runActing(registration, ['finance', 'approver'], approve));
  addActingCommand(group, 'issue', 'bring the released invoices to Stripe, compare them line by line and finalize them')
    .argument(...RUN)
    .action(runActing<[RunName, ActingOptions]>(registration, ['operator', 'finance'], issueRun));
  addActingCommand(group, 'close', 'close an issued run for good, when nothing is open or what is open is left by name')
    .argument(...RUN)
    .option('--leave <id...>', 'an open invoice, or exception:NUMBER, that is left open on purpose')
    .requiredOption('--why <reason>', 'kept in the audit log', parseReason)
    .action(runActing(registration, ['finance'], close));
}

async function showRun(session: Session, { runId, period, contractId }: RunName): Promise<CommandOutcome> {
  const run = await readRun(session.database, runId);
  if (run === undefined) {
    return refused(
      'no_run',
      contractId === null
        ? `There is no run of ${period} yet: it opens with the first checkpoint of the period. See daybook usage completeness --period ${period}.`
        : `There is no run ${runId}: daybook run open --contract ${contractId} opens it.`,
    );
  }
  return { kind: 'done', value: run, text: (style) => runText(run, style) };
}

async function open(
  session: ActingSession,
  { contract }: ActingOptions & { readonly contract: string },
): Promise<CommandOutcome> {
  const outcome = await openOffCycleRun(session, contract, session.actor);
  if (outcome.kind === 'refused') return refused('not_opened', `${outcome.reason}.`);
  const publication = await session.publish();
  return {
    kind: 'done',
    value: { run: outcome.runId, outcome: outcome.outcome, publication },
    text: (style) =>
      [
        `${style.good('opened')}: run ${outcome.runId}; the run of the month leaves its days out`,
        ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
        `next: it is rated by itself, or now with daybook run rate ${outcome.runId}`,
      ].join('\n'),
  };
}

async function approve(
  session: ActingSession,
  { runId }: RunName,
  { why, reviewed }: ActingOptions & { readonly why: string; readonly reviewed?: string },
): Promise<CommandOutcome> {
  const outcome = await approveRun(session, {
    runId,
    approver: session.actor,
    why,
    ...(reviewed === undefined ? {} : { reviewed }),
  });
  if (outcome.kind === 'refused') return refused('not_approved', `${outcome.reason}.`);
  const publication = await session.publish();
  return {
    kind: 'done',
    value: { run: runId, approver: session.actor, released: outcome.invoices, publication },
    text: (style) =>
      [
        `${style.good('approved')}: ${counted(outcome.invoices.length, 'invoice')} of ${runId} released by ${session.actor}`,
        ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
        `next: they go to Stripe by themselves, or now with daybook run issue ${runId}`,
      ].join('\n'),
  };
}

async function close(
  session: ActingSession,
  { runId }: RunName,
  { why, leave = [] }: ActingOptions & { readonly why: string; readonly leave?: readonly string[] },
): Promise<CommandOutcome> {
  const outcome = await closeRun(session, { runId, actor: session.actor, why, leave });
  if (outcome.kind === 'refused') {
    const open = outcome.open.map((one) => `\n${openText(one)}`).join('');
    const help = open === '' ? '' : `:${open}\nBring each to its end, or leave it on purpose with --leave ID`;
    return refused('not_closed', `${outcome.reason}${help}.`);
  }
  return {
    kind: 'done',
    value: { run: runId, closedBy: session.actor, leftOpen: outcome.leftOpen },
    text: (style) =>
      `${style.good('closed')}: run ${runId}${outcome.leftOpen.length === 0 ? '' : `; left open: ${outcome.leftOpen.join(', ')}`}`,
  };
}

function parseDigest(text: string): string {
  if (/^(sha256:)?[0-9a-f]{12,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Write the digest as run show gives it: at least 12 of its digits.');
}
