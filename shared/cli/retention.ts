import type { BillingPeriod } from '../calendar/billing-period.ts';
import { startOf, type UtcDay } from '../calendar/utc-day.ts';
import { enforceRetention } from '../retention/enforce.ts';
import { holdMonth, releaseHold } from '../retention/holds.ts';
import { planRetention } from '../retention/plan.ts';
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
import { parseNumber } from './exception-decisions.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { enforcementText, planText } from './retention-text.ts';
import type { Session } from './session.ts';

interface WhyOptions {
  readonly as?: string;
  readonly why: string;
}

export function registerRetention(registration: Registration): void {
  const group = registration.program
    .command('retention')
    .description('how long usage rows are kept, and what keeps them longer');
  addCommand(group, 'plan', 'every month with its state, the step that is due, and what still needs its rows')
    .option('--at <day>', 'as it will be on that UTC day; otherwise now', parseDayArgument)
    .action(runReading(registration, plan));
  addActingCommand(
    group,
    'apply',
    'take the steps that are due, as the daily job does: make, seal, drop; the database refuses what is early or needed',
  ).action(runActing<[{ readonly as?: string }]>(registration, ['operator', 'finance'], (session) => apply(session)));
  addActingCommand(group, 'hold', 'keep the rows of a month beyond their time')
    .argument('<month>', 'the month, like 2026-10', parsePeriodArgument)
    .requiredOption('--why <reason>', 'what they are needed for; kept in the audit log')
    .action(runActing(registration, ['operator', 'approver', 'finance'], hold));
  addActingCommand(group, 'release', 'end a hold; by somebody else than who placed it')
    .argument('<hold>', 'its number, as retention plan shows it', parseNumber)
    .requiredOption('--why <reason>', 'why it is not needed any more; kept in the audit log')
    .action(runActing(registration, ['approver', 'finance'], release));
}

async function plan({ database, effects }: Session, { at }: { readonly at?: UtcDay }): Promise<CommandOutcome> {
  const planned = await planRetention(database, at === undefined ? effects.now() : startOf(at));
  return { kind: 'done', value: planned, text: (style) => planText(planned, style) };
}

async function apply({ database, effects, actor }: ActingSession): Promise<CommandOutcome> {
  const work = { at: effects.now(), actor, why: 'daybook retention apply' };
  const enforcement = await enforceRetention({ database, effects }, work);
  const isWell = enforcement.stray.rows === 0 && enforcement.outcomes.every(({ outcome }) => !('reason' in outcome));
  return {
    kind: isWell ? 'done' : 'failed',
    value: enforcement,
    text: (style) => enforcementText(enforcement, style),
  };
}

async function hold(
  { database, effects, actor }: ActingSession,
  month: BillingPeriod,
  { why }: WhyOptions,
): Promise<CommandOutcome> {
  const outcome = await holdMonth({ database, effects }, { month, why, author: actor });
  switch (outcome.kind) {
    case 'refused':
      return refused(outcome.reason, outcome.detail);
    case 'held_before':
      return {
        kind: 'done',
        value: { month, held: true, repeated: true },
        text: () => `${month} is held by ${actor} for this reason already.`,
      };
    case 'held':
      return {
        kind: 'done',
        value: { month, held: true, hold: outcome.hold },
        text: (style) =>
          `${style.good('held')}: the rows of ${month} stay until somebody else releases hold ${outcome.hold}:\n  daybook retention release ${outcome.hold} --why …`,
      };
    default:
      return outcome satisfies never;
  }
}

async function release(
  { database, effects, actor }: ActingSession,
  number: bigint,
  { why }: WhyOptions,
): Promise<CommandOutcome> {
  const outcome = await releaseHold({ database, effects }, { hold: number, why, approver: actor });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  return {
    kind: 'done',
    value: { hold: number, month: outcome.month, released: true },
    text: (style) =>
      `${style.good('released')}: hold ${number} of ${outcome.month}. See what else keeps it: daybook retention plan`,
  };
}
