import { parseUtcDay } from '../calendar/utc-day.ts';
import type { Transaction } from '../database/database.ts';
import {
  type PlanVersionStatus,
  type PrincipalRole,
  planApprovalInsert,
  planVersionActivate,
  planVersionAdvance,
  planVersionCountApprovals,
  planVersionFind,
} from '../database/queries.generated.ts';
import { checkPlan } from '../plans/check/check.ts';
import type { Diagnostic } from '../plans/diagnostic.ts';
import type { CatalogueDeps } from './deps.ts';
import { findPrincipal } from './principals.ts';
import { readStored } from './ratables.ts';
import { asRefusal, type Refusal, refuse } from './refusal.ts';
import { requireRole } from './roles.ts';

export { submitPlan } from './plan-submission.ts';

export interface PlanApproval {
  readonly planVersion: string;
  readonly approver: string;
  /** Codes of the warnings that the approver has seen and accepts; all of them are needed. */
  readonly acknowledged?: readonly string[] | undefined;
  readonly why: string;
}

export type ApprovalOutcome =
  | { readonly kind: 'approved'; readonly planVersion: string }
  /** The approval is recorded, and others are needed. */
  | {
      readonly kind: 'waiting';
      readonly planVersion: string;
      readonly given: number;
      readonly required: number;
      readonly financeMissing: boolean;
    }
  | Refusal<'errors' | 'warnings'>;

/**
 * Records one person's approval of a version with the backtest that is under review, and approves the version when
 * nobody else is needed. The author, in person or through a service account, never counts. The check runs once more:
 * what it has learnt since the submission also stops a plan.
 */
export async function approvePlan({ database, effects }: CatalogueDeps, given: PlanApproval): Promise<ApprovalOutcome> {
  const { planVersion, approver, why } = given;
  const acknowledged = [...new Set(given.acknowledged)].sort();
  const stored = await database.first(planVersionFind, { plan_version: planVersion });
  if (stored === undefined) return refuse('not_found', `There is no plan version ${planVersion}.`);
  const problem = findingsProblem(checkPlan(readStored(planVersion, stored.document)), acknowledged);
  if (problem !== undefined) return problem;
  const principal = await findPrincipal(database, approver);
  if (principal === undefined) return refuse('not_found', `There is no principal ${approver}.`);
  const approvedAs: PrincipalRole = principal.roles.includes('finance') ? 'finance' : 'approver';
  return asRefusal(() =>
    database.transaction({ actor: approver, why }, async (transaction): Promise<ApprovalOutcome> => {
      const version = await transaction.first(planVersionFind, { plan_version: planVersion });
      if (version?.status !== 'in_review' || version.backtest_id === null || version.backtest_digest === null) {
        return refuse('state', `Plan version ${planVersion} is ${version?.status ?? 'gone'} and not in review.`);
      }
      await transaction.rows(planApprovalInsert, {
        plan_version: planVersion,
        backtest_id: version.backtest_id,
        backtest_digest: version.backtest_digest,
        approver,
        approved_as: approvedAs,
        acknowledged,
        approved_at: effects.now(),
        why,
      });
      return approveWhenComplete(transaction, planVersion);
    }),
  );
}

async function approveWhenComplete(transaction: Transaction, planVersion: string): Promise<ApprovalOutcome> {
  const count = await transaction.first(planVersionCountApprovals, { plan_version: planVersion });
  if (count === undefined) return refuse('state', `Plan version ${planVersion} has no backtest.`);
  const financeMissing = count.required > 1 && !count.by_finance;
  if (count.given < count.required || financeMissing) {
    return { kind: 'waiting', planVersion, given: count.given, required: count.required, financeMissing };
  }
  await transaction.rows(planVersionAdvance, {
    plan_version: planVersion,
    from_status: 'in_review',
    to_status: 'approved',
  });
  return { kind: 'approved', planVersion };
}

/** What of a check's findings stops an approval. */
export function findingsProblem(
  diagnostics: readonly Diagnostic[],
  acknowledged: readonly string[],
): Refusal<'errors' | 'warnings'> | undefined {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    return refuse('errors', `The check finds errors: ${errors.map(({ message }) => message).join('; ')}.`);
  const open = new Set(diagnostics.map(({ code }) => code).filter((code) => !acknowledged.includes(code)));
  if (open.size === 0) return undefined;
  const list = [...open].sort();
  return refuse(
    'warnings',
    `Warnings need to be acknowledged: ${list.join(', ')}. Read them, then add --acknowledge ${list.join(' ')}.`,
  );
}

export interface PlanStep {
  readonly planVersion: string;
  readonly actor: string;
  readonly why: string;
}

export type StepOutcome =
  | { readonly kind: 'done'; readonly planVersion: string; readonly status: PlanVersionStatus }
  | Refusal<'role' | 'date'>;

/** Ends the review without an approval, for good. Reviewers may, and authors of what is their own. */
export async function rejectPlan(deps: CatalogueDeps, { planVersion, actor, why }: PlanStep): Promise<StepOutcome> {
  const version = await deps.database.first(planVersionFind, { plan_version: planVersion });
  if (version === undefined) return refuse('not_found', `There is no plan version ${planVersion}.`);
  const author = await findPrincipal(deps.database, version.author);
  const own = await findPrincipal(deps.database, actor);
  if (own === undefined || own.person !== author?.person) {
    const allowed = await requireRole(deps.database, actor, ['approver', 'finance'], 'reject a plan');
    if (allowed.kind === 'refused') return allowed;
  }
  return advance(deps, { planVersion, actor, why }, 'in_review', 'rejected');
}

/** Puts an approved version in force from a day on; contracts that start from then can take it. */
export async function activatePlan(
  deps: CatalogueDeps,
  { planVersion, actor, why, from }: PlanStep & { /** A UTC day in no closed period. */ readonly from: string },
): Promise<StepOutcome> {
  if (parseUtcDay(from) === undefined)
    return refuse('date', `"${from.slice(0, 40)}" is not a day; write it like 2026-11-01.`);
  const allowed = await requireRole(
    deps.database,
    actor,
    ['author', 'operator', 'approver', 'finance'],
    'activate a plan',
  );
  if (allowed.kind === 'refused') return allowed;
  return asRefusal(() =>
    deps.database.transaction({ actor, why }, async (transaction) => {
      const moved = await transaction.first(planVersionActivate, { plan_version: planVersion, active_from: from });
      return moved ? done(planVersion, 'active') : notIn(transaction, planVersion, 'approved');
    }),
  );
}

/** Takes an active version out of the offer. Contracts that have it keep it. */
export async function retirePlan(deps: CatalogueDeps, step: PlanStep): Promise<StepOutcome> {
  const allowed = await requireRole(
    deps.database,
    step.actor,
    ['author', 'operator', 'approver', 'finance'],
    'retire a plan',
  );
  if (allowed.kind === 'refused') return allowed;
  return advance(deps, step, 'active', 'retired');
}

function advance(
  { database }: CatalogueDeps,
  { planVersion, actor, why }: PlanStep,
  from: PlanVersionStatus,
  to: PlanVersionStatus,
): Promise<StepOutcome> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction) => {
      const moved = await transaction.first(planVersionAdvance, {
        plan_version: planVersion,
        from_status: from,
        to_status: to,
      });
      return moved ? done(planVersion, to) : notIn(transaction, planVersion, from);
    }),
  );
}

function done(planVersion: string, status: PlanVersionStatus): StepOutcome {
  return { kind: 'done', planVersion, status };
}

async function notIn(transaction: Transaction, planVersion: string, expected: PlanVersionStatus): Promise<StepOutcome> {
  const version = await transaction.first(planVersionFind, { plan_version: planVersion });
  if (version === undefined) return refuse('not_found', `There is no plan version ${planVersion}.`);
  return refuse(
    'state',
    `Plan version ${planVersion} is ${version.status}, and only one that is ${expected} can take this step.`,
  );
}
