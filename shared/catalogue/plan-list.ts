import type { Reader } from '../database/database.ts';
import {
  type PlanVersionStatus,
  planApprovalList,
  planBacktestFind,
  planVersionFind,
  planVersionFindByName,
  planVersionFindPredecessor,
  planVersionList,
} from '../database/queries.generated.ts';
import { planVersionDigest } from '../plans/compile.ts';
import type { Diagnostic } from '../plans/diagnostic.ts';
import type { PlanDocument } from '../plans/plan-document.ts';
import type { Backtest } from './backtest.ts';
import { changesBetween, type PlanChange } from './plan-review.ts';
import { readStored } from './ratables.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface PlanSummary {
  readonly planVersion: string;
  readonly plan: string;
  readonly title: string;
  readonly currency: string;
  readonly status: PlanVersionStatus;
  readonly author: string;
  readonly submittedAt: Date;
  readonly errors: number;
  readonly warnings: number;
  /** People who approved what is under review, and how many it takes. */
  readonly approvals: { readonly given: number; readonly required: number };
  readonly activeFrom: string | null;
}

/** All versions, or those of one plan, by plan and then the newest first. */
export async function listPlans(reader: Reader, plan: string | null = null): Promise<PlanSummary[]> {
  const rows = await reader.rows(planVersionList, { plan });
  return rows.map((row) => ({
    planVersion: row.plan_version,
    plan: row.plan,
    title: row.title,
    currency: row.currency,
    status: row.status,
    author: row.author,
    submittedAt: row.submitted_at,
    errors: row.error_count,
    warnings: row.warning_count,
    approvals: { given: row.approvals_given, required: row.approvals_required },
    activeFrom: row.active_from,
  }));
}

export interface PlanDetail {
  readonly planVersion: string;
  readonly document: PlanDocument;
  readonly status: PlanVersionStatus;
  readonly author: string;
  readonly submittedAt: Date;
  readonly activeFrom: string | null;
  /** What the check found when the version was submitted. */
  readonly diagnostics: readonly Diagnostic[];
  /** The version that it replaces, and the differences as a reviewer reads them. */
  readonly replaces: string | null;
  readonly changes: readonly PlanChange[];
  readonly backtest: {
    readonly digest: string;
    readonly madeBy: string;
    readonly madeAt: Date;
    readonly result: Backtest;
  } | null;
  readonly approvalsRequired: number;
  readonly approvals: readonly {
    readonly approver: string;
    readonly approvedAs: string;
    readonly acknowledged: readonly string[];
    readonly approvedAt: Date;
    readonly why: string;
    /** False when the backtest changed since. */
    readonly valid: boolean;
  }[];
}

/** Everything that a reviewer needs of one version. */
export async function showPlan(reader: Reader, planVersion: string): Promise<PlanDetail | undefined> {
  const row = await reader.first(planVersionFind, { plan_version: planVersion });
  if (row === undefined) return undefined;
  const before = await reader.first(planVersionFindPredecessor, {
    plan: row.plan,
    plan_version: planVersion,
    active_from: row.active_from,
  });
  const backtest =
    row.backtest_id === null ? undefined : await reader.first(planBacktestFind, { backtest_id: row.backtest_id });
  const approvals = await reader.rows(planApprovalList, { plan_version: planVersion });
  const document = readStored(planVersion, row.document);
  return {
    planVersion,
    document,
    status: row.status,
    author: row.author,
    submittedAt: row.submitted_at,
    activeFrom: row.active_from,
    // Written by submitPlan and by nobody else: the database gives the right to one role only.
    diagnostics: row.diagnostics as readonly Diagnostic[],
    replaces: before?.plan_version ?? null,
    changes: changesBetween(before === undefined ? null : readStored(before.plan_version, before.document), document),
    backtest:
      backtest === undefined
        ? null
        : {
            digest: backtest.backtest_digest,
            madeBy: backtest.made_by,
            madeAt: backtest.made_at,
            result: JSON.parse(backtest.document) as Backtest,
          },
    approvalsRequired: row.approvals_required,
    approvals: approvals.map((approval) => ({
      approver: approval.approver,
      approvedAs: approval.approved_as,
      acknowledged: approval.acknowledged,
      approvedAt: approval.approved_at,
      why: approval.why,
      valid: approval.valid,
    })),
  };
}

/** What a plan would change against the version of it that is in force last. */
export async function changesAgainstForce(reader: Reader, plan: PlanDocument): Promise<PlanChange[]> {
  const before = await reader.first(planVersionFindPredecessor, {
    plan: plan.plan,
    plan_version: planVersionDigest(plan),
    active_from: null,
  });
  return changesBetween(before === undefined ? null : readStored(before.plan_version, before.document), plan);
}

const SHORTEST_PREFIX = 6;

/**
 * The version that a person means: by its digest or the beginning of it (with or without `sha256:`), or by the plan's
 * name when exactly one version of it is in one of the states.
 */
export async function resolvePlanVersion(
  reader: Reader,
  text: string,
  statuses: readonly PlanVersionStatus[],
): Promise<{ readonly kind: 'found'; readonly planVersion: string } | Refusal<'ambiguous'>> {
  const hexadecimal = text.replace(/^sha256:/, '');
  const isPrefix = /^[0-9a-f]+$/.test(hexadecimal) && hexadecimal.length >= SHORTEST_PREFIX;
  const found = await reader.rows(planVersionFindByName, { text: text === '' ? '-' : text, statuses });
  const rows = found.filter((row) => row.plan === text || isPrefix);
  const [only] = rows;
  if (only === undefined) {
    return refuse(
      'not_found',
      `No plan version is "${text.slice(0, 80)}": give the version's digest, its first ${SHORTEST_PREFIX} digits or more, or the name of a plan with one version that is ${statuses.join(' or ')}.`,
    );
  }
  if (rows.length === 1) return { kind: 'found', planVersion: only.plan_version };
  return refuse(
    'ambiguous',
    `"${text.slice(0, 80)}" may be ${rows.map((row) => `${row.plan_version.slice(0, 19)} (${row.plan}, ${row.status})`).join(', ')}: give more of the digest.`,
  );
}
