import { InvalidArgumentError } from 'commander';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import {
  approveModeChange,
  type ModeOutcome,
  proposeModeChange,
  proposeRollBack,
  rejectModeChange,
} from '../catalogue/mode-changes.ts';
import { draftTermCorrection } from '../catalogue/term-corrections.ts';
import { correctTerms } from '../corrections/correct-terms.ts';
import type { BillingMode } from '../database/queries.generated.ts';
import { reasonProblem } from './adjustments.ts';
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
import { listContracts, showContract } from './contracts-show.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { requireJsonFile } from './plan-file.ts';
import { registerShadowReport } from './shadow-report.ts';
import { plain } from './terminal/table.ts';

interface Acting {
  readonly as?: string;
  readonly why: string;
}

interface Acknowledging extends Acting {
  readonly acknowledge?: readonly string[];
}

interface TermOptions {
  readonly usagePlan?: string;
  readonly legacyPlan?: string;
  /** A JSON file. */
  readonly overrides?: string;
}

const MODES: readonly BillingMode[] = ['legacy', 'shadow', 'usage'];
const WHY = ['--why <reason>', 'kept in the audit log'] as const;
const CONTRACT = ['<contract>', 'the id, like nimbus-robotics-2026'] as const;
const ACKNOWLEDGE = ['--acknowledge <codes...>', 'codes of the warnings that you have read and accept'] as const;
const DECIDERS = ['approver', 'finance'] as const;

export function registerContracts(registration: Registration): void {
  const group = registration.program
    .command('contracts')
    .description('on what terms customers are billed: fixed tiers, usage beside them, or usage');
  addCommand(group, 'list', 'contracts, by customer')
    .option('--customer <customer>', 'only of this customer, by id')
    .option('--mode <mode>', `only in this mode: ${MODES.join(', ')}`, parseMode)
    .action(runReading(registration, listContracts));
  addCommand(group, 'show', 'a contract, its changes of mode and what was corrected of it')
    .argument(...CONTRACT)
    .action(runReading<[string]>(registration, showContract));
  registerModes(registration, group);
  registerTerms(registration, group);
  registerShadowReport(group, registration);
}

function registerModes(registration: Registration, group: Parameters<typeof addCommand>[0]): void {
  const { io } = registration;
  withTerms(addActingCommand(group, 'change-mode', 'propose to bill in another mode from the first of a month on'))
    .argument(...CONTRACT)
    .requiredOption('--to <mode>', MODES.join(', '), parseMode)
    .requiredOption('--from <day>', 'the first day of a month', parseDayArgument)
    .requiredOption(...WHY)
    .action(
      runActing(
        registration,
        ['author'],
        (
          session,
          contractId: string,
          options: Acting & TermOptions & { readonly to: BillingMode; readonly from: string },
        ) => changeMode(io, session, contractId, options),
      ),
    );
  addActingCommand(group, 'roll-back', 'propose to take a change of mode back, while no run of its month is approved')
    .argument('<change>', 'the contract that brought the mode')
    .requiredOption(...WHY)
    .action(
      runActing(
        registration,
        ['author'],
        async (session, changeId: string, { why }: Acting) =>
          reasonProblem(why) ?? modeOutcome(await proposeRollBack(session, { changeId, author: session.actor, why })),
      ),
    );
  addActingCommand(group, 'approve', 'approve a proposed change of mode or roll-back; never one’s own')
    .argument('<change>', 'the contract that it brings')
    .option(...ACKNOWLEDGE)
    .requiredOption(...WHY)
    .action(
      runActing(
        registration,
        DECIDERS,
        async (session, changeId: string, options: Acknowledging) =>
          reasonProblem(options.why) ??
          modeOutcome(await approveModeChange(session, { changeId, ...decisionOf(session, options) })),
      ),
    );
  addActingCommand(group, 'reject', 'reject a proposed change of mode or roll-back')
    .argument('<change>', 'the contract that it would bring')
    .requiredOption(...WHY)
    .action(
      runActing(
        registration,
        DECIDERS,
        async (session, changeId: string, options: Acting) =>
          reasonProblem(options.why) ??
          modeOutcome(await rejectModeChange(session, { changeId, ...decisionOf(session, options) })),
      ),
    );
}

function registerTerms(registration: Registration, group: Parameters<typeof addCommand>[0]): void {
  const { io } = registration;
  const PERIOD = ['--period <period>', 'the closed month, like 2026-10', parsePeriodArgument] as const;
  withTerms(addActingCommand(group, 'correct', 'draft what a contract should have said in a closed month'))
    .argument(...CONTRACT)
    .requiredOption(...PERIOD)
    .requiredOption(...WHY)
    .action(
      runActing(
        registration,
        ['author'],
        (session, contractId: string, options: Acting & TermOptions & { readonly period: BillingPeriod }) =>
          correct(io, session, contractId, options),
      ),
    );
  for (const [name, decision, description] of [
    [
      'approve-correction',
      'approved',
      'approve corrected terms; the month is rated anew, and the difference is an adjustment',
    ],
    ['reject-correction', 'rejected', 'reject corrected terms'],
  ] as const) {
    addActingCommand(group, name, description)
      .argument(...CONTRACT)
      .requiredOption(...PERIOD)
      .option(...ACKNOWLEDGE)
      .requiredOption(...WHY)
      .action(
        runActing(
          registration,
          DECIDERS,
          (session, contractId: string, options: Acknowledging & { readonly period: BillingPeriod }) =>
            decideTerms(session, contractId, options, decision),
        ),
      );
  }
}

function withTerms(command: ReturnType<typeof addCommand>): ReturnType<typeof addCommand> {
  return command
    .option('--usage-plan <version>', 'the usage plan version; otherwise the contract’s')
    .option('--legacy-plan <version>', 'the version of the fixed tier; otherwise the contract’s')
    .option('--overrides <file>', 'a JSON file of parameters and rates, in place of all of the contract’s');
}

function parseMode(text: string): BillingMode {
  const mode = MODES.find((known) => known === text);
  if (mode === undefined) throw new InvalidArgumentError(`Write one of ${MODES.join(', ')}.`);
  return mode;
}

function decisionOf(session: ActingSession, { why, acknowledge }: Acknowledging) {
  return {
    approver: session.actor,
    why,
    acknowledged: acknowledge?.flatMap((codes) => codes.split(',')).filter((code) => code !== ''),
  };
}

/** The terms as the command line gives them. */
function termsOf(io: CommandIo, { usagePlan, legacyPlan, overrides }: TermOptions) {
  const reading = overrides === undefined ? undefined : requireJsonFile(io, overrides);
  if (reading?.kind === 'refused') return reading;
  return {
    kind: 'given' as const,
    terms: {
      usagePlanVersion: usagePlan,
      legacyPlanVersion: legacyPlan,
      ...(reading === undefined ? {} : { overrides: reading.json }),
    },
  };
}

async function changeMode(
  io: CommandIo,
  session: ActingSession,
  contractId: string,
  options: Acting & TermOptions & { readonly to: BillingMode; readonly from: string },
): Promise<CommandOutcome> {
  const wrong = reasonProblem(options.why);
  if (wrong !== undefined) return wrong;
  const given = termsOf(io, options);
  if (given.kind === 'refused') return given;
  const { to, from, why } = options;
  return modeOutcome(
    await proposeModeChange(session, { contractId, to, from, author: session.actor, why, ...given.terms }),
  );
}

function modeOutcome(outcome: ModeOutcome): CommandOutcome {
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const { kind, changeId, diagnostics } = outcome;
  return {
    kind: 'done',
    value: { change: changeId, status: kind, diagnostics },
    text: (style) => {
      const warnings = diagnostics.map(({ severity, code, message }) => `${severity} ${code}: ${plain(message)}`);
      const next =
        kind === 'proposed' ? `, until someone else approves it: daybook contracts approve ${changeId} --why "…"` : '';
      return [...warnings, `${style.good(kind.replaceAll('_', ' '))}: ${changeId}${next}`].join('\n');
    },
  };
}

async function correct(
  io: CommandIo,
  session: ActingSession,
  contractId: string,
  options: Acting & TermOptions & { readonly period: BillingPeriod },
): Promise<CommandOutcome> {
  const wrong = reasonProblem(options.why);
  if (wrong !== undefined) return wrong;
  const given = termsOf(io, options);
  if (given.kind === 'refused') return given;
  const { period, why } = options;
  const outcome = await draftTermCorrection(session, {
    contractId,
    period,
    author: session.actor,
    why,
    ...given.terms,
  });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  return {
    kind: 'done',
    value: { contract: contractId, period, number: outcome.number, diagnostics: outcome.diagnostics },
    text: (style) =>
      `${style.good('drafted')}: what ${contractId} should have said in ${period}, until someone else approves it: daybook contracts approve-correction ${contractId} --period ${period} --why "…"`,
  };
}

async function decideTerms(
  session: ActingSession,
  contractId: string,
  options: Acknowledging & { readonly period: BillingPeriod },
  decision: 'approved' | 'rejected',
): Promise<CommandOutcome> {
  const wrong = reasonProblem(options.why);
  if (wrong !== undefined) return wrong;
  const { period } = options;
  const outcome = await correctTerms(session, { contractId, period, ...decisionOf(session, options) }, decision);
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const publication = await session.publish();
  return {
    kind: 'done',
    value: { contract: contractId, period, status: outcome.kind, publication },
    text: (style) =>
      [
        outcome.kind === 'approved'
          ? `${style.good('approved')}: ${period} is rated anew for ${contractId}; see daybook adjustments list --period ${period}`
          : `${style.good('rejected')}: ${contractId} stays as it was in ${period}`,
        ...(publication.kind === 'waiting' ? [style.warning(publication.message)] : []),
      ].join('\n'),
  };
}
