import type { FaultRule, StripeFault } from '../local-cloud/stripe/faults.ts';
import type { Chance } from './random.ts';
import type { TracedEffect } from './seam.ts';
import type { Story } from './steps.ts';

/**
 * What happens to one effect.
 * `crash`: the process ends there. `fail`: the effect throws and the process goes on, as after a lost connection.
 * `conflict`: PostgreSQL ends the transaction with a serialization failure (40001) instead of running the statement.
 */
export interface Strike {
  readonly how: 'crash' | 'fail' | 'conflict';
  /** Effects are numbered from 1, over restarts. */
  readonly effect: number;
  /** Whether the effect itself has happened. */
  readonly when: 'before' | 'after';
}

/** Everything that goes wrong in one simulated month. The same one, under the same seed, is the same month again. */
export interface Disturbance {
  readonly strikes: readonly Strike[];
  /** Messages and webhooks come in any order, doubled, late; schedules fire twice. */
  readonly permute: boolean;
  readonly stripe: readonly FaultRule[];
}

export const UNDISTURBED: Disturbance = { strikes: [], permute: false, stripe: [] };

/** How far behind the first crash the second of a pair is: inside the recovery. */
const PAIR_DISTANCE = 60;

const STRIPE_FAULTS = {
  drop_request: { kind: 'drop_request' },
  drop_reply: { kind: 'drop_reply' },
  cut_reply: { kind: 'cut_reply' },
  not_json: { kind: 'not_json' },
  conflict: { kind: 'conflict' },
  rate_limit: { kind: 'rate_limit', retryAfterSeconds: 2 },
  server_error: { kind: 'server_error', stored: false },
  stored_server_error: { kind: 'server_error', stored: true },
  server_error_after_effect: { kind: 'server_error_after_effect' },
} as const satisfies Record<string, StripeFault>;

export const STRIPE_FAULT_NAMES = Object.keys(STRIPE_FAULTS) as readonly (keyof typeof STRIPE_FAULTS)[];

/** A fault of Stripe at its nth call of one kind: `drop_reply@2` (a write), `server_error@GET:1`. Throws on anything else. */
export function parseStripeFault(text: string): FaultRule {
  const [, name = '', method = 'POST', call = ''] = /^(\w+)@(?:(GET|POST):)?([1-9]\d*)$/.exec(text) ?? [];
  const fault = STRIPE_FAULTS[name as keyof typeof STRIPE_FAULTS];
  if (fault === undefined)
    throw new RangeError(
      `"${text}" is no fault of Stripe; write NAME@CALL with one of ${STRIPE_FAULT_NAMES.join(', ')}`,
    );
  return { method: method === 'GET' ? 'GET' : 'POST', call: Number.parseInt(call, 10), fault };
}

/** Reads `123:after`, or `123`, which is before. Throws on anything else. */
export function parseStrike(how: Strike['how'], text: string): Strike {
  const match = /^([1-9]\d*)(?::(before|after))?$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" names no effect; write its number and a side, like 123:after`);
  return { how, effect: Number.parseInt(match[1] ?? '', 10), when: match[2] === 'after' ? 'after' : 'before' };
}

/** The arguments of `npm run simulate` that repeat a disturbance. */
export function argumentsOf(story: Story, seed: number, { strikes, permute, stripe }: Disturbance): string {
  return [
    `--story ${story}`,
    `--seed ${seed}`,
    ...strikes.map(({ how, effect, when }) => `--${how} ${effect}:${when}`),
    ...(permute ? ['--permute'] : []),
    ...stripe.map((rule) => `--stripe ${stripeText(rule)}`),
  ].join(' ');
}

function stripeText({ method, call, fault }: FaultRule): string {
  const name = STRIPE_FAULT_NAMES.find((one) => JSON.stringify(STRIPE_FAULTS[one]) === JSON.stringify(fault));
  return `${name}@${method === 'GET' ? 'GET:' : ''}${call}`;
}

/**
 * Every place where one crash can make a difference. Within a call a crash after an effect is one before the next, so
 * that of the places before effects only the first of each call is left to try.
 */
export function everyCrash(trace: readonly TracedEffect[]): Disturbance[] {
  return trace.flatMap(({ number, firstOfCall }) => [
    ...(firstOfCall ? [crashes({ how: 'crash', effect: number, when: 'before' })] : []),
    crashes({ how: 'crash', effect: number, when: 'after' }),
  ]);
}

function crashes(...strikes: readonly Strike[]): Disturbance {
  return { ...UNDISTURBED, strikes };
}

export const KINDS = ['crash', 'pair', 'fail', 'conflict', 'permute', 'stripe', 'storm'] as const;
export type DisturbanceKind = (typeof KINDS)[number];

/** A disturbance of a kind, by chance. `effects` is how many the undisturbed month has. */
export function anyDisturbance(kind: DisturbanceKind, chance: Chance, effects: number): Disturbance {
  const strike = (how: Strike['how'], from = 0, distance = effects): Strike => ({
    how,
    effect: from + 1 + chance.below(distance),
    when: chance.percent(50) ? 'before' : 'after',
  });
  switch (kind) {
    case 'crash':
      return crashes(strike('crash'));
    case 'pair': {
      const first = strike('crash');
      return crashes(first, strike('crash', first.effect, PAIR_DISTANCE));
    }
    case 'fail':
      return crashes(strike('fail'));
    case 'conflict':
      return crashes({ ...strike('conflict'), when: 'before' });
    case 'permute':
      return { ...UNDISTURBED, permute: true };
    case 'stripe':
      return { ...UNDISTURBED, stripe: [anyStripeFault(chance), anyStripeFault(chance)] };
    case 'storm':
      return { strikes: [strike('crash'), strike('fail')], permute: true, stripe: [anyStripeFault(chance)] };
    default:
      return kind satisfies never;
  }
}

function anyStripeFault(chance: Chance): FaultRule {
  const method = chance.percent(25) ? 'GET:' : '';
  return parseStripeFault(`${chance.pick(STRIPE_FAULT_NAMES)}@${method}${1 + chance.below(8)}`);
}
