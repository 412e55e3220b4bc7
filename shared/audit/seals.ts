import { addDays, daysBetween, utcDay } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import { auditSealListAfter } from '../database/queries.generated.ts';
import { chainHash } from './chain.ts';
import type { AuditFault } from './fault.ts';

/** What the chain was at the end of a UTC day, with the texts that the seal's own hash was made from. */
export type Seal = NonNullable<(typeof auditSealListAfter)['row']>;

/** The seals in their order, and what is wrong with them by themselves: their content, their links, days without one. */
export async function readSeals(
  reader: Reader,
): Promise<{ readonly seals: readonly Seal[]; readonly faults: readonly AuditFault[] }> {
  const seals = await reader.rows(auditSealListAfter, { after: null });
  return { seals, faults: seals.flatMap((seal, index) => faultsOf(seal, seals[index - 1])) };
}

function faultsOf(seal: Seal, before: Seal | undefined): AuditFault[] {
  const faults: AuditFault[] = [];
  if (before !== undefined && daysBetween(utcDay(before.day), utcDay(seal.day)) > 1)
    faults.push({ kind: 'seals_missing', from: addDays(utcDay(before.day), 1), to: addDays(utcDay(seal.day), -1) });
  const continues = seal.previous_hash === (before?.hash ?? '');
  const covers = seal.last_sequence === (before?.last_sequence ?? 0n) + seal.entries;
  if (sealHash(seal) !== seal.hash || (faults.length === 0 && !(continues && covers)))
    faults.push({ kind: 'seal_altered', day: seal.day });
  return faults;
}

/** The hash as the database's audit_seal_hash makes it. */
function sealHash(seal: Seal): string {
  const members = [
    JSON.stringify(seal.day),
    seal.last_sequence.toString(),
    JSON.stringify(seal.last_hash),
    seal.entries.toString(),
    JSON.stringify(seal.sealed_at),
  ];
  return chainHash(seal.previous_hash, members);
}
