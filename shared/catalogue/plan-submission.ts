import { canonicalJson, type Digest, digest } from '../canonical/canonical-json.ts';
import {
  type PlanVersionStatus,
  planBacktestInsert,
  planInsert,
  planVersionAdvance,
  planVersionFind,
  planVersionInsert,
  planVersionSetDiagnostics,
} from '../database/queries.generated.ts';
import { checkPlan } from '../plans/check/check.ts';
import { planVersionDigest } from '../plans/compile.ts';
import type { Diagnostic } from '../plans/diagnostic.ts';
import { type PlanDocument, parsePlanDocument } from '../plans/plan-document.ts';
import type { Backtest } from './backtest.ts';
import { asChecker } from './checker-role.ts';
import type { CatalogueDeps } from './deps.ts';
import { collectedMetrics, metricProblems } from './metrics.ts';
import { backtestPlan, reviewedPeriods } from './plan-backtest.ts';
import { findPrincipal } from './principals.ts';
import { readStored } from './ratables.ts';
import { asRefusal, type Refusal, refuse } from './refusal.ts';

export interface PlanSubmission {
  /** Parsed JSON, as it came. */
  readonly document: unknown;
  readonly author: string;
  readonly why: string;
}

export type SubmissionOutcome =
  | {
      readonly kind: 'submitted';
      readonly planVersion: Digest;
      readonly status: PlanVersionStatus;
      /** Warnings, which the reviewer will have to acknowledge. */
      readonly diagnostics: readonly Diagnostic[];
    }
  | (Refusal<'document' | 'errors' | 'metrics'> & {
      /** Set when the version was kept as a draft. */
      readonly planVersion: Digest | null;
      readonly diagnostics: readonly Diagnostic[];
    });

/**
 * Submits a plan: it becomes a draft, is checked, is rated over past months, and comes under review. An error of the
 * check stops it as a draft. Submitting the same content again goes on where it stopped, and changes nothing otherwise.
 */
export async function submitPlan(deps: CatalogueDeps, given: PlanSubmission): Promise<SubmissionOutcome> {
  const reading = parsePlanDocument(given.document);
  if (reading.kind === 'refused') {
    return {
      ...refuse('document', 'The document is not a plan; nothing was kept.'),
      planVersion: null,
      diagnostics: reading.diagnostics,
    };
  }
  const { plan } = reading;
  const planVersion = planVersionDigest(plan);
  const diagnostics = checkPlan(plan);
  const recorded = await asRefusal(() => recordDraft(deps, given, plan, planVersion, diagnostics));
  if (recorded.kind === 'refused') return { ...recorded, planVersion: null, diagnostics };
  if (recorded.status === 'draft') {
    const detail = `Plan version ${planVersion} is kept as a draft: correct the errors and submit the corrected plan.`;
    return { ...refuse('errors', detail), planVersion, diagnostics };
  }
  if (recorded.status === 'rejected') {
    const detail = `Plan version ${planVersion} was rejected before: change the plan and submit that.`;
    return { ...refuse('state', detail), planVersion, diagnostics };
  }
  if (recorded.status !== 'checked') return { kind: 'submitted', planVersion, status: recorded.status, diagnostics };
  const backtested = await recordBacktest(deps, { planVersion, actor: given.author, why: given.why });
  if (backtested.kind === 'refused') return { ...backtested, planVersion, diagnostics };
  return { kind: 'submitted', planVersion, status: 'in_review', diagnostics };
}

type Recorded = { readonly kind: 'recorded'; readonly status: PlanVersionStatus } | Refusal<'metrics'>;

function recordDraft(
  { database, effects }: CatalogueDeps,
  { author, why }: PlanSubmission,
  plan: PlanDocument,
  planVersion: Digest,
  diagnostics: readonly Diagnostic[],
): Promise<Recorded> {
  return database.transaction({ actor: author, why }, async (transaction): Promise<Recorded> => {
    if (!(await findPrincipal(transaction, author))) return refuse('not_found', `There is no principal ${author}.`);
    const problems = metricProblems(plan, await collectedMetrics(transaction));
    if (problems.length > 0)
      return refuse('metrics', `The plan does not fit what is collected: ${problems.join('; ')}.`);
    await transaction.rows(planInsert, { plan: plan.plan, title: plan.title });
    const findings = canonicalJson(diagnostics);
    await asChecker(transaction, async () => {
      const isNew = await transaction.first(planVersionInsert, {
        plan_version: planVersion,
        plan: plan.plan,
        document: canonicalJson(plan),
        currency: plan.currency,
        author,
        submitted_at: effects.now(),
        diagnostics: findings,
      });
      if (!isNew)
        await transaction.rows(planVersionSetDiagnostics, { plan_version: planVersion, diagnostics: findings });
    });
    const hasError = diagnostics.some(({ severity }) => severity === 'error');
    if (!hasError) {
      await transaction.rows(planVersionAdvance, {
        plan_version: planVersion,
        from_status: 'draft',
        to_status: 'checked',
      });
    }
    const row = await transaction.first(planVersionFind, { plan_version: planVersion });
    return row === undefined
      ? refuse('not_found', `Plan version ${planVersion} was not kept.`)
      : { kind: 'recorded', status: row.status };
  });
}

export type BacktestRecording =
  | {
      readonly kind: 'recorded';
      readonly backtest: Backtest;
      readonly backtestDigest: Digest;
      /** False when it equals the one that is under review already; true voids what was approved on another. */
      readonly changed: boolean;
    }
  | Refusal;

/** Rates a stored version over the months that a review looks at, and puts the result under review. */
export async function recordBacktest(
  { database, effects }: CatalogueDeps,
  { planVersion, actor, why }: { readonly planVersion: string; readonly actor: string; readonly why: string },
): Promise<BacktestRecording> {
  const stored = await database.first(planVersionFind, { plan_version: planVersion });
  if (stored === undefined) return refuse('not_found', `There is no plan version ${planVersion}.`);
  const plan = readStored(planVersion, stored.document);
  const backtest = await backtestPlan(database, { plan, periods: await reviewedPeriods(database) });
  const document = canonicalJson(backtest);
  const backtestDigest = digest(document);
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<BacktestRecording> => {
      const inserted = await asChecker(transaction, () =>
        transaction.first(planBacktestInsert, {
          plan_version: planVersion,
          document,
          backtest_digest: backtestDigest,
          made_by: actor,
          made_at: effects.now(),
        }),
      );
      await transaction.rows(planVersionAdvance, {
        plan_version: planVersion,
        from_status: 'checked',
        to_status: 'in_review',
      });
      return { kind: 'recorded', backtest, backtestDigest, changed: inserted !== undefined };
    }),
  );
}
