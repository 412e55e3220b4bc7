import type { UtcDay } from '../calendar/utc-day.ts';
import type { Database, Reader } from '../database/database.ts';
import { auditLogListAfter, auditSealAppend, auditSealFindLatest } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { CHAIN_START, type ChainPoint, walkChain } from './chain.ts';
import type { AuditFault } from './fault.ts';

/** A seal as it leaves the database: whoever keeps it elsewhere can prove the log up to `sequence`. */
export interface SealNotice {
  readonly day: string;
  readonly sequence: bigint;
  /** Of that entry; with its number it is what `audit verify --anchor` takes. */
  readonly hash: string;
  /** The seal's own hash, which covers the seals before it. */
  readonly seal: string;
}

export type SealOutcome =
  /** `days` were sealed now; the notice is of the last. */
  | { readonly kind: 'sealed'; readonly days: number; readonly notice: SealNotice }
  | { readonly kind: 'unchanged' }
  /** What was written since the last seal is not sound; nothing is sealed on top of it. */
  | { readonly kind: 'broken'; readonly faults: readonly AuditFault[] };

/**
 * Seals the audit log through a UTC day that is over, after walking what was written since the last seal. The seal leaves
 * the database as an event, in the transaction that makes it, and by the caller's log. A repeat seals nothing.
 */
export async function sealAuditLog(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  throughDay: UtcDay,
  actor: string,
): Promise<SealOutcome> {
  return database.transaction(
    { actor, why: `the day ${throughDay} is over` },
    async (transaction): Promise<SealOutcome> => {
      const before = await transaction.first(auditSealFindLatest, {});
      const from: ChainPoint =
        before === undefined ? CHAIN_START : { sequence: before.last_sequence, hash: before.last_hash };
      const faults = [
        ...(await sealedEntryDiffers(transaction, before)),
        ...(await walkChain(transaction, from)).faults,
      ];
      if (faults.length > 0) {
        await recordEvents(transaction, effects, [{ type: 'audit.broken', data: brokenData(throughDay, faults) }]);
        return { kind: 'broken', faults };
      }
      const made = await transaction.first(auditSealAppend, { through_day: throughDay, sealed_at: effects.now() });
      const latest = await transaction.first(auditSealFindLatest, {});
      if (!made || made.sealed === 0 || !latest) return { kind: 'unchanged' };
      const notice = { day: latest.day, sequence: latest.last_sequence, hash: latest.last_hash, seal: latest.hash };
      await recordEvents(transaction, effects, [
        { type: 'audit.sealed', data: { ...notice, sequence: notice.sequence.toString() } },
      ]);
      return { kind: 'sealed', days: made.sealed, notice };
    },
  );
}

/** The entry under the last seal: it may have been cut off or written anew since. */
async function sealedEntryDiffers(
  reader: Reader,
  seal: { readonly day: string; readonly last_sequence: bigint; readonly last_hash: string } | undefined,
): Promise<AuditFault[]> {
  if (seal === undefined) return [];
  const { day, last_sequence: sequence, last_hash: expected } = seal;
  const entry = await reader.first(auditLogListAfter, { after: sequence - 1n, batch_size: 1 });
  const found = entry?.sequence === sequence ? entry.hash : null;
  return found === expected ? [] : [{ kind: 'seal_differs', day, sequence, expected, found }];
}

function brokenData(day: string, faults: readonly AuditFault[]) {
  const [first] = faults;
  const place =
    first !== undefined && 'sequence' in first ? `${first.kind} at entry ${first.sequence}` : 'entries are missing';
  return { day, faults: faults.length, place };
}
