/**
 * What is watched while Daybook runs. A *signal* is an operational figure; the word metric belongs to what customers are
 * billed for. From this one table come the console's page, `daybook status`, the table in this room's README, and the
 * log-based metrics, dashboard and alert policies of the deployment.
 */
export interface Signal {
  readonly title: string;
  /**
   * `gauge`: a figure of the database as it stands, reported by `report-metrics`. `duration`: seconds that one thing
   * took, reported when it ended. `count`: log entries that match `filter`.
   */
  readonly kind: 'gauge' | 'duration' | 'count';
  /** UCUM, as Cloud Monitoring takes it. */
  readonly unit: 's' | '1';
  readonly labels: readonly string[];
  readonly help: string;
  /** Only of counts: Cloud Logging's filter. */
  readonly filter?: string;
  readonly alerts: readonly Alert[];
}

/** When a signal asks for somebody. `runbook` is the anchor of what to do. */
export interface Alert {
  readonly runbook: string;
  readonly severity: 'warning' | 'critical';
  readonly when: Condition;
  /** Minutes for which it must hold. */
  readonly forMinutes: number;
  readonly summary: string;
}

export type Condition =
  | { readonly kind: 'above'; readonly limit: number }
  /** A count above the limit in so many minutes. */
  | { readonly kind: 'more_than'; readonly limit: number; readonly inMinutes: number }
  /** The 95th percentile of a duration. */
  | { readonly kind: 'slower_than'; readonly limit: number }
  /** Nothing was reported: what watches does not run. */
  | { readonly kind: 'silent' };

const HOUR = 3_600;

export const SIGNALS = {
  checkpoint_age_seconds: {
    title: 'Age of the last checkpoint',
    kind: 'gauge',
    unit: 's',
    labels: ['region', 'source'],
    help: 'since the end of the last day that a region’s source has a complete checkpoint for',
    alerts: [
      {
        runbook: 'checkpoint-age',
        severity: 'critical',
        when: { kind: 'above', limit: 36 * HOUR },
        forMinutes: 30,
        summary: 'a region’s source has no checkpoint of the last day',
      },
    ],
  },
  cells_missing: {
    title: 'Missing cells',
    kind: 'gauge',
    unit: '1',
    labels: ['period'],
    help: 'region × source × day cells of days that are over, neither complete nor waived',
    alerts: [
      {
        runbook: 'usage-incomplete',
        severity: 'warning',
        when: { kind: 'above', limit: 0 },
        forMinutes: 360,
        summary: 'usage of days that are over is missing, and the period cannot close',
      },
    ],
  },
  completeness_ratio: {
    title: 'Completeness',
    kind: 'gauge',
    unit: '1',
    labels: ['period'],
    help: 'share of the required cells of days that are over which are complete or waived; 1 is all',
    alerts: [],
  },
  run_stage: {
    title: 'Run stage',
    kind: 'gauge',
    unit: '1',
    labels: ['period', 'stage'],
    help: '1 for the stage that a billing run is in; closed runs are left out',
    alerts: [],
  },
  runs_failed: {
    title: 'Failed runs',
    kind: 'gauge',
    unit: '1',
    labels: [],
    help: 'billing runs in rating_failed or issuing_failed',
    alerts: [
      {
        runbook: 'run-failed',
        severity: 'critical',
        when: { kind: 'above', limit: 0 },
        forMinutes: 5,
        summary: 'a billing run stands in a failed state',
      },
    ],
  },
  run_progress_ratio: {
    title: 'Run progress',
    kind: 'gauge',
    unit: '1',
    labels: ['period', 'step'],
    help: 'share of a run’s shards that are rated, and of its released invoices that stand final in Stripe',
    alerts: [],
  },
  invoices: {
    title: 'Invoices by state',
    kind: 'gauge',
    unit: '1',
    labels: ['period', 'status'],
    help: 'invoices of the runs that are not closed',
    alerts: [],
  },
  exceptions_open: {
    title: 'Open exceptions',
    kind: 'gauge',
    unit: '1',
    labels: ['class'],
    help: 'exceptions that are neither resolved nor waived',
    alerts: [],
  },
  exceptions_for_person: {
    title: 'Exceptions for a person',
    kind: 'gauge',
    unit: '1',
    labels: ['class'],
    help: 'open exceptions that no policy tries again',
    alerts: [
      {
        runbook: 'exceptions-for-a-person',
        severity: 'warning',
        when: { kind: 'above', limit: 0 },
        forMinutes: 60,
        summary: 'an exception waits for somebody to decide',
      },
    ],
  },
  exception_age_seconds: {
    title: 'Age of the oldest exception',
    kind: 'gauge',
    unit: 's',
    labels: ['class'],
    help: 'since the oldest open exception of the class was opened',
    alerts: [
      {
        runbook: 'exceptions-for-a-person',
        severity: 'critical',
        when: { kind: 'above', limit: 48 * HOUR },
        forMinutes: 30,
        summary: 'an exception has been open for two days',
      },
    ],
  },
  outbox_waiting: {
    title: 'Facts in the outbox',
    kind: 'gauge',
    unit: '1',
    labels: [],
    help: 'committed facts that are not published yet',
    alerts: [
      {
        runbook: 'no-signals',
        severity: 'critical',
        when: { kind: 'silent' },
        forMinutes: 20,
        summary: 'report-metrics has reported nothing for twenty minutes: nobody watches',
      },
    ],
  },
  outbox_lag_seconds: {
    title: 'Outbox lag',
    kind: 'gauge',
    unit: 's',
    labels: [],
    help: 'age of the oldest fact that is not published; 0 when none waits',
    alerts: [
      {
        runbook: 'outbox-lag',
        severity: 'critical',
        when: { kind: 'above', limit: 15 * 60 },
        forMinutes: 5,
        summary: 'committed facts do not leave: sweep-outbox or Pub/Sub does not work',
      },
    ],
  },
  dead_letters_waiting: {
    title: 'Dead letters',
    kind: 'gauge',
    unit: '1',
    labels: ['subscription'],
    help: 'messages put aside that nobody has replayed or discarded',
    alerts: [
      {
        runbook: 'dead-letters',
        severity: 'critical',
        when: { kind: 'above', limit: 0 },
        forMinutes: 5,
        summary: 'a message could not be applied and was put aside',
      },
    ],
  },
  alerts_unsent: {
    title: 'Alerts not sent',
    kind: 'gauge',
    unit: '1',
    labels: [],
    help: 'alerts that have not reached Slack',
    alerts: [
      {
        runbook: 'alerts-unsent',
        severity: 'warning',
        when: { kind: 'above', limit: 0 },
        forMinutes: 60,
        summary: 'alerts do not reach Slack',
      },
    ],
  },
  call_duration_seconds: {
    title: 'Calls to other systems',
    kind: 'duration',
    unit: 's',
    labels: ['system', 'call', 'status'],
    help: 'time of one call to Stripe, Prometheus, BigQuery or Slack, with its answer’s status',
    alerts: [
      {
        runbook: 'outside-slow',
        severity: 'warning',
        when: { kind: 'slower_than', limit: 10 },
        forMinutes: 15,
        summary: 'another system answers slowly',
      },
    ],
  },
  stripe_limited: {
    title: 'Stripe’s limit met',
    kind: 'count',
    unit: '1',
    labels: ['call'],
    help: 'calls that Stripe refused with 429: more requests than it allows',
    filter:
      'jsonPayload.signal="call_duration_seconds" AND jsonPayload.labels.system="stripe" AND jsonPayload.labels.status="429"',
    alerts: [
      {
        runbook: 'stripe-limit',
        severity: 'warning',
        when: { kind: 'more_than', limit: 20, inMinutes: 10 },
        forMinutes: 0,
        summary: 'Stripe refuses requests because there are too many',
      },
    ],
  },
  function_errors: {
    title: 'Errors of functions',
    kind: 'count',
    unit: '1',
    labels: ['function'],
    help: 'log entries of severity ERROR and above',
    filter: 'severity>=ERROR AND labels.function:*',
    alerts: [
      {
        runbook: 'function-errors',
        severity: 'warning',
        when: { kind: 'more_than', limit: 5, inMinutes: 15 },
        forMinutes: 0,
        summary: 'a function fails again and again',
      },
    ],
  },
} as const satisfies Record<string, Signal>;

export type SignalName = keyof typeof SIGNALS;
export const SIGNAL_NAMES = Object.keys(SIGNALS) as readonly SignalName[];
