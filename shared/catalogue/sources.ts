import { z } from 'zod';
import { parseUtcDay } from '../calendar/utc-day.ts';
import { canonicalJson, digest } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  metricFind,
  regionFind,
  usageSourceEnd,
  usageSourceFindLatest,
  usageSourceInsert,
} from '../database/queries.generated.ts';
import { usageSourceSchema } from '../sources/configuration.ts';
import { ADDED, type Addition, refused, UNCHANGED } from './addition.ts';

export interface UsageSource {
  /** Names the source in every region: `data-gb`. */
  readonly sourceId: string;
  readonly metric: string;
  readonly region: string;
  /** As the adapters' schemas describe it. */
  readonly configuration: unknown;
  /** First UTC day that it gives usage for. */
  readonly activeFrom: string;
}

/**
 * Adds a source, or its next version: another configuration takes over on `activeFrom`, which must be after the day that
 * the version before it began. The same configuration again changes nothing.
 */
export async function addSource(transaction: Transaction, given: UsageSource): Promise<Addition> {
  const subject = `source ${given.sourceId} in ${given.region}`;
  const parsed = usageSourceSchema.safeParse(given.configuration);
  if (!parsed.success) return refused('invalid', `${subject}: ${z.prettifyError(parsed.error)}`);
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(given.sourceId))
    return refused('invalid', `"${given.sourceId.slice(0, 60)}" cannot name a source; write it like data-gb`);
  if (parseUtcDay(given.activeFrom) === undefined)
    return refused('invalid', `${subject}: "${given.activeFrom.slice(0, 40)}" is not a day`);
  if (!(await transaction.first(metricFind, { metric: given.metric })))
    return refused('unknown', `${subject}: metric ${given.metric} does not exist; add it first`);
  if (!(await transaction.first(regionFind, { region: given.region })))
    return refused('unknown', `${subject}: the region does not exist; add it first`);

  const configuration = canonicalJson(parsed.data);
  const key = { source_id: given.sourceId, region: given.region };
  const row = {
    ...key,
    metric: given.metric,
    configuration,
    configuration_digest: digest(configuration),
    active_from: given.activeFrom,
  };
  const latest = await transaction.first(usageSourceFindLatest, key);
  if (latest === undefined) {
    await transaction.rows(usageSourceInsert, { ...row, version: 1 });
    return ADDED;
  }
  if (latest.metric === row.metric && latest.configuration_digest === row.configuration_digest) return UNCHANGED;
  if (given.activeFrom <= latest.active_from) {
    return refused(
      'different',
      `${subject} has another configuration since ${latest.active_from}; let the new one begin on a later day`,
    );
  }
  await transaction.rows(usageSourceEnd, { ...key, version: latest.version, active_to: given.activeFrom });
  await transaction.rows(usageSourceInsert, { ...row, version: latest.version + 1 });
  return ADDED;
}
