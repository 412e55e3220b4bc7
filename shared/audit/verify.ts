import type { Reader } from '../database/database.ts';
import {
  auditLogFindAlteredFacts,
  auditLogFindDisagreements,
  usagePartitionFindLost,
} from '../database/queries.generated.ts';
import { CHAIN_START, type ChainPoint, walkChain } from './chain.ts';
import type { AuditFault } from './fault.ts';
import { readSeals, type Seal } from './seals.ts';

export interface AuditVerdict {
  readonly entries: number;
  /** The last entry; null when the log is empty. */
  readonly head: ChainPoint | null;
  readonly seals: number;
  /** The last sealed UTC day; null when none is. What came after it rests on the chain alone. */
  readonly sealedThrough: string | null;
  /** In the order of the chain; empty when everything is as it was written. */
  readonly faults: readonly AuditFault[];
}

/**
 * Verifies the log (promise 16): that its numbers follow each other, that every hash is the one of its content and of
 * the hash before it, that its end is the one that the database keeps beside it, that the entries under the daily seals are
 * those that were sealed, and that the last logged state of everything is its state, with the figures that were noted.
 *
 * A chain that was written anew together with its head and seals is sound in itself; only `anchors` that were noted elsewhere,
 * like the head and the seals in the structured log, show it.
 */
export async function verifyAuditLog(reader: Reader, anchors: readonly ChainPoint[] = []): Promise<AuditVerdict> {
  const { seals, faults: sealFaults } = await readSeals(reader);
  const noted = new Set([...anchors, ...seals.map(sealedPoint)].map(({ sequence }) => sequence));
  const found = new Map<bigint, string>();
  const walk = await walkChain(reader, CHAIN_START, ({ sequence, hash }) => {
    if (noted.has(sequence)) found.set(sequence, hash);
  });
  const faults = [
    ...walk.faults,
    ...sealFaults,
    ...seals.flatMap((seal) => sealDiffers(seal, found)),
    ...anchors.flatMap((anchor) => anchorDiffers(anchor, found)),
    ...(await disagreements(reader)),
    ...(await alteredFacts(reader)),
    ...(await lostUsage(reader)),
  ];
  return {
    entries: walk.entries,
    head: walk.entries === 0 ? null : walk.head,
    seals: seals.length,
    sealedThrough: seals.at(-1)?.day ?? null,
    faults,
  };
}

function sealedPoint(seal: Seal): ChainPoint {
  return { sequence: seal.last_sequence, hash: seal.last_hash };
}

function sealDiffers(seal: Seal, entries: ReadonlyMap<bigint, string>): AuditFault[] {
  const { sequence, hash: expected } = sealedPoint(seal);
  const found = entries.get(sequence) ?? null;
  return found === expected ? [] : [{ kind: 'seal_differs', day: seal.day, sequence, expected, found }];
}

function anchorDiffers({ sequence, hash: expected }: ChainPoint, entries: ReadonlyMap<bigint, string>): AuditFault[] {
  const found = entries.get(sequence) ?? null;
  return found === expected ? [] : [{ kind: 'anchor_differs', sequence, expected, found }];
}

async function lostUsage(reader: Reader): Promise<AuditFault[]> {
  const rows = await reader.rows(usagePartitionFindLost, {});
  return rows.map(({ month, what }) => ({ kind: 'dropped_usage_differs', month, what }));
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

async function alteredFacts(reader: Reader): Promise<AuditFault[]> {
  const rows = await reader.rows(auditLogFindAlteredFacts, {});
  return rows.map((row) => ({ kind: 'fact_differs', ...row }));
}
