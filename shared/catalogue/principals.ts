import type { Reader, Transaction } from '../database/database.ts';
import {
  type PrincipalKind,
  type PrincipalRole,
  principalFind,
  principalInsert,
} from '../database/queries.generated.ts';
import { ADDED, type Addition, existingRow, refused, sameOrRefused } from './addition.ts';

export interface Principal {
  /** `person:ana@example.com` or `service:aggregate-usage`. */
  readonly principal: string;
  readonly kind: PrincipalKind;
  readonly roles: readonly PrincipalRole[];
  /** The person who answers for a service account; acting through it is acting oneself. */
  readonly owner?: string | undefined;
}

const NAME = /^(person|service):[A-Za-z0-9][A-Za-z0-9._%+@-]{0,126}$/;

/**
 * Adds an identity. The application's role may not: identities and roles come with the deployment, so that nobody who
 * can approve can also invent the second person. Open the database with `role: null` (the schema's owner) for it.
 */
export async function addPrincipal(transaction: Transaction, given: Principal): Promise<Addition> {
  const subject = `principal ${given.principal}`;
  if (!NAME.test(given.principal) || !given.principal.startsWith(`${given.kind}:`)) {
    return refused(
      'invalid',
      `"${given.principal.slice(0, 60)}" cannot name a ${given.kind}; write ${given.kind}:NAME`,
    );
  }
  if (given.owner !== undefined) {
    const owner = await transaction.first(principalFind, { principal: given.owner });
    if (owner?.kind !== 'person')
      return refused('unknown', `${subject}: its owner ${given.owner} is not a known person; add that person first`);
    if (given.kind === 'person') return refused('invalid', `${subject}: a person has no owner`);
  }
  const roles = [...new Set(given.roles)].sort();
  const row = { principal: given.principal, kind: given.kind, roles, owner: given.owner ?? null };
  if (await transaction.first(principalInsert, row)) return ADDED;
  const existing = existingRow(await transaction.first(principalFind, { principal: given.principal }), subject);
  return sameOrRefused(
    subject,
    { kind: row.kind, roles: roles.join(' '), owner: row.owner },
    { kind: existing.kind, roles: [...existing.roles].sort().join(' '), owner: existing.owner },
  );
}

export interface KnownPrincipal extends Principal {
  /** The principal itself, or the owner of a service account. */
  readonly person: string;
}

/** The identity with its roles; undefined when nobody has that name. */
export async function findPrincipal(reader: Reader, principal: string): Promise<KnownPrincipal | undefined> {
  const row = await reader.first(principalFind, { principal });
  if (row === undefined) return undefined;
  return {
    principal: row.principal,
    kind: row.kind,
    roles: row.roles.filter(isRole),
    owner: row.owner ?? undefined,
    person: row.person,
  };
}

const ROLES: ReadonlySet<string> = new Set<PrincipalRole>(['viewer', 'operator', 'author', 'approver', 'finance']);

function isRole(text: string): text is PrincipalRole {
  return ROLES.has(text);
}
