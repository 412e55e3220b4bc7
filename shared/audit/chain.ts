import { createHash } from 'node:crypto';
import type { Reader } from '../database/database.ts';
import { auditLogListAfter } from '../database/queries.generated.ts';
import type { AuditFault } from './fault.ts';

/** An entry's place in the chain and its hash, 64 hexadecimal digits. Noted elsewhere, it proves the chain up to it. */
export interface ChainPoint {
  readonly sequence: bigint;
  readonly hash: string;
}

/** Before the first entry. */
export const CHAIN_START: ChainPoint = { sequence: 0n, hash: '' };

/** One entry with the texts that its hash was made from. */
type Entry = NonNullable<(typeof auditLogListAfter)['row']>;

export interface ChainWalk {
  readonly entries: number;
  /** The last entry; where the walk began when there was none. */
  readonly head: ChainPoint;
  readonly faults: readonly AuditFault[];
}

const BATCH = 5_000;

/**
 * Walks the log from a point to its end, in batches, and computes every hash anew: here and not in the database, so that
 * a changed function there is found too. `see` is told of every entry.
 */
export async function walkChain(
  reader: Reader,
  from: ChainPoint,
  see: (point: ChainPoint) => void = () => undefined,
): Promise<ChainWalk> {
  const faults: AuditFault[] = [];
  let head = from;
  let entries = 0;
  for (;;) {
    const batch = await reader.rows(auditLogListAfter, { after: head.sequence, batch_size: BATCH });
    for (const entry of batch) {
      faults.push(...faultsOf(entry, head));
      head = { sequence: entry.sequence, hash: entry.hash };
      see(head);
    }
    entries += batch.length;
    if (batch.length < BATCH) return { entries, head, faults };
  }
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
  return chainHash(entry.previous_hash, [entry.sequence.toString(), ...texts, entry.detail]);
}

/** SHA-256 over the hash before and a JSON array as PostgreSQL writes it. `members` are JSON texts. */
export function chainHash(previousHash: string, members: readonly string[]): string {
  const content = `[${members.join(', ')}]`;
  return createHash('sha256').update(Buffer.from(previousHash, 'hex')).update(content, 'utf8').digest('hex');
}
