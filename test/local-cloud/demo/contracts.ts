import { periodDays } from '../../../shared/calendar/billing-period.ts';
import { activateContract, approveContract, draftContract } from '../../../shared/catalogue/contracts.ts';
import type { CatalogueDeps } from '../../../shared/catalogue/deps.ts';
import { contractFind } from '../../../shared/database/queries.generated.ts';
import { CUSTOMERS } from '../telemetry/scenario.ts';
import { APPROVER, AUTHOR } from './people.ts';
import { DEMO_PERIOD } from './period.ts';
import type { PlanVersions } from './plans.ts';

/** What a customer agreed to, by the names of plans. */
type Terms =
  | { readonly mode: 'usage'; readonly usagePlan: string; readonly parameters?: Readonly<Record<string, string>> }
  | { readonly mode: 'legacy'; readonly legacyPlan: string }
  | { readonly mode: 'shadow'; readonly legacyPlan: string; readonly usagePlan: string };

/** The contracts of the demo. */
const TERMS: Readonly<Record<string, Terms>> = {
  cus_nimbus_robotics: {
    mode: 'usage',
    usagePlan: 'enterprise-committed-volume',
    parameters: { committed_requests: '40000000', commitment_fee: '4800' },
  },
  cus_helios_energy: { mode: 'usage', usagePlan: 'enterprise-graduated' },
  cus_quanta_bank: {
    mode: 'usage',
    usagePlan: 'enterprise-peak-throughput',
    parameters: { minimum_commitment: '15000' },
  },
  cus_tidepool_games: { mode: 'usage', usagePlan: 'pay-as-you-go' },
  cus_fernwood_studio: { mode: 'usage', usagePlan: 'pay-as-you-go' },
  cus_lumen_analytics: { mode: 'usage', usagePlan: 'pay-as-you-go' },
  cus_brightside_labs: { mode: 'usage', usagePlan: 'pay-as-you-go' },
  cus_harbor_logistics: { mode: 'legacy', legacyPlan: 'legacy-growth' },
  cus_maple_clinics: { mode: 'legacy', legacyPlan: 'legacy-standard' },
  cus_orchard_retail: { mode: 'legacy', legacyPlan: 'legacy-growth' },
  cus_atlas_travel: { mode: 'legacy', legacyPlan: 'legacy-standard' },
  cus_acme: { mode: 'shadow', legacyPlan: 'legacy-growth', usagePlan: 'pay-as-you-go' },
};

/** Puts each customer under its contract from the month's first day. A contract that has come part of the way goes on from there. */
export async function seedContracts(deps: CatalogueDeps, versions: PlanVersions): Promise<void> {
  for (const { id } of CUSTOMERS) {
    const terms = TERMS[id];
    if (terms === undefined) throw new Error(`The demo has no contract for ${id}.`);
    await bringToLife(deps, id, terms, versions);
  }
}

async function bringToLife(
  deps: CatalogueDeps,
  customerId: string,
  terms: Terms,
  versions: PlanVersions,
): Promise<void> {
  const contractId = `${customerId.replace(/^cus_/, '')}-2026`;
  const why = 'the contracts of the demo month';
  const statusNow = async () => (await deps.database.first(contractFind, { contract_id: contractId }))?.status;
  if ((await statusNow()) === undefined) {
    const startsOn = periodDays(DEMO_PERIOD).from;
    done(
      contractId,
      await draftContract(deps, { contractId, customerId, startsOn, author: AUTHOR, why, ...planned(terms, versions) }),
    );
  }
  if ((await statusNow()) === 'draft')
    done(contractId, await approveContract(deps, { contractId, approver: APPROVER, why }));
  if ((await statusNow()) === 'approved')
    done(contractId, await activateContract(deps, { contractId, actor: AUTHOR, why }));
}

function planned(terms: Terms, versions: PlanVersions) {
  const version = (plan: string) => {
    const found = versions.get(plan);
    if (found === undefined) throw new Error(`The demo has no plan ${plan}.`);
    return found;
  };
  switch (terms.mode) {
    case 'usage':
      return {
        mode: terms.mode,
        usagePlanVersion: version(terms.usagePlan),
        overrides: { parameters: terms.parameters ?? {} },
      };
    case 'legacy':
      return { mode: terms.mode, legacyPlanVersion: version(terms.legacyPlan) };
    case 'shadow':
      return {
        mode: terms.mode,
        legacyPlanVersion: version(terms.legacyPlan),
        usagePlanVersion: version(terms.usagePlan),
      };
    default:
      return terms satisfies never;
  }
}

function done(contractId: string, outcome: { readonly kind: string; readonly detail?: string }): void {
  if (outcome.kind === 'refused') throw new Error(`Contract ${contractId} was refused: ${outcome.detail}`);
}
