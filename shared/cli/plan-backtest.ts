import { type Command, InvalidArgumentError } from 'commander';
import { type BillingPeriod, nextPeriod, parseBillingPeriod } from '../calendar/billing-period.ts';
import { backtestPlan, reviewedPeriods } from '../catalogue/plan-backtest.ts';
import { changesAgainstForce, resolvePlanVersion, showPlan } from '../catalogue/plan-list.ts';
import { customerFind } from '../database/queries.generated.ts';
import { type PlanDocument, parsePlanDocument } from '../plans/plan-document.ts';
import { readFormulas } from '../plans/read-formulas.ts';
import { addCommand, type Registration, runReading } from './commands.ts';
import type { CommandIo } from './io.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import { backtestText } from './plan-backtest-text.ts';
import { isFile, requireJsonFile } from './plan-file.ts';
import type { Session } from './session.ts';

const MAX_PERIODS = 36;

interface BacktestOptions {
  readonly customer?: readonly string[];
  readonly periods?: readonly BillingPeriod[];
}

export function registerPlanBacktest(group: Command, registration: Registration): void {
  addCommand(
    group,
    'backtest <file>',
    'what a plan would have billed over past months, beside what was in force; changes nothing',
  )
    .option(
      '--customer <customers...>',
      'compare these customers, whatever bills them; otherwise all that the plan bills',
    )
    .option(
      '--periods <months>',
      'a month or a range, like 2026-08..2026-10; otherwise the last three that were measured',
      parsePeriods,
    )
    .addHelpText('after', '\nFILE is a plan file, or the digest of a version that was submitted.')
    .action(
      runReading(registration, (session, file: string, options: BacktestOptions) =>
        backtest(registration.io, session, file, options),
      ),
    );
}

function parsePeriods(text: string): readonly BillingPeriod[] {
  const [first, last = first, ...more] = text.split('..').map(parseBillingPeriod);
  if (first === undefined || last === undefined || more.length > 0)
    throw new InvalidArgumentError('Write a month or a range, like 2026-10 or 2026-08..2026-10.');
  const periods: BillingPeriod[] = [];
  for (let period = first; period <= last && periods.length <= MAX_PERIODS; period = nextPeriod(period))
    periods.push(period);
  if (periods.length === 0) throw new InvalidArgumentError('The first month is after the last.');
  if (periods.length > MAX_PERIODS) throw new InvalidArgumentError(`At most ${MAX_PERIODS} months.`);
  return periods;
}

async function backtest(
  io: CommandIo,
  session: Session,
  file: string,
  options: BacktestOptions,
): Promise<CommandOutcome> {
  const reading = await readPlan(io, session, file);
  if (reading.kind === 'refused') return reading;
  for (const customer of options.customer ?? []) {
    if (!(await session.database.first(customerFind, { customer_id: customer }))) {
      return refused('no_customer', `There is no customer "${customer.slice(0, 80)}".`);
    }
  }
  const periods = options.periods ?? (await reviewedPeriods(session.database));
  const result = await backtestPlan(session.database, { plan: reading.plan, periods, customers: options.customer });
  const changes = await changesAgainstForce(session.database, reading.plan);
  return { kind: 'done', value: { ...result, changes }, text: (style) => backtestText(result, changes, style) };
}

type PlanFileReading =
  | { readonly kind: 'plan'; readonly plan: PlanDocument }
  | Extract<CommandOutcome, { kind: 'refused' }>;

async function readPlan(io: CommandIo, session: Session, file: string): Promise<PlanFileReading> {
  if (!isFile(io, file) && /^(sha256:)?[0-9a-f]{6,64}$/.test(file)) {
    const found = await resolvePlanVersion(session.database, file, []);
    if (found.kind === 'refused') return { kind: 'refused', reason: found.reason, message: found.detail };
    const shown = await showPlan(session.database, found.planVersion);
    if (shown !== undefined) return { kind: 'plan', plan: shown.document };
  }
  const reading = requireJsonFile(io, file);
  if (reading.kind === 'refused') return reading;
  const document = parsePlanDocument(reading.json);
  const problems = document.kind === 'refused' ? document.diagnostics : formulaProblems(document.plan);
  if (document.kind === 'refused' || problems.length > 0) {
    return {
      kind: 'refused',
      reason: 'plan',
      message: `${problems.map(({ message }) => message).join('; ')}. See daybook plan check.`,
    };
  }
  return { kind: 'plan', plan: document.plan };
}

function formulaProblems(plan: PlanDocument): readonly { readonly message: string }[] {
  const formulas = readFormulas(plan);
  return formulas.kind === 'refused' ? formulas.diagnostics : [];
}
