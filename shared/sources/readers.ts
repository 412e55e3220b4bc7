import { z } from 'zod';
import type { Configuration } from '../configuration/configuration.ts';
import type { Effects } from '../effects/effects.ts';
import type { UsageReader, UsageReading } from '../sources/reading.ts';
import { bigQuerySourceSchema } from './bigquery/source.ts';
import { usageSourceSchema } from './configuration.ts';
import type { prometheusSourceSchema } from './prometheus/source.ts';

/** A source as it stands in the database. */
export interface ConfiguredSource {
  readonly source_id: string;
  readonly configuration: unknown;
}

/**
 * Makes the reader of a source as of an instant. A reader whose configuration is not right, or names an endpoint that
 * this deployment does not have, says so as an incomplete reading: one source's fault does not stop the others.
 */
export type OpenReader = (source: ConfiguredSource, snapshotAt: Date) => Promise<UsageReader>;

const REQUEST_TIMEOUT_MS = 60_000;

/** Opens readers with the deployment's endpoints. Clients load when a source first needs them. */
export function openReaders(configuration: Configuration, effects: Effects): OpenReader {
  let bigQuery: Promise<OpenReader> | undefined;
  return async (source, snapshotAt) => {
    const parsed = usageSourceSchema.safeParse(source.configuration);
    if (!parsed.success)
      return refusing(`the configuration of source ${source.source_id} is not right: ${z.prettifyError(parsed.error)}`);
    switch (parsed.data.kind) {
      case 'prometheus':
        return openPrometheus(configuration, effects, parsed.data);
      case 'bigquery':
        bigQuery ??= openBigQuery(configuration, effects);
        return (await bigQuery)(source, snapshotAt);
      default:
        return parsed.data satisfies never;
    }
  };
}

async function openPrometheus(
  configuration: Configuration,
  effects: Effects,
  source: z.output<typeof prometheusSourceSchema>,
): Promise<UsageReader> {
  const url = configuration.prometheusEndpoints[source.endpoint];
  if (url === undefined) {
    const known = Object.keys(configuration.prometheusEndpoints).join(', ') || 'none';
    return refusing(`PROMETHEUS_ENDPOINTS has no "${source.endpoint}" (it has: ${known}); add it to the deployment`);
  }
  const { DEFAULT_MAXIMUM_BODY_BYTES, prometheusQuery } = await import('./prometheus/client.ts');
  const { prometheusReader } = await import('./prometheus/reader.ts');
  return prometheusReader(
    prometheusQuery(effects, { url, timeoutMs: REQUEST_TIMEOUT_MS, maximumBodyBytes: DEFAULT_MAXIMUM_BODY_BYTES }),
    source,
  );
}

async function openBigQuery(configuration: Configuration, effects: Effects): Promise<OpenReader> {
  const { bigQueryConnection } = await import('./bigquery/client.ts');
  const { bigQueryReader } = await import('./bigquery/reader.ts');
  const { projectId, bigQueryEndpoint } = configuration;
  const connect = bigQueryConnection({
    projectId,
    timeoutMs: REQUEST_TIMEOUT_MS,
    ...(bigQueryEndpoint === null ? {} : { apiEndpoint: bigQueryEndpoint }),
  });
  return async (source, snapshotAt) =>
    bigQueryReader({
      effects,
      connect,
      projectId,
      sourceKey: source.source_id,
      source: bigQuerySourceSchema.parse(source.configuration),
      snapshotAt,
    });
}

function refusing(detail: string): UsageReader {
  const reading: UsageReading = {
    kind: 'incomplete',
    reason: 'source_error',
    detail,
    evidence: { queries: [], facts: {} },
  };
  return { read: async () => reading };
}
