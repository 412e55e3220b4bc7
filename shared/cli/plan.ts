import { utcDayOf } from '../calendar/utc-day.ts';
import { listPlans, type PlanDetail, resolvePlanVersion, showPlan } from '../catalogue/plan-list.ts';
import { recordBacktest } from '../catalogue/plan-submission.ts';
import {
  activatePlan,
  approvePlan,
  rejectPlan,
  retirePlan,
  type StepOutcome,
  submitPlan,
} from '../catalogue/plan-versions.ts';
import type { PlanVersionStatus } from '../database/queries.generated.ts';
import {
  type ActingSession,
  addActingCommand,
  addCommand,
  parseDayArgument,
  type Registration,
  runActing,
  runReading,
} from './commands.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { registerPlanBacktest } from './plan-backtest.ts';
import { backtestText } from './plan-backtest-text.ts';
import { registerPlanFiles } from './plan-check.ts';
import { countText, diagnosticsText } from './plan-diagnostics-text.ts';
import { requireJsonFile } from './plan-file.ts';
import { planListText, planText } from './plan-show-text.ts';
import type { Session } from './session.ts';
import { shortDigest } from './terminal/figures.ts';

const ALL_STATES: readonly PlanVersionStatus[] = [
  'draft',
  'checked',
  'in_review',
  'approved',
  'active',
  'retired',
  'rejected',
];
const ID_HELP =
  '\nID is the digest of a version, the beginning of it, or the name of a plan when only one version of it fits.';

interface Acting {
  readonly as?: string;
  readonly why?: string;
}

export function registerPlan(registration: Registration): void {
  const { io, program } = registration;
  const group = program
    .command('plan')
    .description('write, prove, review and activate prices')
    .addHelpText('after', ID_HELP);
  registerPlanFiles(group, registration);
  registerPlanBacktest(group, registration);
  const acting = (name: string, description: string) =>
    addActingCommand(group, name, description).option('--why <reason>', 'kept in the audit log');
  acting('submit <file>', 'check a plan, rate it over the last months, and put it under review').action(
    runActing(registration, ['author'], (session, file: string, options: Acting) => submit(io, session, file, options)),
  );
  acting('review <id>', 'rate a version again over the latest months; a different result voids its approvals').action(
    runActing(registration, ['author', 'approver', 'finance'], review),
  );
  acting('approve <id>', "approve a version under review; never one's own")
    .option('--acknowledge <codes...>', 'codes of the warnings that you have read and accept')
    .action(runActing(registration, ['approver', 'finance'], approve));
  acting('reject <id>', 'end the review of a version, for good').action(
    runActing(registration, ['author', 'approver', 'finance'], (session, id: string, options: Acting) =>
      step(session, id, ['in_review'], (planVersion) =>
        rejectPlan(session, { planVersion, actor: session.actor, why: options.why ?? 'daybook plan reject' }),
      ),
    ),
  );
  acting('activate <id>', 'put an approved version in force')
    .option('--from <day>', 'first UTC day, in no closed period; otherwise today', parseDayArgument)
    .action(runActing(registration, ['author', 'operator', 'approver', 'finance'], activate));
  acting('retire <id>', 'take an active version out of the offer; contracts that have it keep it').action(
    runActing(registration, ['author', 'operator', 'approver', 'finance'], (session, id: string, options: Acting) =>
      step(session, id, ['active'], (planVersion) =>
        retirePlan(session, { planVersion, actor: session.actor, why: options.why ?? 'daybook plan retire' }),
      ),
    ),
  );
  addCommand(group, 'list', 'all versions and their state')
    .option('--plan <plan>', 'only the versions of one plan')
    .action(runReading(registration, list));
  addCommand(group, 'show <id>', 'a version, what it changes, and its review').action(runReading(registration, show));
}

async function submit(io: CommandIo, session: ActingSession, file: string, { why }: Acting): Promise<CommandOutcome> {
  const reading = requireJsonFile(io, file);
  if (reading.kind === 'refused') return reading;
  const outcome = await submitPlan(session, {
    document: reading.json,
    author: session.actor,
    why: why ?? 'daybook plan submit',
  });
  if (outcome.kind === 'refused') {
    if (outcome.diagnostics.length === 0) return refused(outcome.reason, outcome.detail);
    const { reason, detail, planVersion, diagnostics } = outcome;
    const formulas = planVersion === null ? new Map() : formulasOf(await showPlan(session.database, planVersion));
    return {
      kind: 'failed',
      value: { ok: false, reason, detail, planVersion, diagnostics },
      text: (style) => `${diagnosticsText(diagnostics, formulas, style)}\n\n${style.bad(detail)}`,
    };
  }
  const shown = await showPlan(session.database, outcome.planVersion);
  const { planVersion, status, diagnostics } = outcome;
  const approvalsRequired = shown?.approvalsRequired ?? 2;
  return {
    kind: 'done',
    value: { ok: true, planVersion, status, diagnostics, approvalsRequired },
    text: (style) => {
      const findings = diagnostics.length === 0 ? '' : `${diagnosticsText(diagnostics, formulasOf(shown), style)}\n\n`;
      const people = approvalsRequired > 1 ? 'two people, one of finance,' : 'one person';
      return `${findings}${style.good(status)} ${planVersion}: ${countText(diagnostics, style)}. It takes ${people} other than you: daybook plan approve ${shortId(planVersion)}`;
    },
  };
}

function formulasOf(plan: PlanDetail | undefined): ReadonlyMap<string, string> {
  return new Map(plan?.document.lines.map((line) => [line.key, line.formula]));
}

function shortId(planVersion: string): string {
  return planVersion.slice('sha256:'.length, 'sha256:'.length + 12);
}

async function review(session: ActingSession, id: string, { why }: Acting): Promise<CommandOutcome> {
  const found = await resolvePlanVersion(session.database, id, ['checked', 'in_review', 'approved']);
  if (found.kind === 'refused') return refused(found.reason, found.detail);
  const { planVersion } = found;
  const outcome = await recordBacktest(session, {
    planVersion,
    actor: session.actor,
    why: why ?? 'daybook plan review',
  });
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const { backtest, backtestDigest, changed } = outcome;
  const shown = await showPlan(session.database, planVersion);
  return {
    kind: 'done',
    value: { planVersion, status: shown?.status, backtestDigest, changed, backtest },
    text: (style) => {
      const verdict = changed
        ? style.warning('A new backtest is under review; earlier approvals are void.')
        : style.good('The backtest is the one under review already.');
      return `${backtestText(backtest, shown?.changes ?? [], style)}\n\n${verdict}`;
    },
  };
}

async function approve(
  session: ActingSession,
  id: string,
  options: Acting & { readonly acknowledge?: readonly string[] },
): Promise<CommandOutcome> {
  const found = await resolvePlanVersion(session.database, id, ['in_review']);
  if (found.kind === 'refused') return refused(found.reason, found.detail);
  const { planVersion } = found;
  const outcome = await approvePlan(session, {
    planVersion,
    approver: session.actor,
    acknowledged: options.acknowledge?.flatMap((codes) => codes.split(',')).filter((code) => code !== ''),
    why: options.why ?? 'daybook plan approve',
  });
  switch (outcome.kind) {
    case 'refused':
      return refused(outcome.reason, outcome.detail);
    case 'approved':
      return {
        kind: 'done',
        value: { planVersion, status: 'approved' },
        text: (style) =>
          `${style.good('approved')} ${planVersion}: put it in force with daybook plan activate ${shortId(planVersion)}`,
      };
    case 'waiting': {
      const { given, required, financeMissing } = outcome;
      const more = financeMissing ? 'someone of finance' : 'another person';
      return {
        kind: 'done',
        value: { planVersion, status: 'in_review', approvals: { given, required, financeMissing } },
        text: (style) =>
          `${style.warning('recorded')} ${planVersion}: ${given} of ${required} approvals; it still takes ${more}.`,
      };
    }
    default:
      return outcome satisfies never;
  }
}

function activate(
  session: ActingSession,
  id: string,
  options: Acting & { readonly from?: string },
): Promise<CommandOutcome> {
  const from = options.from ?? utcDayOf(session.effects.now());
  return step(session, id, ['approved'], (planVersion) =>
    activatePlan(session, { planVersion, actor: session.actor, why: options.why ?? 'daybook plan activate', from }),
  );
}

async function step(
  session: Session,
  id: string,
  states: readonly PlanVersionStatus[],
  take: (planVersion: string) => Promise<StepOutcome>,
): Promise<CommandOutcome> {
  const found = await resolvePlanVersion(session.database, id, states);
  if (found.kind === 'refused') return refused(found.reason, found.detail);
  const outcome = await take(found.planVersion);
  if (outcome.kind === 'refused') return refused(outcome.reason, outcome.detail);
  const shown = await showPlan(session.database, outcome.planVersion);
  const activeFrom = shown?.activeFrom ?? null;
  return {
    kind: 'done',
    value: { planVersion: outcome.planVersion, status: outcome.status, activeFrom },
    text: (style) =>
      `${style.good(outcome.status)} ${outcome.planVersion}${activeFrom === null ? '' : ` from ${activeFrom}`}`,
  };
}

async function list(session: Session, { plan }: { readonly plan?: string }): Promise<CommandOutcome> {
  const plans = await listPlans(session.database, plan ?? null);
  return { kind: 'done', value: { plans }, text: (style) => planListText(plans, style) };
}

async function show(session: Session, id: string): Promise<CommandOutcome> {
  const found = await resolvePlanVersion(session.database, id, ALL_STATES);
  if (found.kind === 'refused') return refused(found.reason, found.detail);
  const shown = await showPlan(session.database, found.planVersion);
  if (shown === undefined) return refused('not_found', `There is no plan version ${shortDigest(found.planVersion)}.`);
  return { kind: 'done', value: shown, text: (style) => planText(shown, style) };
}
