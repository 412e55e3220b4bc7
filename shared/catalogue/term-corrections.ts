import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Reader, Transaction } from '../database/database.ts';
import {
  contractFind,
  termCorrectionDecide,
  termCorrectionDraft,
  termCorrectionFindDraft,
  termCorrectionNextNumber,
  termCorrectionSupersede,
} from '../database/queries.generated.ts';
import type { Diagnostic } from '../plans/diagnostic.ts';
import { asChecker } from './checker-role.ts';
import { readTerms } from './contracts.ts';
import type { CatalogueDeps } from './deps.ts';
import { findingsProblem } from './plan-versions.ts';
import { asRefusal, type Refusal, refuse } from './refusal.ts';
import { requireRole } from './roles.ts';

/** What a contract should have said in a period that is closed. */
export interface CorrectedTerms {
  readonly contractId: string;
  /** 2026-10; its run is approved. */
  readonly period: string;
  /** In place of the contract's own; undefined: as it is. */
  readonly usagePlanVersion?: string | undefined;
  readonly legacyPlanVersion?: string | undefined;
  /** In place of the contract's overrides, all of them; undefined: as they are. */
  readonly overrides?: unknown;
  readonly author: string;
  readonly why: string;
}

type Reason = 'terms' | 'overlapping' | 'errors' | 'warnings' | 'role';

export type TermsDraftOutcome =
  | { readonly kind: 'drafted'; readonly number: number; readonly diagnostics: readonly Diagnostic[] }
  | Refusal<Reason>;

/**
 * Drafts the correction of a contract's terms in a closed period. The contract stays as it was billed; once another
 * person approves, the period is rated anew on these terms and the difference becomes an adjustment. The plan with its
 * overrides is checked like any other.
 */
export async function draftTermCorrection(
  { database, effects }: CatalogueDeps,
  given: CorrectedTerms,
): Promise<TermsDraftOutcome> {
  const { contractId, period, author, why } = given;
  const allowed = await requireRole(database, author, ['author'], 'correct the terms of a contract');
  if (allowed.kind === 'refused') return allowed;
  const terms = await correctedTerms(database, given);
  if (terms.kind === 'refused') return terms;
  return asRefusal(() =>
    database.transaction({ actor: author, why }, async (transaction): Promise<TermsDraftOutcome> => {
      if (await transaction.first(termCorrectionFindDraft, { contract_id: contractId, period }))
        return refuse(
          'state',
          `Contract ${contractId} has a drafted correction for ${period}: approve or reject it first.`,
        );
      const next = await transaction.first(termCorrectionNextNumber, { contract_id: contractId, period });
      const number = next?.number ?? 1;
      await asChecker(transaction, () =>
        transaction.rows(termCorrectionDraft, {
          contract_id: contractId,
          period,
          number,
          legacy_plan_version: given.legacyPlanVersion ?? null,
          usage_plan_version: given.usagePlanVersion ?? null,
          overrides: canonicalJson(terms.overrides),
          author,
          why,
          diagnostics: canonicalJson(terms.diagnostics),
          drafted_at: effects.now(),
        }),
      );
      return { kind: 'drafted', number, diagnostics: terms.diagnostics };
    }),
  );
}

async function correctedTerms(reader: Reader, given: CorrectedTerms) {
  const contract = await reader.first(contractFind, { contract_id: given.contractId });
  if (contract === undefined) return refuse<Reason>('not_found', `There is no contract ${given.contractId}.`);
  return readTerms(reader, {
    contractId: given.contractId,
    customerId: contract.customer_id,
    mode: contract.mode,
    legacyPlanVersion: given.legacyPlanVersion ?? contract.legacy_plan_version ?? undefined,
    usagePlanVersion: given.usagePlanVersion ?? contract.usage_plan_version ?? undefined,
    overrides: given.overrides ?? JSON.parse(contract.overrides),
    startsOn: contract.starts_on,
    author: given.author,
  });
}

export interface TermsDecision {
  readonly contractId: string;
  readonly period: string;
  readonly approver: string;
  /** Codes of the warnings on the plan with its overrides. */
  readonly acknowledged?: readonly string[] | undefined;
  readonly why: string;
}

/**
 * Approves or rejects a drafted correction, in the caller's transaction. Returns its author, who cannot decide on the
 * adjustment that follows either.
 */
export async function decideTermCorrection(
  transaction: Transaction,
  given: TermsDecision,
  decision: 'approved' | 'rejected',
): Promise<{ readonly kind: 'decided'; readonly author: string; readonly number: number } | Refusal<Reason>> {
  const { contractId, period, approver } = given;
  const key = { contract_id: contractId, period };
  const acknowledged = [...new Set(given.acknowledged)].sort();
  const draft = await transaction.first(termCorrectionFindDraft, key);
  if (draft === undefined)
    return refuse('not_found', `Contract ${contractId} has no drafted correction for ${period}.`);
  if (decision === 'approved') {
    const problem = findingsProblem(draft.diagnostics as readonly Diagnostic[], acknowledged);
    if (problem !== undefined) return problem;
    await transaction.rows(termCorrectionSupersede, key);
  }
  const decided = { decision, approver, acknowledged: decision === 'approved' ? acknowledged : [] };
  await transaction.rows(termCorrectionDecide, { ...key, number: draft.number, ...decided });
  return { kind: 'decided', author: draft.author, number: draft.number };
}
