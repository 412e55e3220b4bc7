import type { Reader } from '../database/database.ts';
import type { PrincipalRole } from '../database/queries.generated.ts';
import { findPrincipal, type KnownPrincipal } from './principals.ts';
import { type Refusal, refuse } from './refusal.ts';

/** The principal, when it is known and holds one of the roles. `deed` completes "cannot …". */
export async function requireRole(
  reader: Reader,
  principal: string,
  roles: readonly PrincipalRole[],
  deed: string,
): Promise<{ readonly kind: 'known'; readonly principal: KnownPrincipal } | Refusal<'role'>> {
  const found = await findPrincipal(reader, principal);
  if (found === undefined) return refuse('not_found', `There is no principal ${principal}.`);
  if (found.roles.some((role) => roles.includes(role))) return { kind: 'known', principal: found };
  return refuse('role', `${principal} cannot ${deed}: it takes the role ${roles.join(' or ')}.`);
}
