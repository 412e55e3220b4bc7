import { createHash } from 'node:crypto';
import type { Reader } from '../database/database.ts';
import { auditHeadFind, auditLogListAfter } from '../database/queries.generated.ts';
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

/** Below every number: an entry that was put before the first one is walked too. */
const LOWEST = -(2n ** 63n);

/**
 * Walks the log from a point to its end, in batches, and computes every hash anew: here and not in the database, so that
 * a changed function there is found too. The end is compared with the head that the database keeps beside the log. `see`
 * is told of every entry.
 */
export async function walkChain(
  reader: Reader,
  from: ChainPoint,
  see: (point: ChainPoint) => void = () => undefined,
): Promise<ChainWalk> {
  const headBefore = await readHead(reader);
  const faults: AuditFault[] = [];
  let head = from;
  let entries = 0;
  let foundAtHead: string | undefined = headBefore.sequence === from.sequence ? from.hash : undefined;
  for (let after = from === CHAIN_START ? LOWEST : from.sequence; ; ) {
    const batch = await reader.rows(auditLogListAfter, { after, batch_size: BATCH });
    for (const entry of batch) {
      after = entry.sequence;
      faults.push(...faultsOf(entry, head));
      if (entry.sequence <= head.sequence) continue;
      head = { sequence: entry.sequence, hash: entry.hash };
      if (head.sequence === headBefore.sequence) foundAtHead = head.hash;
      see(head);
    }
    entries += batch.length;
    if (batch.length < BATCH) break;
  }
  faults.push(...(await endFaults(reader, head, headBefore, foundAtHead)));
  return { entries, head, faults };
}

async function readHead(reader: Reader): Promise<ChainPoint> {
  // A head that somebody took away is one before the first entry: everything is behind it.
  return (await reader.first(auditHeadFind, {})) ?? CHAIN_START;
}

/** Entries are appended during a walk: its end lies between the heads before and after it. */
async function endFaults(
  reader: Reader,
  end: ChainPoint,
  headBefore: ChainPoint,
  foundAtHead: string | undefined,
): Promise<AuditFault[]> {
  if (end.sequence < headBefore.sequence)
    return [{ kind: 'missing', from: end.sequence + 1n, to: headBefore.sequence }];
  const headAfter = await readHead(reader);
  if (end.sequence > headAfter.sequence) {
    const [first] = await reader.rows(auditLogListAfter, { after: headAfter.sequence, batch_size: 1 });
    return first === undefined ? [] : [{ kind: 'put_in', ...placeOf(first) }];
  }
  if (foundAtHead === undefined || foundAtHead === headBefore.hash) return [];
  return [{ kind: 'head_differs', sequence: headBefore.sequence, expected: headBefore.hash, found: foundAtHead }];
}

function placeOf({ sequence, action, subject }: Entry) {
  return { sequence, action, subject };
}

function faultsOf(entry: Entry, before: ChainPoint): AuditFault[] {
  const place = placeOf(entry);
  // Before the first one, or under a number that is taken: only without the constraints of the table.
  if (entry.sequence <= before.sequence) return [{ kind: 'put_in', ...place }];
  const faults: AuditFault[] = [];
  if (entry.sequence > before.sequence + 1n)
    faults.push({ kind: 'missing', from: before.sequence + 1n, to: entry.sequence - 1n });
  else if (entry.previous_hash !== before.hash) faults.push({ kind: 'broken_link', ...place });
  if (hashOf(entry) !== entry.hash) faults.push({ kind: 'altered', ...place });
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
