import { type BillingPeriod, periodDays } from '../../shared/calendar/billing-period.ts';
import { daysOf } from '../../shared/calendar/utc-day.ts';
import { digestOf } from '../../shared/canonical/canonical-json.ts';

export const REGIONS = ['europe-west1', 'us-central1'] as const;

export const METRICS = [
  {
    metric: 'requests',
    title: 'API requests',
    unit: 'request',
    rollup: 'sum',
    divisor: '1',
    source: 'requests',
    scale: 41_117n,
  },
  {
    metric: 'data_gb',
    title: 'Data passthrough',
    unit: 'GB',
    rollup: 'sum',
    divisor: '1',
    source: 'data-gb',
    scale: 7n,
  },
  {
    metric: 'peak_rps',
    title: 'Peak request rate',
    unit: 'request/s',
    rollup: 'max',
    divisor: '1',
    source: 'peak',
    scale: 3n,
  },
] as const;

export const PROJECTS = [
  { project: 'nimbus-fleet', customer: 'nimbus-robotics', weight: 9n },
  { project: 'nimbus-vision', customer: 'nimbus-robotics', weight: 4n },
  { project: 'orbit-api', customer: 'orbit-labs', weight: 2n },
  { project: 'old-mill-shop', customer: 'old-mill', weight: 1n },
  { project: 'tideline-maps', customer: 'tideline', weight: 3n },
  { project: 'quanta-models', customer: 'quanta-bank', weight: 5n },
] as const;

export interface SeedCheckpoint {
  readonly checkpoint_id: number;
  readonly region: string;
  readonly source_id: string;
  readonly metric: string;
  readonly day: string;
  readonly status: string;
  readonly revision: number | null;
  readonly row_count: number | null;
  readonly total: string | null;
  readonly digest: string | null;
  readonly evidence: string | null;
  readonly failure_reason: string | null;
  readonly failure_detail: string | null;
}

interface SeedRow {
  readonly day: string;
  readonly checkpoint_id: number;
  readonly region: string;
  readonly metric: string;
  readonly project_id: string;
  readonly customer_id: string;
  readonly quantity: string;
}

/** A weekly rhythm with some growth, the same on every run. */
function quantityOf(scale: bigint, weight: bigint, day: number, region: number): string {
  const rhythm = [10n, 11n, 12n, 11n, 10n, 6n, 5n][day % 7] ?? 10n;
  const whole = scale * weight * rhythm * BigInt(30 + day) * BigInt(3 - region);
  return `${whole / 100n}.${(whole % 100n).toString().padStart(2, '0')}`;
}

/**
 * Every checkpoint of a period with its rows. One cell was read twice (revision 1 is superseded), one failed once before
 * it was read; `leaveOut` drops the last day of one source.
 */
export function seedUsage(period: BillingPeriod, leaveOut: boolean, evidenceText: string) {
  const checkpoints: SeedCheckpoint[] = [];
  const rows: SeedRow[] = [];
  const days = daysOf(periodDays(period));
  for (const [region, regionName] of REGIONS.entries()) {
    for (const { metric, source, scale } of METRICS) {
      for (const [index, day] of days.entries()) {
        if (leaveOut && region === 0 && source === 'peak' && index === days.length - 1) continue;
        const cell = { region: regionName, source_id: source, metric, day };
        const special = region === 0 && source === 'requests';
        if (special && index === 6) checkpoints.push(failed(checkpoints.length + 1, cell));
        const revisions = special && index === 13 ? [1, 2] : [1];
        for (const revision of revisions) {
          const checkpoint_id = checkpoints.length + 1;
          const own = PROJECTS.map(({ project, customer, weight }) => ({
            ...{ day, checkpoint_id, region: regionName, metric, project_id: project, customer_id: customer },
            quantity: quantityOf(scale, weight + BigInt(revisions.length - revision), index, region),
          }));
          checkpoints.push(complete(checkpoint_id, cell, revision, revision === revisions.length, own, evidenceText));
          rows.push(...own);
        }
      }
    }
  }
  return { checkpoints, rows };
}

type CellColumns = Pick<SeedCheckpoint, 'region' | 'source_id' | 'metric' | 'day'>;

function failed(checkpoint_id: number, cell: CellColumns): SeedCheckpoint {
  const nothing = { revision: null, row_count: null, total: null, digest: null, evidence: null };
  const failure_detail = 'The Prometheus "main" did not answer within 30 s; check that it runs.';
  return { checkpoint_id, ...cell, ...nothing, status: 'failed', failure_reason: 'source_timeout', failure_detail };
}

function complete(
  checkpoint_id: number,
  cell: CellColumns,
  revision: number,
  current: boolean,
  rows: readonly SeedRow[],
  evidenceText: string,
): SeedCheckpoint {
  const hundredths = rows.reduce((sum, row) => sum + BigInt(row.quantity.replace('.', '')), 0n);
  const evidence = {
    queries: [
      {
        text: `sum by (project) (${cell.metric}_total{region="${cell.region}"} @ end())`,
        parameters: { time: `${cell.day}T23:59:59Z`, lookback: '3600s' },
      },
    ],
    facts: { seriesCount: rows.length, coveragePercent: 100, resets: 0, warnings: [], note: evidenceText },
  };
  return {
    checkpoint_id,
    ...cell,
    status: current ? 'complete' : 'superseded',
    revision,
    row_count: rows.length,
    total: `${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, '0')}`,
    digest: digestOf(rows),
    evidence: JSON.stringify(evidence),
    failure_reason: null,
    failure_detail: null,
  };
}
