import type { BigQuerySource } from '../../../shared/sources/bigquery/source.ts';
import type { PrometheusSource } from '../../../shared/sources/prometheus/source.ts';
import { datasetOf } from '../bigquery/load.ts';
import { HOLD_MS } from './expected.ts';
import { SCRAPE_INTERVAL_MS } from './life.ts';
import { REGIONS } from './scenario.ts';

/** A metric of the demo: how it is billed, and where its figures come from. */
export interface DemoMetric {
  readonly key: 'requests' | 'data_gb' | 'active_models' | 'memory_gb_hours' | 'peak_rps';
  readonly title: string;
  /** The billed unit, in the notation of plans. */
  readonly unit: string;
  readonly rollup: 'sum' | 'max' | 'mean' | 'last';
  /** A day's figure of the source divided by this is the day's quantity in the billed unit. */
  readonly divisor: string;
  readonly source: PrometheusSource | BigQuerySource;
}

/** The name under which the deployment's configuration holds the address of each server. */
export const PROMETHEUS_ENDPOINT = 'telemetry';

const PROMETHEUS = {
  kind: 'prometheus',
  endpoint: PROMETHEUS_ENDPOINT,
  projectLabel: 'project',
  regionLabel: 'region',
  scale: '1',
  scrapeIntervalSeconds: SCRAPE_INTERVAL_MS / 1_000,
  staleAfterSeconds: HOLD_MS / 1_000,
  lookbackSeconds: 3_600,
  historySeconds: 35 * 86_400,
  minimumCoveragePercent: 90,
} as const;

/** The table of transfers in each region's dataset, and what each region read of it on a day. */
const TRANSFERS_QUERY = `
SELECT project, SUM(CAST(bytes AS NUMERIC)) * NUMERIC '0.000000001' AS quantity, COUNT(*) AS row_count
FROM \`gateway_transfers\` FOR SYSTEM_TIME AS OF @snapshot
WHERE day = @day AND region = @region
GROUP BY project
ORDER BY project`.trim();

/** The same in one sum. It counts bytes that are not NULL, where the other counts rows: a sum would pass over a NULL. */
const TRANSFERS_CONTROL_QUERY = `
SELECT
  COUNT(CASE WHEN day = @day THEN bytes END) AS row_count,
  SUM(CASE WHEN day = @day THEN CAST(bytes AS NUMERIC) ELSE NUMERIC '0' END) * NUMERIC '0.000000001' AS quantity,
  UNIX_SECONDS(MAX(ingested_at)) AS watermark,
  COUNT(CASE WHEN day IS NULL THEN 1 END) AS unplaced_row_count
FROM \`gateway_transfers\` FOR SYSTEM_TIME AS OF @snapshot
WHERE region = @region AND (day >= @day OR day IS NULL)`.trim();

export const DEMO_METRICS: readonly DemoMetric[] = [
  {
    key: 'requests',
    title: 'API requests',
    unit: 'request',
    rollup: 'sum',
    divisor: '1',
    source: {
      ...PROMETHEUS,
      selector: 'api_requests_total{job="gateway"}',
      aggregation: 'counter',
      upSelector: 'up{job="gateway"}',
    },
  },
  {
    key: 'peak_rps',
    title: 'Peak requests per second',
    unit: 'request/s',
    rollup: 'max',
    divisor: '1',
    source: {
      ...PROMETHEUS,
      selector: 'gateway_requests_per_second{job="gateway"}',
      aggregation: 'max',
      upSelector: 'up{job="gateway"}',
    },
  },
  {
    key: 'active_models',
    title: 'Active models',
    unit: 'model',
    rollup: 'mean',
    divisor: '86400',
    source: {
      ...PROMETHEUS,
      selector: 'models_active{job="runtime"}',
      aggregation: 'integral',
      upSelector: 'up{job="runtime"}',
    },
  },
  {
    key: 'memory_gb_hours',
    title: 'Memory',
    unit: 'GB*h',
    rollup: 'sum',
    divisor: '3600',
    source: {
      ...PROMETHEUS,
      selector: 'memory_used_bytes{job="runtime"}',
      aggregation: 'integral',
      scale: '0.000000001',
      upSelector: 'up{job="runtime"}',
    },
  },
  {
    key: 'data_gb',
    title: 'Data passthrough',
    unit: 'GB',
    rollup: 'sum',
    divisor: '1',
    source: {
      kind: 'bigquery',
      query: TRANSFERS_QUERY,
      controlQuery: TRANSFERS_CONTROL_QUERY,
      regions: Object.fromEntries(REGIONS.map((region) => [region, { location: region, dataset: datasetOf(region) }])),
      maximumBytesBilled: '10737418240',
      settleSeconds: 3_600,
    },
  },
];
