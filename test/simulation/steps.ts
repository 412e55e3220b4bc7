import type { Amendment } from './telemetry.ts';

/** What happens next in a simulated month. */
export type Step =
  | { readonly kind: 'schedule'; readonly at: string; readonly name: string; readonly region?: string }
  | { readonly kind: 'aggregate'; readonly at: string; readonly region: string; readonly down?: true }
  | ({ readonly kind: 'late_samples' } & Amendment)
  | { readonly kind: 'drain' }
  | { readonly kind: 'open_off_cycle'; readonly contractId: string }
  | { readonly kind: 'review'; readonly runId: string }
  | { readonly kind: 'sign_off'; readonly runId: string }
  | { readonly kind: 'pay'; readonly customer: string }
  | { readonly kind: 'void'; readonly customer: string; readonly period: string }
  | { readonly kind: 'decide'; readonly adjustmentId: string }
  | { readonly kind: 'close'; readonly runId: string }
  | { readonly kind: 'replay' };

/** From the first daily job to a run that waits for its sign-off, with everything that a day's schedules do. */
const COLLECTING: readonly Step[] = [
  { kind: 'schedule', at: '2026-10-01T14:00:00Z', name: 'refresh-usage', region: 'us-east' },
  { kind: 'schedule', at: '2026-10-02T00:10:00Z', name: 'seal-audit-log' },
  { kind: 'aggregate', at: '2026-10-02T02:00:00Z', region: 'us-east' },
  { kind: 'aggregate', at: '2026-10-02T02:00:00Z', region: 'eu-west' },
  // The scheduler fires a second time; nothing has changed.
  { kind: 'aggregate', at: '2026-10-02T02:00:00Z', region: 'us-east' },
  { kind: 'drain' },
  { kind: 'schedule', at: '2026-10-02T03:30:00Z', name: 'enforce-retention' },
  // Late samples: the first day has a second revision.
  { kind: 'late_samples', region: 'us-east', project: 'acme-app', from: new Date('2026-10-01T15:00:00Z'), by: 17 },
  { kind: 'aggregate', at: '2026-10-02T09:00:00Z', region: 'us-east' },
  { kind: 'schedule', at: '2026-10-02T14:10:00Z', name: 'refresh-usage', region: 'us-east' },
  // A firing that comes after a later one: the newer figure stays.
  { kind: 'schedule', at: '2026-10-02T14:00:00Z', name: 'refresh-usage', region: 'us-east' },
  { kind: 'schedule', at: '2026-10-03T00:10:00Z', name: 'seal-audit-log' },
  // The second day, with one region's Prometheus down: a retry completes the period, and the run is rated.
  { kind: 'aggregate', at: '2026-10-03T02:00:00Z', region: 'us-east' },
  { kind: 'aggregate', at: '2026-10-03T02:00:00Z', region: 'eu-west', down: true },
  { kind: 'drain' },
  // The old month that was sealed yesterday is dropped; the one that is held stays.
  { kind: 'schedule', at: '2026-10-03T03:30:00Z', name: 'enforce-retention' },
  // Inputs change between the review and the sign-off: the run drops back and is rated again.
  { kind: 'review', runId: '2026-10' },
  { kind: 'late_samples', region: 'eu-west', project: 'acme-app', from: new Date('2026-10-02T10:00:00Z'), by: 1_000 },
  { kind: 'aggregate', at: '2026-10-03T11:00:00Z', region: 'eu-west' },
  { kind: 'drain' },
];

/** The sign-off, the invoices, a payment, and usage that changes afterwards. */
const ISSUING: readonly Step[] = [
  { kind: 'sign_off', runId: '2026-10' },
  { kind: 'drain' },
  { kind: 'pay', customer: 'acme' },
  // Inputs change after the sign-off: no invoice changes. Acme's is corrected; cedar's was never rated.
  { kind: 'late_samples', region: 'eu-west', project: 'acme-app', from: new Date('2026-10-02T12:00:00Z'), by: 500 },
  { kind: 'late_samples', region: 'eu-west', project: 'cedar-app', from: new Date('2026-10-02T12:00:00Z'), by: 3 },
  { kind: 'aggregate', at: '2026-10-03T18:00:00Z', region: 'eu-west' },
  { kind: 'drain' },
];

/** A contract that ended on the first day is billed at once, before the month that it left. */
const OFF_CYCLE: readonly Step[] = [
  { kind: 'open_off_cycle', contractId: 'dune-1' },
  { kind: 'drain' },
  { kind: 'sign_off', runId: '2026-10:dune-1' },
  { kind: 'drain' },
];

/** What comes after the issue: a void, the next month with what it carries and what people do in Stripe, a credit, the end. */
const AFTERWARDS: readonly Step[] = [
  { kind: 'void', customer: 'birch', period: '2026-10' },
  { kind: 'drain' },
  { kind: 'pay', customer: 'dune' },
  { kind: 'drain' },
  { kind: 'close', runId: '2026-10:dune-1' },
  { kind: 'schedule', at: '2026-10-04T00:10:00Z', name: 'seal-audit-log' },
  { kind: 'schedule', at: '2026-10-04T04:30:00Z', name: 'reconcile-stripe' },
  { kind: 'drain' },
  { kind: 'schedule', at: '2026-11-02T00:10:00Z', name: 'seal-audit-log' },
  ...(['2026-11-02T02:00:00Z', '2026-11-03T02:00:00Z'] as const).flatMap((at) =>
    ['us-east', 'eu-west'].map((region): Step => ({ kind: 'aggregate', at, region })),
  ),
  { kind: 'drain' },
  // Acme's draft is finalized by itself, birch's is edited by hand: the one is taken as it is, the other stops.
  { kind: 'sign_off', runId: '2026-11' },
  { kind: 'drain' },
  { kind: 'void', customer: 'birch', period: '2026-11' },
  { kind: 'drain' },
  // Most of what came late was a mistake: the correction is a credit, and over the limit, so that a person decides.
  { kind: 'late_samples', region: 'eu-west', project: 'acme-app', from: new Date('2026-10-02T12:00:00Z'), by: -400 },
  { kind: 'aggregate', at: '2026-10-03T21:00:00Z', region: 'eu-west' },
  { kind: 'drain' },
  { kind: 'decide', adjustmentId: '2026-10/acme/adjustment/2' },
  { kind: 'drain' },
  { kind: 'schedule', at: '2026-11-06T00:10:00Z', name: 'seal-audit-log' },
  { kind: 'schedule', at: '2026-11-06T04:30:00Z', name: 'reconcile-stripe' },
  // Two quarters on the month takes no usage any more.
  { kind: 'schedule', at: '2027-04-01T03:30:00Z', name: 'enforce-retention' },
];

/** All old messages once more: dead letters and seeks bring them back. */
const REPLAY: readonly Step[] = [{ kind: 'replay' }, { kind: 'drain' }];

/**
 * `close`: one month until its invoices are out and a first correction waits. `life`: the same with an off-cycle run,
 * and everything that can happen to invoices until the next month is billed and the first one sealed.
 */
export const STORIES = {
  close: [...COLLECTING, ...ISSUING, ...REPLAY],
  life: [...COLLECTING, ...OFF_CYCLE, ...ISSUING, ...AFTERWARDS, ...REPLAY],
} as const satisfies Record<string, readonly Step[]>;
export type Story = keyof typeof STORIES;
export const STORY_NAMES = Object.keys(STORIES) as readonly Story[];
