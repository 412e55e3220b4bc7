import { type Alert, type Condition, SIGNALS, type Signal } from '../../shared/operations/signals.ts';

/** Exponential buckets from 0.01 up to 0.01 × 2^32, which is 16 months in seconds: for calls and for ages. */
const BUCKETS = { numFiniteBuckets: 64, growthFactor: Math.SQRT2, scale: 0.01 };

/** Samples come every five minutes: two of them, so that one late report is no silence. */
const GAUGE_WINDOW = '10m';
const DURATION_WINDOW = '10m';

/** The log-based metrics, dashboard charts and alert policies, keyed by signal. Conditions and charts are PromQL. */
export function metricsFile(): string {
  const content = Object.fromEntries(
    Object.entries(SIGNALS).map(([name, signal]: [string, Signal]) => [name, entry(name, signal)]),
  );
  return `${JSON.stringify(content, null, 2)}\n`;
}

function entry(name: string, signal: Signal) {
  const isCount = signal.kind === 'count';
  return {
    title: signal.title,
    help: signal.help,
    unit: signal.unit,
    kind: signal.kind,
    metric: {
      name: metricName(name),
      filter: signal.filter ?? `jsonPayload.signal="${name}"`,
      metricKind: 'DELTA',
      valueType: isCount ? 'INT64' : 'DISTRIBUTION',
      valueExtractor: isCount ? null : 'EXTRACT(jsonPayload.value)',
      labelExtractors: Object.fromEntries(signal.labels.map((label) => [label, `EXTRACT(${labelPath(label)})`])),
      exponentialBuckets: isCount ? null : BUCKETS,
    },
    chart: { title: signal.title, unit: signal.unit, promql: chart(name, signal) },
    alerts: Object.fromEntries(
      signal.alerts.map((alert) => [
        `${alert.runbook}-${alert.severity}`,
        {
          severity: alert.severity,
          summary: alert.summary,
          promql: condition(name, signal, alert),
          durationSeconds: alert.when.kind === 'silent' ? 0 : alert.forMinutes * 60,
          runbook: alert.runbook,
        },
      ]),
    ),
  };
}

/** As it is called under logging.googleapis.com/user/. */
function metricName(name: string): string {
  return `daybook_${name}`;
}

/** Who wrote an entry stands in its own labels; everything else in the report. */
function labelPath(label: string): string {
  return label === 'function' ? 'labels.function' : `jsonPayload.labels.${label}`;
}

/** https://cloud.google.com/monitoring/promql/promql-mapping: the first slash becomes a colon, the others underscores. */
function series(name: string): string {
  return `logging_googleapis_com:user_${metricName(name)}`;
}

function by(labels: readonly string[]): string {
  return labels.length === 0 ? '' : ` by (${labels.join(', ')})`;
}

/** The mean of what was reported: a distribution's sum over its count is exact, whatever its buckets. */
function gauge(name: string, labels: readonly string[]): string {
  const part = (suffix: string) => `sum${by(labels)} (increase(${series(name)}_${suffix}[${GAUGE_WINDOW}]))`;
  return `${part('sum')} / ${part('count')}`;
}

function quantile(name: string, labels: readonly string[]): string {
  const buckets = `sum${by(['le', ...labels])} (rate(${series(name)}_bucket[${DURATION_WINDOW}]))`;
  return `histogram_quantile(0.95, ${buckets})`;
}

function increase(name: string, labels: readonly string[], minutes: number): string {
  return `sum${by(labels)} (increase(${series(name)}[${minutes}m]))`;
}

function chart(name: string, { kind, labels }: Signal): string {
  switch (kind) {
    case 'gauge':
      return gauge(name, labels);
    case 'duration':
      return quantile(name, labels);
    case 'count':
      return increase(name, labels, 5);
    default:
      return kind satisfies never;
  }
}

function condition(name: string, { labels }: Signal, { when, forMinutes }: Alert): string {
  return conditionOf(name, labels, when, forMinutes);
}

function conditionOf(name: string, labels: readonly string[], when: Condition, forMinutes: number): string {
  switch (when.kind) {
    case 'above':
      return `${gauge(name, labels)} > ${when.limit}`;
    case 'more_than':
      return `${increase(name, labels, when.inMinutes)} > ${when.limit}`;
    case 'slower_than':
      return `${quantile(name, labels)} > ${when.limit}`;
    case 'silent':
      return `absent_over_time(${series(name)}_count[${forMinutes}m])`;
    default:
      return when satisfies never;
  }
}
