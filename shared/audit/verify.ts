import { createHash } from 'node:crypto';
import type { Reader } from '../database/database.ts';
import { auditLogFindDisagreements, auditLogListAfter } from '../database/queries.generated.ts';

/** An entry's place in the chain and its hash, 64 hexadecimal digits. Noted elsewhere, it proves the chain up to it. */
export interface ChainPoint {
  readonly sequence: bigint;
  readonly hash: string;
}

/** Something in the log that was not there when the log was written. */
export type AuditFault =
  /** Entries between two others are gone: `from` to `to`, both included. */
  | { readonly kind: 'missing'; readonly from: bigint; readonly to: bigint }
  /** The entry's content is not the one that its hash was made from. */
  | { readonly kind: 'altered'; readonly sequence: bigint; readonly action: string; readonly subject: string }
  /** The entry is sound in itself and does not follow the one before it: one of the two was written anew. */
  | { readonly kind: 'broken_link'; readonly sequence: bigint; readonly action: string; readonly subject: string }
  /** A state that the log does not tell of, or a logged thing that is gone: the log was cut, or a table was changed beside it. */
  | {
      readonly kind: 'state_differs';
      readonly entity: string;
      readonly subject: string;
      /** Null when there is no such thing any more. */
      readonly actual: string | null;
      /** Null when the log never mentions it. */
      readonly logged: string | null;
    }
  /** The point that was noted elsewhere is not in the chain. */
  | {
      readonly kind: 'anchor_differs';
      readonly sequence: bigint;
      readonly expected: string;
      readonly found: string | null;
    };

export interface AuditVerdict {
  readonly entries: number;
  /** The last entry; null when the log is empty. */
  readonly head: ChainPoint | null;
  /** In the order of the chain; empty when everything is as it was written. */
  readonly faults: readonly AuditFault[];
}

/** One entry with the texts that its hash was made from. */
interface Entry {
  readonly sequence: bigint;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly why: string;
  readonly detail: string;
  readonly previous_hash: string;
  readonly hash: string;
}

const BATCH = 5_000;

/**
 * Verifies the log (promise 16): that its numbers follow each other, that every hash is the one of its content and of
 * the hash before it, and that the last logged state of everything is its state. The hashes are computed here and not by
 * the database, so that a changed function there is found too.
 *
 * A chain that was written anew from some entry to its end is sound in itself; only an `anchor` that was noted before
 * shows it.
 */
export async function verifyAuditLog(reader: Reader, anchor: ChainPoint | null = null): Promise<AuditVerdict> {
  const faults: AuditFault[] = [];
  let head: ChainPoint = { sequence: 0n, hash: '' };
  let entries = 0;
  let anchored: string | null = null;
  for (;;) {
    const batch = await reader.rows(auditLogListAfter, { after: head.sequence, batch_size: BATCH });
    for (const entry of batch) {
      faults.push(...faultsOf(entry, head));
      if (entry.sequence === anchor?.sequence) anchored = entry.hash;
      head = { sequence: entry.sequence, hash: entry.hash };
    }
    entries += batch.length;
    if (batch.length < BATCH) break;
  }
  if (anchor !== null && anchored !== anchor.hash) {
    faults.push({ kind: 'anchor_differs', sequence: anchor.sequence, expected: anchor.hash, found: anchored });
  }
  return { entries, head: entries === 0 ? null : head, faults: [...faults, ...(await disagreements(reader))] };
}

function faultsOf(entry: Entry, before: ChainPoint): AuditFault[] {
  const { sequence, action, subject } = entry;
  const faults: AuditFault[] = [];
  if (sequence > before.sequence + 1n) faults.push({ kind: 'missing', from: before.sequence + 1n, to: sequence - 1n });
  else if (entry.previous_hash !== before.hash) faults.push({ kind: 'broken_link', sequence, action, subject });
  if (hashOf(entry) !== entry.hash) faults.push({ kind: 'altered', sequence, action, subject });
  return faults;
}

/** The hash as the database's audit_hash makes it: over the hash before, and the JSON array in PostgreSQL's spelling. */
function hashOf(entry: Entry): string {
  const texts = [entry.at, entry.actor, entry.action, entry.subject, entry.why].map((text) => JSON.stringify(text));
  const content = `[${[entry.sequence.toString(), ...texts, entry.detail].join(', ')}]`;
  return createHash('sha256').update(Buffer.from(entry.previous_hash, 'hex')).update(content, 'utf8').digest('hex');
}

async function disagreements(reader: Reader): Promise<AuditFault[]> {
  const rows = await reader.rows(auditLogFindDisagreements, {});
  return rows.map(({ entity, subject, actual_state: actual, logged_state: logged }) => ({
    kind: 'state_differs',
    entity,
    subject,
    actual,
    logged,
  }));
}
