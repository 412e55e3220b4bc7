import { parseUtcDay } from '../calendar/utc-day.ts';
import type { Reader, Transaction } from '../database/database.ts';
import {
  type BillingMode,
  contractActivate,
  contractApprove,
  contractEnd,
  contractFind,
  contractListOfCustomer,
  modeChangeDecide,
  modeChangeFind,
  modeChangePropose,
  modeChangeRollBack,
} from '../database/queries.generated.ts';
import type { Diagnostic } from '../plans/diagnostic.ts';
import { draftContract } from './contracts.ts';
import type { CatalogueDeps } from './deps.ts';
import { findingsProblem } from './plan-versions.ts';
import { asRefusal, type Refusal, refuse } from './refusal.ts';
import { requireRole } from './roles.ts';

export interface ModeProposal {
  /** The contract whose mode is to change; it ends where the next one begins. */
  readonly contractId: string;
  readonly to: BillingMode;
  /** The first day of a month. */
  readonly from: string;
  /** What the next contract bills, where it is not what this one names. */
  readonly legacyPlanVersion?: string | undefined;
  readonly usagePlanVersion?: string | undefined;
  /** In place of this one's overrides. A legacy contract has none. */
  readonly overrides?: unknown;
  readonly author: string;
  readonly why: string;
}

type Reason = 'terms' | 'overlapping' | 'date' | 'role' | 'errors' | 'warnings';

export type ModeOutcome =
  | {
      readonly kind: 'proposed' | 'approved' | 'rolled_back' | 'rejected';
      /** The contract that brings the mode, which names the change. */
      readonly changeId: string;
      readonly diagnostics: readonly Diagnostic[];
    }
  | Refusal<Reason>;

type ContractRow = NonNullable<(typeof contractFind)['row']>;

/**
 * Proposes that a customer be billed in another mode from the first of a month on: drafts the next contract with the
 * terms that the change takes over, and says why. Nothing changes until another person approves.
 */
export async function proposeModeChange(deps: CatalogueDeps, given: ModeProposal): Promise<ModeOutcome> {
  const contract = await deps.database.first(contractFind, { contract_id: given.contractId });
  if (contract === undefined) return refuse('not_found', `There is no contract ${given.contractId}.`);
  const problem = proposalProblem(contract, given);
  if (problem !== undefined) return problem;
  const changeId = await freeContractId(deps.database, contract.customer_id, `${given.to}-${given.from.slice(0, 7)}`);
  const next = {
    contractId: changeId,
    customerId: contract.customer_id,
    mode: given.to,
    legacyPlanVersion:
      given.to === 'usage' ? undefined : (given.legacyPlanVersion ?? contract.legacy_plan_version ?? undefined),
    usagePlanVersion:
      given.to === 'legacy' ? undefined : (given.usagePlanVersion ?? contract.usage_plan_version ?? undefined),
    overrides: given.to === 'legacy' ? {} : (given.overrides ?? JSON.parse(contract.overrides)),
    startsOn: given.from,
    ...(contract.ends_on !== null && contract.ends_on > given.from ? { endsOn: contract.ends_on } : {}),
  };
  return propose(deps, contract, next, { author: given.author, why: given.why, undoes: null });
}

function proposalProblem(contract: ContractRow, given: ModeProposal): Refusal<Reason> | undefined {
  const { contractId, to, from } = given;
  if (parseUtcDay(from) === undefined || !from.endsWith('-01'))
    return refuse(
      'date',
      `"${from.slice(0, 40)}" is not the first day of a month: a mode changes where a period begins.`,
    );
  if (contract.mode === to) return refuse('terms', `Contract ${contractId} bills in mode ${to} already.`);
  if (contract.status !== 'active')
    return refuse<Reason>(
      'state',
      `Contract ${contractId} is ${contract.status}; only an active one can change its mode.`,
    );
  if (from <= contract.starts_on || (contract.ends_on !== null && from >= contract.ends_on))
    return refuse('date', `Contract ${contractId} does not cover the day before and after ${from}.`);
  return undefined;
}

/**
 * Proposes to take a change of mode back: the contract that it brought is withdrawn, and one with the terms of the
 * contract before takes its place from the same day. Possible while no run of that month is approved.
 */
export async function proposeRollBack(
  deps: CatalogueDeps,
  given: { readonly changeId: string; readonly author: string; readonly why: string },
): Promise<ModeOutcome> {
  const { changeId, author, why } = given;
  const change = await deps.database.first(modeChangeFind, { next_contract_id: changeId });
  if (change === undefined) return refuse('not_found', `There is no change of mode ${changeId}.`);
  if (change.status !== 'approved')
    return refuse(
      'state',
      `The change of mode ${changeId} is ${change.status}; only an approved one can be rolled back.`,
    );
  const [previous, brought] = await Promise.all(
    [change.previous_contract_id, changeId].map((contract_id) => deps.database.first(contractFind, { contract_id })),
  );
  if (previous === undefined || brought === undefined)
    throw new Error(`the contracts of the change of mode ${changeId} are gone`);
  const contractId = await freeContractId(
    deps.database,
    change.customer_id,
    `${previous.mode}-${change.takes_effect_on.slice(0, 7)}`,
  );
  const restoring = {
    contractId,
    customerId: change.customer_id,
    mode: previous.mode,
    legacyPlanVersion: previous.legacy_plan_version ?? undefined,
    usagePlanVersion: previous.usage_plan_version ?? undefined,
    overrides: JSON.parse(previous.overrides),
    startsOn: change.takes_effect_on,
    ...(brought.ends_on === null ? {} : { endsOn: brought.ends_on }),
  };
  return propose(deps, brought, restoring, { author, why, undoes: changeId });
}

async function propose(
  deps: CatalogueDeps,
  previous: ContractRow,
  next: Omit<Parameters<typeof draftContract>[1], 'author' | 'why'>,
  { author, why, undoes }: { readonly author: string; readonly why: string; readonly undoes: string | null },
): Promise<ModeOutcome> {
  const allowed = await requireRole(deps.database, author, ['author'], 'propose a change of mode');
  if (allowed.kind === 'refused') return allowed;
  const drafted = await draftContract(deps, { ...next, author, why });
  if (drafted.kind === 'refused') return refuse<Reason>(drafted.reason, drafted.detail);
  if (drafted.kind === 'unchanged') return refuse('state', `Contract ${next.contractId} is ${drafted.status}.`);
  return asRefusal(() =>
    deps.database.transaction({ actor: author, why }, async (transaction): Promise<ModeOutcome> => {
      await transaction.rows(modeChangePropose, {
        next_contract_id: next.contractId,
        previous_contract_id: previous.contract_id,
        customer_id: next.customerId,
        from_mode: previous.mode,
        to_mode: next.mode,
        takes_effect_on: next.startsOn,
        undoes,
        author,
        why,
        proposed_at: deps.effects.now(),
      });
      return { kind: 'proposed', changeId: next.contractId, diagnostics: drafted.diagnostics };
    }),
  );
}

/** An id that no contract of the customer has: `acme-usage-2026-11`, and `-2` after it when that is taken. */
async function freeContractId(reader: Reader, customerId: string, suffix: string): Promise<string> {
  const rows = await reader.rows(contractListOfCustomer, { customer_id: customerId });
  const taken = new Set(rows.map((row) => row.contract_id));
  const base = `${customerId.slice(0, 60)}-${suffix}`;
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(id)) return id;
  }
}

type DecidedChange = NonNullable<(typeof modeChangeFind)['row']> & {
  readonly approver: string;
  readonly acknowledged: readonly string[];
};

export interface ModeDecision {
  readonly changeId: string;
  readonly approver: string;
  readonly acknowledged?: readonly string[] | undefined;
  readonly why: string;
}

/**
 * Approves a change of mode, by someone other than its author: ends the contract before, approves and activates the next
 * one, all at once. A roll-back withdraws the contract that it undoes on its first day. The database refuses both once a
 * run of the month is approved.
 */
export async function approveModeChange(deps: CatalogueDeps, given: ModeDecision): Promise<ModeOutcome> {
  const { changeId, approver, why } = given;
  const acknowledged = [...new Set(given.acknowledged)].sort();
  const allowed = await requireRole(deps.database, approver, ['approver', 'finance'], 'approve a change of mode');
  if (allowed.kind === 'refused') return allowed;
  return asRefusal(() =>
    deps.database.transaction({ actor: approver, why }, async (transaction): Promise<ModeOutcome> => {
      const change = await transaction.first(modeChangeFind, { next_contract_id: changeId });
      if (change === undefined) return refuse('not_found', `There is no change of mode ${changeId}.`);
      if (change.status !== 'proposed')
        return refuse(
          'state',
          `The change of mode ${changeId} is ${change.status}; only a proposed one can be approved.`,
        );
      const next = await transaction.first(contractFind, { contract_id: changeId });
      const previous = await transaction.first(contractFind, { contract_id: change.previous_contract_id });
      if (next?.status !== 'draft' || previous?.status !== 'active') {
        const stand = `${change.previous_contract_id} is ${previous?.status}, ${changeId} is ${next?.status}`;
        return refuse(
          'state',
          `The contracts have moved on since it was proposed (${stand}): reject it and propose another.`,
        );
      }
      const diagnostics = next.diagnostics as readonly Diagnostic[];
      const problem = findingsProblem(diagnostics, acknowledged);
      if (problem !== undefined) return problem;
      await takeEffect(transaction, { ...change, approver, acknowledged });
      return { kind: change.undoes === null ? 'approved' : 'rolled_back', changeId, diagnostics };
    }),
  );
}

/** Each statement must find what the proposal rests on; otherwise nothing of the approval remains. */
async function takeEffect(transaction: Transaction, change: DecidedChange): Promise<void> {
  const { next_contract_id, approver, acknowledged } = change;
  const next = { contract_id: next_contract_id };
  const found = [
    await transaction.first(modeChangeDecide, { next_contract_id, decision: 'approved', approver }),
    await transaction.first(contractEnd, {
      contract_id: change.previous_contract_id,
      ends_on: change.takes_effect_on,
    }),
    await transaction.first(contractApprove, { ...next, approver, acknowledged }),
    await transaction.first(contractActivate, next),
    change.undoes === null ? next : await transaction.first(modeChangeRollBack, { next_contract_id: change.undoes }),
  ];
  if (found.includes(undefined))
    throw new Error(
      `a contract of the change of mode ${next_contract_id} changed while it was approved; approve it again`,
    );
}

/** Rejects a proposed change of mode; its draft stays a draft. */
export async function rejectModeChange(deps: CatalogueDeps, given: ModeDecision): Promise<ModeOutcome> {
  const { changeId, approver, why } = given;
  const allowed = await requireRole(deps.database, approver, ['approver', 'finance'], 'reject a change of mode');
  if (allowed.kind === 'refused') return allowed;
  return asRefusal(() =>
    deps.database.transaction({ actor: approver, why }, async (transaction): Promise<ModeOutcome> => {
      const row = { next_contract_id: changeId, decision: 'rejected' as const, approver };
      if (await transaction.first(modeChangeDecide, row)) return { kind: 'rejected', changeId, diagnostics: [] };
      return refuse('state', `There is no proposed change of mode ${changeId}.`);
    }),
  );
}
