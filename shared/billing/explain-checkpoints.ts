import { z } from 'zod';
import { utcDay } from '../calendar/utc-day.ts';
import type { CheckpointStatus } from '../database/queries.generated.ts';
import { checkpointName } from '../usage/cell.ts';
import type { CheckpointExplanation } from './explanation.ts';

/** A checkpoint that a run rests on. */
export interface PinnedCheckpoint {
  readonly checkpoint_id: bigint;
  readonly region: string;
  readonly source_id: string;
  readonly source_version: number;
  readonly configuration_digest: string;
  readonly metric: string;
  readonly day: string;
  readonly status: CheckpointStatus;
  readonly revision: number;
  readonly row_count: number;
  readonly total: string;
  readonly digest: string;
  readonly evidence: string;
  readonly finished_at: Date;
}

const evidenceSchema = z.object({
  queries: z.array(z.object({ text: z.string(), parameters: z.record(z.string(), z.string()) })),
  facts: z.record(z.string(), z.unknown()),
});

export function nameOf(checkpoint: PinnedCheckpoint): string {
  return checkpointName(
    { region: checkpoint.region, source: checkpoint.source_id, day: utcDay(checkpoint.day) },
    checkpoint.revision,
  );
}

/** Checkpoints with their evidence opened. */
export function checkpointsOf(pinned: readonly PinnedCheckpoint[]): CheckpointExplanation[] {
  return pinned.map((checkpoint) => ({
    name: nameOf(checkpoint),
    checkpointId: checkpoint.checkpoint_id.toString(),
    region: checkpoint.region,
    source: checkpoint.source_id,
    sourceVersion: checkpoint.source_version,
    configurationDigest: checkpoint.configuration_digest,
    metric: checkpoint.metric,
    day: checkpoint.day,
    revision: checkpoint.revision,
    status: checkpoint.status,
    rowCount: checkpoint.row_count,
    total: checkpoint.total,
    digest: checkpoint.digest,
    finishedAt: checkpoint.finished_at.toISOString(),
    ...evidenceSchema.parse(JSON.parse(checkpoint.evidence)),
  }));
}
