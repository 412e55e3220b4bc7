import { parseUtcDay } from '../calendar/utc-day.ts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Reader } from '../database/database.ts';
import {
  type BillingMode,
  type ContractStatus,
  contractActivate,
  contractApprove,
  contractDraft,
  contractEnd,
  contractFind,
  contractListOverlapping,
  customerFind,
  planVersionFind,
} from '../database/queries.generated.ts';
import { checkPlan } from '../plans/check/check.ts';
import { applyOverrides, overridesSchema, type PlanOverrides } from '../plans/contract.ts';
import type { Diagnostic } from '../plans/diagnostic.ts';
import { type BillingTerms, billingColumns, billingTermsProblem } from './billing-terms.ts';
import { asChecker } from './checker-role.ts';
import type { CatalogueDeps } from './deps.ts';
import { findingsProblem } from './plan-versions.ts';
import { findPrincipal } from './principals.ts';
import { readStored } from './ratables.ts';
import { asRefusal, type Refusal, refuse } from './refusal.ts';
import { requireRole } from './roles.ts';

export interface ContractTerms extends BillingTerms {
  readonly contractId: string;
  readonly customerId: string;
  readonly mode: BillingMode;
  /** The fixed tier: billed in legacy and shadow mode. */
  readonly legacyPlanVersion?: string | undefined;
  /** The usage plan: billed in usage mode, rated beside the bill in shadow mode. */
  readonly usagePlanVersion?: string | undefined;
  /** Changes of the usage plan's parameters and rates: {"parameters": {…}, "rates": {…}}. */
  readonly overrides?: unknown;
  /** First UTC day. */
  readonly startsOn: string;
  /** The first UTC day that it does not cover. */
  readonly endsOn?: string | undefined;
  readonly author: string;
  readonly why?: string | undefined;
}

type TermsReason = 'terms' | 'overlapping';

export type DraftOutcome =
  | { readonly kind: 'drafted'; readonly contractId: string; readonly diagnostics: readonly Diagnostic[] }
  /** The same terms were drafted before and are past their draft. */
  | { readonly kind: 'unchanged'; readonly contractId: string; readonly status: ContractStatus }
  | (Refusal<TermsReason> & { readonly diagnostics: readonly Diagnostic[] });

/**
 * Drafts a contract. The plan with its overrides is checked like any plan; an error is kept with the draft and stops its
 * approval. A draft may be drafted anew; afterwards the terms are immutable, and the same again changes nothing.
 */
export async function draftContract({ database }: CatalogueDeps, given: ContractTerms): Promise<DraftOutcome> {
  const { author, contractId, why = `contract ${contractId}` } = given;
  const problem = shapeProblem(given);
  if (problem !== undefined) return { ...problem, diagnostics: [] };
  const terms = await readTerms(database, given);
  if (terms.kind === 'refused') return terms;
  const diagnostics = terms.diagnostics;
  const row = {
    contract_id: contractId,
    customer_id: given.customerId,
    mode: given.mode,
    legacy_plan_version: given.legacyPlanVersion ?? null,
    usage_plan_version: given.usagePlanVersion ?? null,
    overrides: canonicalJson(terms.overrides),
    starts_on: given.startsOn,
    ends_on: given.endsOn ?? null,
    author,
    diagnostics: canonicalJson(diagnostics),
    ...billingColumns(given),
  };
  const outcome = await asRefusal(() =>
    database.transaction({ actor: author, why }, async (transaction): Promise<DraftOutcome> => {
      const existing = await transaction.first(contractFind, { contract_id: contractId });
      if (existing !== undefined && existing.status !== 'draft') {
        if (sameTerms(row, existing)) return { kind: 'unchanged', contractId, status: existing.status };
        const detail = `Contract ${contractId} is ${existing.status} with other terms: end it, and draft another under a new id.`;
        return { ...refuse('immutable', detail), diagnostics };
      }
      await asChecker(transaction, () => transaction.rows(contractDraft, row));
      return { kind: 'drafted', contractId, diagnostics };
    }),
  );
  return outcome.kind === 'refused' ? { diagnostics, ...outcome } : outcome;
}

function shapeProblem(given: ContractTerms): Refusal<TermsReason> | undefined {
  const { contractId, mode, startsOn, endsOn } = given;
  if (!/^[a-z0-9][a-z0-9_-]{0,80}$/.test(contractId)) {
    return refuse(
      'terms',
      `"${contractId.slice(0, 80)}" cannot be a contract's id; write it like nimbus-robotics-2026.`,
    );
  }
  if (parseUtcDay(startsOn) === undefined)
    return refuse('terms', `"${startsOn.slice(0, 40)}" is not a day; write it like 2026-11-01.`);
  if (endsOn !== undefined && parseUtcDay(endsOn) === undefined)
    return refuse('terms', `"${endsOn.slice(0, 40)}" is not a day; write it like 2026-11-01.`);
  if (endsOn !== undefined && endsOn <= startsOn)
    return refuse('terms', `The contract would end on ${endsOn}, which is not after ${startsOn}.`);
  if (mode !== 'usage' && given.legacyPlanVersion === undefined)
    return refuse('terms', `Mode ${mode} needs a legacy plan version.`);
  if (mode !== 'legacy' && given.usagePlanVersion === undefined)
    return refuse('terms', `Mode ${mode} needs a usage plan version.`);
  const billing = billingTermsProblem(given);
  if (billing !== undefined) return refuse('terms', billing);
  return undefined;
}

type TermsReading =
  | { readonly kind: 'read'; readonly overrides: PlanOverrides; readonly diagnostics: readonly Diagnostic[] }
  | (Refusal<TermsReason> & { readonly diagnostics: readonly Diagnostic[] });

/** Reads terms and checks the plan with its overrides like any plan. */
export async function readTerms(reader: Reader, given: ContractTerms): Promise<TermsReading> {
  const fail = (
    reason: TermsReason | 'not_found',
    detail: string,
    diagnostics: readonly Diagnostic[] = [],
  ): TermsReading => ({
    ...refuse<TermsReason>(reason, detail),
    diagnostics,
  });
  if (!(await findPrincipal(reader, given.author))) return fail('not_found', `There is no principal ${given.author}.`);
  if (!(await reader.first(customerFind, { customer_id: given.customerId })))
    return fail('not_found', `There is no customer ${given.customerId}.`);
  const parsed = overridesSchema.safeParse(given.overrides ?? {});
  if (!parsed.success) {
    const where = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'overrides'}: ${message}`);
    return fail('terms', `The overrides cannot be read: ${where.join('; ')}.`);
  }
  const currencies = new Set<string>();
  for (const planVersion of [given.legacyPlanVersion, given.usagePlanVersion]) {
    if (planVersion === undefined) continue;
    const version = await reader.first(planVersionFind, { plan_version: planVersion });
    if (version === undefined) return fail('not_found', `There is no plan version ${planVersion}.`);
    currencies.add(version.currency);
  }
  if (currencies.size > 1)
    return fail(
      'terms',
      `The two plans are in different currencies (${[...currencies].join(' and ')}) and cannot be compared.`,
    );
  const overrides = parsed.data;
  const none = Object.keys(overrides.parameters ?? {}).length === 0 && Object.keys(overrides.rates ?? {}).length === 0;
  // Without overrides it is the version itself, which has its own check and approval.
  if (none) return { kind: 'read', overrides: {}, diagnostics: [] };
  const usage =
    given.usagePlanVersion === undefined
      ? undefined
      : await reader.first(planVersionFind, { plan_version: given.usagePlanVersion });
  if (usage === undefined) return fail('terms', 'A legacy tier is billed as it is: overrides need a usage plan.');
  const overridden = applyOverrides(readStored(usage.plan_version, usage.document), overrides);
  if (overridden.kind === 'refused') {
    return fail(
      'terms',
      `The overrides do not fit the plan: ${overridden.diagnostics.map(({ message }) => message).join('; ')}.`,
      overridden.diagnostics,
    );
  }
  return { kind: 'read', overrides, diagnostics: checkPlan(overridden.plan) };
}

type ContractRow = NonNullable<(typeof contractFind)['row']>;

function sameTerms(
  given: Omit<ContractRow, 'status' | 'approver' | 'diagnostics' | 'error_count' | 'acknowledged'>,
  existing: ContractRow,
): boolean {
  const terms = (row: typeof given) => {
    const { customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on } = row;
    const { collection_method, days_until_due, tax } = row;
    const rated = { customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on };
    return canonicalJson({ ...rated, collection_method, days_until_due, tax });
  };
  // The end of a contract that was ended is not one of the terms that it was drafted with.
  const sameEnd = existing.status === 'ended' || given.ends_on === existing.ends_on;
  return sameEnd && terms(given) === terms(existing);
}

export interface ContractApproval {
  readonly contractId: string;
  readonly approver: string;
  /** Codes of the warnings on the plan with its overrides. */
  readonly acknowledged?: readonly string[] | undefined;
  readonly why: string;
}

export type ContractOutcome =
  | { readonly kind: 'done'; readonly contractId: string; readonly status: ContractStatus }
  | Refusal<'errors' | 'warnings' | 'role' | 'date' | TermsReason>;

/** Approves a draft: by somebody else than its author, and only over days of open periods that no other contract covers. */
export async function approveContract({ database }: CatalogueDeps, given: ContractApproval): Promise<ContractOutcome> {
  const { contractId, approver, why } = given;
  const acknowledged = [...new Set(given.acknowledged)].sort();
  return asRefusal(() =>
    database.transaction({ actor: approver, why }, async (transaction): Promise<ContractOutcome> => {
      if (!(await findPrincipal(transaction, approver)))
        return refuse('not_found', `There is no principal ${approver}.`);
      const contract = await transaction.first(contractFind, { contract_id: contractId });
      if (contract === undefined) return refuse('not_found', `There is no contract ${contractId}.`);
      if (contract.status !== 'draft')
        return refuse('state', `Contract ${contractId} is ${contract.status}; only a draft can be approved.`);
      const problem = findingsProblem(contract.diagnostics as readonly Diagnostic[], acknowledged);
      if (problem !== undefined) return problem;
      const [other] = await transaction.rows(contractListOverlapping, contract);
      if (other !== undefined) {
        return refuse(
          'overlapping',
          `Contract ${other.contract_id} covers days from ${other.starts_on} to ${other.ends_on ?? 'no end'}: end it first.`,
        );
      }
      await transaction.rows(contractApprove, { contract_id: contractId, approver, acknowledged });
      return { kind: 'done', contractId, status: 'approved' };
    }),
  );
}

export interface ContractStep {
  readonly contractId: string;
  readonly actor: string;
  readonly why: string;
}

/** Puts an approved contract in force. Its plan versions must be active by its first day. */
export async function activateContract(
  { database }: CatalogueDeps,
  { contractId, actor, why }: ContractStep,
): Promise<ContractOutcome> {
  const allowed = await requireRole(
    database,
    actor,
    ['author', 'operator', 'approver', 'finance'],
    'activate a contract',
  );
  if (allowed.kind === 'refused') return allowed;
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<ContractOutcome> => {
      if (await transaction.first(contractActivate, { contract_id: contractId }))
        return { kind: 'done', contractId, status: 'active' };
      return notIn(transaction, contractId, 'approved');
    }),
  );
}

/**
 * Ends a contract. A contract that ends on its first day covers no day: that is how one is withdrawn. Days of closed
 * periods cannot be given up, and an agreed end cannot be put off.
 */
export async function endContract(
  { database }: CatalogueDeps,
  {
    contractId,
    actor,
    why,
    endsOn,
  }: ContractStep & { /** The first UTC day that it no longer covers. */ readonly endsOn: string },
): Promise<ContractOutcome> {
  if (parseUtcDay(endsOn) === undefined)
    return refuse('date', `"${endsOn.slice(0, 40)}" is not a day; write it like 2026-11-01.`);
  const allowed = await requireRole(database, actor, ['approver', 'finance'], 'end a contract');
  if (allowed.kind === 'refused') return allowed;
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<ContractOutcome> => {
      const contract = await transaction.first(contractFind, { contract_id: contractId });
      if (contract !== undefined && endsOn < contract.starts_on) {
        return refuse(
          'date',
          `Contract ${contractId} starts on ${contract.starts_on} and cannot end on ${endsOn}; end it on its first day to withdraw it.`,
        );
      }
      if (await transaction.first(contractEnd, { contract_id: contractId, ends_on: endsOn }))
        return { kind: 'done', contractId, status: 'ended' };
      return notIn(transaction, contractId, 'active');
    }),
  );
}

async function notIn(reader: Reader, contractId: string, expected: ContractStatus): Promise<ContractOutcome> {
  const contract = await reader.first(contractFind, { contract_id: contractId });
  if (contract === undefined) return refuse('not_found', `There is no contract ${contractId}.`);
  return refuse(
    'state',
    `Contract ${contractId} is ${contract.status}, and only one that is ${expected} can take this step.`,
  );
}
