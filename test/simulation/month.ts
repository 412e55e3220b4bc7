import { approveRun } from '../../shared/billing/sign-off.ts';
import type { Tracer } from '../../shared/tracing/tracer.ts';
import { FINANCE, PERIOD } from './catalogue.ts';
import type { Disturbance } from './disturbance.ts';
import { drain, fire, insist, NeverEnds } from './drain.ts';
import type { PlantedBug } from './planted-bugs.ts';
import { brokenPromises } from './promises.ts';
import type { TracedEffect } from './seam.ts';
import type { Setting } from './setting.ts';
import { type MonthState, readState } from './state.ts';
import { type Amendment, amend } from './telemetry.ts';
import { SimulatedWorld } from './world.ts';

/** How a simulated month ended. */
export interface Month {
  /** Null when it never came to rest. */
  readonly state: MonthState | null;
  /** In words, each beginning with the promise's number; empty in a good month. */
  readonly broken: readonly string[];
  readonly trace: readonly TracedEffect[];
  readonly crashes: number;
}

type Step =
  | { readonly kind: 'aggregate'; readonly at: string; readonly region: string; readonly down?: true }
  | ({ readonly kind: 'late_samples' } & Amendment)
  | { readonly kind: 'drain' }
  | { readonly kind: 'sign_off' }
  | { readonly kind: 'pay' }
  | { readonly kind: 'replay' };

const PAYING_CUSTOMER = 'acme';

/** The month, from its first daily job to usage that changes after the invoices went out. */
const STEPS: readonly Step[] = [
  { kind: 'aggregate', at: '2026-10-02T02:00:00Z', region: 'us-east' },
  { kind: 'aggregate', at: '2026-10-02T02:00:00Z', region: 'eu-west' },
  // The scheduler fires a second time; nothing has changed.
  { kind: 'aggregate', at: '2026-10-02T02:00:00Z', region: 'us-east' },
  { kind: 'drain' },
  // Late samples: the first day has a second revision.
  { kind: 'late_samples', region: 'us-east', project: 'acme-app', from: new Date('2026-10-01T15:00:00Z'), by: 17 },
  { kind: 'aggregate', at: '2026-10-02T09:00:00Z', region: 'us-east' },
  // The second day, with one region's Prometheus down: a retry completes the period, and the run is rated.
  { kind: 'aggregate', at: '2026-10-03T02:00:00Z', region: 'us-east' },
  { kind: 'aggregate', at: '2026-10-03T02:00:00Z', region: 'eu-west', down: true },
  { kind: 'drain' },
  // Inputs change before the sign-off: the run drops back and is rated again.
  { kind: 'late_samples', region: 'eu-west', project: 'acme-app', from: new Date('2026-10-02T10:00:00Z'), by: 1_000 },
  { kind: 'aggregate', at: '2026-10-03T11:00:00Z', region: 'eu-west' },
  { kind: 'drain' },
  { kind: 'sign_off' },
  { kind: 'drain' },
  { kind: 'pay' },
  // Inputs change after the sign-off: no invoice changes. Acme's is corrected; cedar's was never rated.
  { kind: 'late_samples', region: 'eu-west', project: 'acme-app', from: new Date('2026-10-02T12:00:00Z'), by: 500 },
  { kind: 'late_samples', region: 'eu-west', project: 'cedar-app', from: new Date('2026-10-02T12:00:00Z'), by: 3 },
  { kind: 'aggregate', at: '2026-10-03T18:00:00Z', region: 'eu-west' },
  { kind: 'drain' },
  { kind: 'replay' },
  { kind: 'drain' },
];

export interface MonthOptions {
  readonly setting: Setting;
  readonly seed: number;
  readonly disturbance: Disturbance;
  readonly bug?: PlantedBug | undefined;
  readonly tracer?: Tracer | undefined;
}

/** Runs one month under a disturbance and checks it. The same options give the same month. */
export async function runMonth(options: MonthOptions): Promise<Month> {
  const world = await SimulatedWorld.open(options);
  const ended = (state: MonthState | null, broken: readonly string[]): Month => ({
    state,
    broken,
    trace: world.seam.trace,
    crashes: world.crashes,
  });
  try {
    for (const step of STEPS) await take(world, step);
    return ended(await readState(world), await brokenPromises(world));
  } catch (error) {
    if (error instanceof NeverEnds) return ended(null, [error.message]);
    throw error;
  } finally {
    await world.close(options.setting);
  }
}

async function take(world: SimulatedWorld, step: Step): Promise<void> {
  switch (step.kind) {
    case 'aggregate':
      return aggregate(world, step);
    case 'late_samples':
      amend(world.series, step);
      return;
    case 'drain':
      return drain(world);
    case 'sign_off':
      return signOff(world);
    case 'pay':
      return pay(world);
    case 'replay':
      // Dead letters and seeks bring old messages back, all of them at worst.
      if (world.permute) for (const message of world.messages.published) world.messages.offer(message);
      return;
    default:
      return step satisfies never;
  }
}

async function aggregate(world: SimulatedWorld, step: Extract<Step, { kind: 'aggregate' }>): Promise<void> {
  const scheduledFor = new Date(step.at);
  world.seam.moveTo(scheduledFor);
  if (step.down) world.prometheus.fail({ fault: 'unavailable', region: step.region });
  await fire(world, 'aggregate-usage', scheduledFor, step.region);
  if (world.permute && world.chance.percent(30)) await fire(world, 'aggregate-usage', scheduledFor, step.region);
  world.prometheus.mend();
}

/** A person who does not know whether it worked looks, and tries again when it did not. */
async function signOff(world: SimulatedWorld): Promise<void> {
  await insist(world, 'the sign-off', async () => {
    const outcome = await world.byHand('sign-off', async (processes) => {
      const decision = { runId: PERIOD, approver: FINANCE, why: 'it looks right' };
      return { status: 200, body: await approveRun(processes, decision) };
    });
    if (outcome.kind === 'answered') return true;
    const { rows } = await world.owner.query<{ status: string }>('select status from billing_runs');
    return rows[0]?.status === 'issuing';
  });
}

/** A customer pays; Stripe tells it by webhook. */
async function pay(world: SimulatedWorld): Promise<void> {
  const open = world.stripe
    .invoices()
    .find(({ status, metadata }) => status === 'open' && metadata.daybook_customer_id === PAYING_CUSTOMER);
  if (open !== undefined) world.stripe.pay(open.id);
}
