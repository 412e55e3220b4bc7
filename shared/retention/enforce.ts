import type { BillingPeriod } from '../calendar/billing-period.ts';
import { utcDayOf } from '../calendar/utc-day.ts';
import type { Database, Intent, Transaction } from '../database/database.ts';
import {
  usagePartitionAttach,
  usagePartitionDetach,
  usagePartitionDrop,
  usagePartitionPrepare,
  usagePartitionSeal,
} from '../database/queries.generated.ts';
import { sqlStateOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';
import { type PlannedMonth, planRetention, type RetentionPlan } from './plan.ts';

export interface RetentionDependencies {
  readonly database: Database;
  readonly effects: Effects;
}

/** What became of a month. */
export interface RetentionOutcome {
  readonly month: BillingPeriod;
  readonly outcome:
    | { readonly kind: (typeof DONE)[DueStep] }
    /** Somebody came to need it, or its table, while it was its turn; the next run looks again. */
    | { readonly kind: 'postponed'; readonly reason: string }
    /** It does not add up: it stays, and a person looks. */
    | { readonly kind: 'failed'; readonly reason: string };
}

export interface Enforcement {
  readonly outcomes: readonly RetentionOutcome[];
  readonly stray: RetentionPlan['stray'];
}

/** What the stray rows' exception is about. */
export const STRAY_SUBJECT = 'usage_daily_default';

type Work = Intent & { readonly at: Date };
type DueStep = Exclude<PlannedMonth['step'], 'none'>;

const DONE = { make: 'made', seal: 'sealed', drop: 'dropped', attach: 'attached' } as const satisfies Record<
  DueStep,
  string
>;

/**
 * Takes every step that is due at an instant, each in a transaction of its own, the oldest month first. A crash leaves
 * whole steps, and a repeat goes on after them; of two runs at once one takes each step, and the other finds it taken.
 */
export async function enforceRetention(dependencies: RetentionDependencies, work: Work): Promise<Enforcement> {
  const { months, stray } = await planRetention(dependencies.database, work.at);
  const outcomes: RetentionOutcome[] = [];
  let made: RetentionOutcome['outcome'] | undefined;
  for (const { month, step } of months) {
    if (step === 'none') continue;
    // One statement makes the months of both quarters.
    const outcome = (step === 'make' ? made : undefined) ?? (await take(dependencies, work, month, step));
    if (step === 'make') made = outcome;
    outcomes.push({ month, outcome });
  }
  await reportStray(dependencies, work, stray);
  return { outcomes, stray };
}

async function take(
  dependencies: RetentionDependencies,
  work: Work,
  month: BillingPeriod,
  step: DueStep,
): Promise<RetentionOutcome['outcome']> {
  const { database, effects } = dependencies;
  try {
    for (const run of statementsOf(step, month, work.at)) {
      await database.transaction(work, async (transaction) => {
        await run(transaction);
        await resolveException(transaction, effects, 'retention_failed', month, `it is ${DONE[step]}`);
      });
    }
    return { kind: DONE[step] };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    if (refusal.kind === 'failed') {
      await database.transaction(work, (transaction) => reportFailure(transaction, effects, month, refusal.reason));
    }
    return refusal;
  }
}

type Statement = (transaction: Transaction) => Promise<unknown>;

/** What a step consists of; each statement is a transaction, and finds itself done when it was. */
function statementsOf(step: DueStep, month: BillingPeriod, at: Date): readonly Statement[] {
  const key = { month, at };
  switch (step) {
    case 'make':
      return [(transaction) => transaction.rows(usagePartitionPrepare, { day: utcDayOf(at) })];
    case 'seal':
      return [(transaction) => transaction.rows(usagePartitionSeal, key)];
    case 'attach':
      return [(transaction) => transaction.rows(usagePartitionAttach, key)];
    case 'drop':
      return [
        (transaction) => transaction.rows(usagePartitionDetach, key),
        (transaction) => transaction.rows(usagePartitionDrop, key),
      ];
    default:
      return step satisfies never;
  }
}

/** What the database's answer means for a step; undefined for what is no refusal of its rules. */
function refusalOf(error: unknown): Extract<RetentionOutcome['outcome'], { reason: string }> | undefined {
  if (!(error instanceof Error)) return undefined;
  switch (sqlStateOf(error)) {
    case 'DB005':
      return { kind: 'postponed', reason: error.message };
    // The lock of the table of usage could not be had in half a second, several times over.
    case '55P03':
      return { kind: 'postponed', reason: 'readers of usage were in the way; the next run tries again' };
    case 'DB004':
      return { kind: 'failed', reason: error.message };
    default:
      return undefined;
  }
}

function reportFailure(
  transaction: Transaction,
  effects: Effects,
  month: BillingPeriod,
  detail: string,
): Promise<void> {
  return raiseException(transaction, effects, {
    class: 'retention_failed',
    subject: month,
    reason: 'rows_do_not_add_up',
    detail,
  });
}

/** Once for as long as rows lie there: a further look counts on the same exception, and an empty partition ends it. */
async function reportStray(
  { database, effects }: RetentionDependencies,
  intent: Intent,
  stray: RetentionPlan['stray'],
): Promise<void> {
  await database.transaction(intent, (transaction) =>
    stray.rows === 0
      ? resolveException(transaction, effects, 'stray_usage', STRAY_SUBJECT, 'every row lies in its month')
      : raiseException(transaction, effects, {
          class: 'stray_usage',
          subject: STRAY_SUBJECT,
          reason: 'rows_outside_managed_months',
          detail: `${stray.rows} usage rows from ${stray.firstDay} to ${stray.lastDay} lie in usage_daily_default, where no month is sealed or dropped. As the owner of the schema, move them into partitions of their months.`,
        }),
  );
}
