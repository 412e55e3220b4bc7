import { parseUtcDay } from '../calendar/utc-day.ts';
import type { Transaction } from '../database/database.ts';
import {
  customerFind,
  customerInsert,
  customerSetStripe,
  projectInsert,
  projectOwnershipInsert,
  projectOwnershipList,
  regionFind,
  regionInsert,
} from '../database/queries.generated.ts';
import { ADDED, type Addition, existingRow, refused, sameOrRefused, UNCHANGED } from './addition.ts';

export interface Region {
  readonly region: string;
  /** The first UTC day whose usage is required. */
  readonly activeFrom: string;
}

/** Adds a region. */
export async function addRegion(transaction: Transaction, given: Region): Promise<Addition> {
  const subject = `region ${given.region}`;
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(given.region)) {
    return refused('invalid', `"${given.region.slice(0, 60)}" cannot name a region; write it like europe-west1`);
  }
  const day = dayProblem(subject, given.activeFrom);
  if (day) return day;
  const row = { region: given.region, active_from: given.activeFrom };
  if (await transaction.first(regionInsert, row)) return ADDED;
  return sameOrRefused(
    subject,
    row,
    existingRow(await transaction.first(regionFind, { region: given.region }), subject),
  );
}

export interface Customer {
  readonly customerId: string;
  readonly name: string;
  /** Left out until the mapping is made; invoices wait for it. */
  readonly stripeCustomerId?: string | undefined;
}

/** Adds a customer. */
export async function addCustomer(transaction: Transaction, given: Customer): Promise<Addition> {
  const subject = `customer ${given.customerId}`;
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(given.customerId)) {
    return refused(
      'invalid',
      `"${given.customerId.slice(0, 60)}" cannot be a customer's id; write it like nimbus-robotics`,
    );
  }
  if (given.name.length < 1 || given.name.length > 200)
    return refused('invalid', `${subject}: a name has 1 to 200 characters`);
  const row = { customer_id: given.customerId, name: given.name, stripe_customer_id: given.stripeCustomerId ?? null };
  if (await transaction.first(customerInsert, row)) return ADDED;
  const existing = existingRow(await transaction.first(customerFind, { customer_id: given.customerId }), subject);
  const { stripe_customer_id: mapping, ...rest } = row;
  return sameOrRefused(subject, mapping === null ? rest : row, existing);
}

/** Maps a customer to its Stripe customer, once. */
export async function setStripeCustomer(
  transaction: Transaction,
  given: { readonly customerId: string; readonly stripeCustomerId: string },
): Promise<Addition> {
  const subject = `customer ${given.customerId}`;
  const before = await transaction.first(customerFind, { customer_id: given.customerId });
  if (before === undefined) return refused('unknown', `${subject} does not exist; add it first`);
  const row = { customer_id: given.customerId, stripe_customer_id: given.stripeCustomerId };
  if (!(await transaction.first(customerSetStripe, row))) return sameOrRefused(subject, row, before);
  return before.stripe_customer_id === null ? ADDED : UNCHANGED;
}

export interface Project {
  readonly projectId: string;
  readonly customerId: string;
  /** First UTC day of the ownership. */
  readonly ownedFrom: string;
  /** The first day after it; left out while it has no end. */
  readonly ownedTo?: string | undefined;
}

/** Adds a project, or its next owner: ownership is dated and never overlaps. */
export async function addProject(transaction: Transaction, given: Project): Promise<Addition> {
  const subject = `project ${given.projectId}`;
  const ownedTo = given.ownedTo ?? null;
  const day = dayProblem(subject, given.ownedFrom) ?? (ownedTo === null ? undefined : dayProblem(subject, ownedTo));
  if (day) return day;
  if (given.projectId.length < 1 || given.projectId.length > 100)
    return refused('invalid', `${subject}: an id has 1 to 100 characters`);
  if (ownedTo !== null && ownedTo <= given.ownedFrom)
    return refused('invalid', `${subject}: ${ownedTo} is not after ${given.ownedFrom}`);
  if (!(await transaction.first(customerFind, { customer_id: given.customerId }))) {
    return refused('unknown', `${subject}: customer ${given.customerId} does not exist; add it first`);
  }
  await transaction.rows(projectInsert, { project_id: given.projectId });
  const row = { customer_id: given.customerId, owned_from: given.ownedFrom, owned_to: ownedTo };
  const owners = await transaction.rows(projectOwnershipList, { project_id: given.projectId });
  const same = owners.find((owner) => owner.owned_from === given.ownedFrom);
  if (same) return sameOrRefused(subject, row, same);
  const other = owners.find(
    (owner) =>
      (ownedTo === null || owner.owned_from < ownedTo) && (owner.owned_to === null || owner.owned_to > given.ownedFrom),
  );
  if (other) {
    return refused(
      'overlapping',
      `${subject} belongs to ${other.customer_id} from ${other.owned_from} to ${other.owned_to ?? 'no end'}; end that first`,
    );
  }
  await transaction.rows(projectOwnershipInsert, { project_id: given.projectId, ...row });
  return ADDED;
}

function dayProblem(subject: string, text: string): Addition | undefined {
  return parseUtcDay(text) === undefined
    ? refused('invalid', `${subject}: "${text.slice(0, 40)}" is not a day; write it like 2026-10-31`)
    : undefined;
}
