import type { Effect, Effects } from '../effects/effects.ts';
import { type Call, currentCall } from './current.ts';
import type { Attributes } from './tracer.ts';

/** One exchange with another system, when it has ended. */
export interface OutsideCall {
  /** `stripe`, `prometheus`, `bigquery`, `slack`, `scheduler`, `pubsub`. */
  readonly system: string;
  /** The effect's name: the same for every object of a kind. */
  readonly call: string;
  /** The answer's status, `answered` when it carries none, `failed` when there was no answer. */
  readonly status: string;
  readonly seconds: number;
}

/**
 * The seam, seen: each exchange with another system and each publishing is a span of the call that it belongs to;
 * statements are counted and timed on the call's own span. Effects go through unchanged, and so do their failures.
 */
export function tracedEffects(effects: Effects, told: (call: OutsideCall) => void = () => undefined): Effects {
  return {
    now: () => effects.now(),
    uuid: () => effects.uuid(),
    fraction: () => effects.fraction(),
    perform: (effect, run) => {
      const through = () => effects.perform(effect, run);
      switch (effect.kind) {
        case 'sql':
          return timedStatement(currentCall(), through);
        case 'http':
          return inSpan(effects, effect, through, told);
        case 'publish':
          return inSpan(effects, effect, through);
        case 'acknowledge':
        case 'timer':
          return through();
        default:
          return effect.kind satisfies never;
      }
    },
  };
}

async function timedStatement<T>(call: Call | undefined, run: () => Promise<T>): Promise<T> {
  if (call === undefined) return run();
  const begun = performance.now();
  try {
    return await run();
  } finally {
    call.sql.statements += 1;
    call.sql.milliseconds += performance.now() - begun;
  }
}

async function inSpan<T>(
  effects: Effects,
  effect: Effect,
  run: () => Promise<T>,
  told?: (call: OutsideCall) => void,
): Promise<T> {
  const call = currentCall();
  const startedAt = effects.now();
  const span = call?.tracer?.start({
    name: effect.kind === 'publish' ? `publish ${effect.name}` : effect.name,
    kind: effect.kind === 'publish' ? 'producer' : 'client',
    parent: call.context,
    links: [],
    startedAt,
    attributes: attributesOf(effect, call),
  });
  const begun = performance.now();
  const ended = (status: string, failure?: string) => {
    const milliseconds = Math.round(performance.now() - begun);
    told?.({ system: systemOf(effect), call: effect.name, status, seconds: milliseconds / 1_000 });
    span?.set({ 'daybook.status': status });
    span?.end(new Date(startedAt.getTime() + milliseconds), failure);
  };
  try {
    const result = await run();
    const status = statusOf(result);
    ended(status, Number(status) >= 400 ? `status ${status}` : undefined);
    return result;
  } catch (error) {
    ended('failed', error instanceof Error ? error.name : 'error');
    throw error;
  }
}

function attributesOf(effect: Effect, call: Call): Attributes {
  const { invoice, run } = call.labels;
  return {
    'daybook.effect': effect.kind,
    ...(invoice === undefined ? {} : { 'daybook.invoice': invoice }),
    ...(run === undefined ? {} : { 'daybook.run': run }),
  };
}

/** The adapters name their effects after the system; Stripe's by their path. */
function systemOf({ name }: Effect): string {
  return ['prometheus', 'bigquery', 'slack', 'scheduler', 'pubsub'].find((system) => name.includes(system)) ?? 'stripe';
}

function statusOf(result: unknown): string {
  if (result instanceof Response) return String(result.status);
  const status = typeof result === 'object' && result !== null && 'status' in result ? result.status : undefined;
  return typeof status === 'number' ? String(status) : 'answered';
}
