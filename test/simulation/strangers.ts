import type { Effects } from '../../shared/effects/effects.ts';
import type { PersonAct } from '../local-cloud/stripe/faults.ts';
import type { StripeStandIn } from '../local-cloud/stripe/server.ts';

/** What somebody else does in Stripe to the draft of a customer's period, as soon as its lines are there. */
interface Meddling {
  readonly customer: string;
  readonly period: string;
  readonly act: PersonAct;
}

const MEDDLINGS: readonly Meddling[] = [
  { customer: 'acme', period: '2026-11', act: 'finalize' },
  { customer: 'birch', period: '2026-11', act: 'edit_line_amount' },
];

/**
 * The seam with strangers behind it: before the first call to Stripe that finds a draft of theirs with lines, they act
 * on it, once. It is the obligation that they act on, so that neither order nor crashes change whom it hits.
 */
export function withStrangers(effects: Effects, stripe: StripeStandIn, acted: Set<Meddling>): Effects {
  const actNow = () => {
    for (const meddling of MEDDLINGS) {
      if (acted.has(meddling)) continue;
      const draft = stripe
        .invoices()
        .find(
          ({ id, status, metadata }) =>
            status === 'draft' &&
            metadata.daybook_customer_id === meddling.customer &&
            metadata.daybook_period === meddling.period &&
            stripe.linesOf(id).length > 0,
        );
      if (draft === undefined) continue;
      acted.add(meddling);
      stripe.act(draft.id, meddling.act);
    }
  };
  return {
    now: () => effects.now(),
    uuid: () => effects.uuid(),
    fraction: () => effects.fraction(),
    perform: (effect, run) =>
      effects.perform(effect, () => {
        if (effect.kind === 'http') actNow();
        return run();
      }),
  };
}

export type Acted = Set<Meddling>;
