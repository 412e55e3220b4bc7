import type { Tracer } from '../../shared/tracing/tracer.ts';
import type { Disturbance } from './disturbance.ts';
import { drain, fire, NeverEnds } from './drain.ts';
import { close, decide, openOffCycle, pay, review, signOff, voidInvoice } from './people.ts';
import type { PlantedBug } from './planted-bugs.ts';
import { brokenPromises } from './promises.ts';
import type { TracedEffect } from './seam.ts';
import type { Setting } from './setting.ts';
import { type MonthState, readState } from './state.ts';
import { STORIES, type Step, type Story } from './steps.ts';
import { amend } from './telemetry.ts';
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

export interface MonthOptions {
  readonly setting: Setting;
  readonly seed: number;
  readonly disturbance: Disturbance;
  /** `close` unless it says otherwise. */
  readonly story?: Story | undefined;
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
    for (const step of STORIES[options.story ?? 'close']) await take(world, step);
    return ended(await readState(world), [...world.seen, ...(await brokenPromises(world))]);
  } catch (error) {
    if (error instanceof NeverEnds) return ended(null, [...world.seen, error.message]);
    throw error;
  } finally {
    await world.close(options.setting);
  }
}

async function take(world: SimulatedWorld, step: Step): Promise<void> {
  switch (step.kind) {
    case 'schedule':
      return fireTwiceAtTimes(world, step.name, new Date(step.at), step.region);
    case 'aggregate':
      return aggregate(world, step);
    case 'late_samples':
      amend(world.series, step);
      return;
    case 'drain':
      return drain(world);
    case 'open_off_cycle':
      return openOffCycle(world, step.contractId);
    case 'review':
      return review(world, step.runId);
    case 'sign_off':
      return signOff(world, step.runId);
    case 'pay':
      pay(world, step.customer);
      return;
    case 'void':
      return voidInvoice(world, step.customer, step.period);
    case 'decide':
      return decide(world, step.adjustmentId);
    case 'close':
      return close(world, step.runId);
    case 'replay':
      // Dead letters and seeks bring old messages back, all of them at worst.
      if (world.permute) for (const message of world.messages.published) world.messages.offer(message);
      return;
    default:
      return step satisfies never;
  }
}

async function aggregate(world: SimulatedWorld, step: Extract<Step, { kind: 'aggregate' }>): Promise<void> {
  if (step.down) world.prometheus.fail({ fault: 'unavailable', region: step.region });
  await fireTwiceAtTimes(world, 'aggregate-usage', new Date(step.at), step.region);
  world.prometheus.mend();
}

/** As Cloud Scheduler does: at least once. */
async function fireTwiceAtTimes(world: SimulatedWorld, name: string, at: Date, region?: string): Promise<void> {
  world.seam.moveTo(at);
  await fire(world, name, at, region);
  if (world.permute && world.chance.percent(30)) await fire(world, name, at, region);
}
