import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { periodDays } from '../../../shared/calendar/billing-period.ts';
import type { CatalogueDeps } from '../../../shared/catalogue/deps.ts';
import { activatePlan, approvePlan, submitPlan } from '../../../shared/catalogue/plan-versions.ts';
import { planVersionFind } from '../../../shared/database/queries.generated.ts';
import { planVersionDigest } from '../../../shared/plans/compile.ts';
import { parsePlanDocument } from '../../../shared/plans/plan-document.ts';
import { APPROVER, AUTHOR, FINANCE } from './people.ts';
import { DEMO_PERIOD } from './period.ts';

const FOLDER = join(import.meta.dirname, 'plans');

/** Version digests by the plan's name. */
export type PlanVersions = ReadonlyMap<string, string>;

/**
 * Takes every plan of the folder through its life: submitted by the author, approved by others, active from the month's
 * first day. A plan that has come part of the way goes on from there.
 */
export async function seedPlans(deps: CatalogueDeps): Promise<PlanVersions> {
  const versions = new Map<string, string>();
  for (const file of readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    const document: unknown = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
    const reading = parsePlanDocument(document);
    if (reading.kind === 'refused') throw new Error(`${file} is not a plan: ${JSON.stringify(reading.diagnostics)}`);
    const planVersion = planVersionDigest(reading.plan);
    await bringToLife(deps, planVersion, document);
    versions.set(reading.plan.plan, planVersion);
  }
  return versions;
}

async function bringToLife(deps: CatalogueDeps, planVersion: string, document: unknown): Promise<void> {
  const why = 'the plans of the demo month';
  const statusNow = async () => (await deps.database.first(planVersionFind, { plan_version: planVersion }))?.status;
  let status = await statusNow();
  if (status === undefined || status === 'draft' || status === 'checked') {
    done(planVersion, await submitPlan(deps, { document, author: AUTHOR, why }));
    status = await statusNow();
  }
  if (status === 'in_review') {
    const approval = await approvePlan(deps, { planVersion, approver: APPROVER, why });
    done(planVersion, approval);
    if (approval.kind === 'waiting')
      done(planVersion, await approvePlan(deps, { planVersion, approver: FINANCE, why }));
    status = await statusNow();
  }
  if (status === 'approved') {
    const from = periodDays(DEMO_PERIOD).from;
    done(planVersion, await activatePlan(deps, { planVersion, actor: AUTHOR, from, why }));
  }
}

function done(planVersion: string, outcome: { readonly kind: string; readonly detail?: string }): void {
  if (outcome.kind === 'refused') throw new Error(`Plan version ${planVersion} was refused: ${outcome.detail}`);
}
