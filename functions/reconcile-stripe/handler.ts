import { deliverAlerts } from '../../shared/alerts/deliver.ts';
import { differenceNotice } from '../../shared/alerts/difference-notice.ts';
import { raiseAlert } from '../../shared/alerts/raise.ts';
import { carryOutVoid } from '../../shared/billing/carry-out-void.ts';
import { type BillingPeriod, periodOf, previousPeriod } from '../../shared/calendar/billing-period.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { billingPeriodListUnsettled, invoiceVoidListApproved } from '../../shared/database/queries.generated.ts';
import { pacedStripe } from '../../shared/pace/paced-stripe.ts';
import { reconcile } from '../../shared/reconciliation/reconcile.ts';
import type { HttpHandler } from '../http.ts';
import { onSchedule } from '../schedule.ts';
import type { World } from '../world.ts';
import { manifest } from './manifest.ts';

const ACTOR = `service:${manifest.name}`;
const STRIPE_TIMEOUT_MS = 30_000;

/**
 * Carries out the voids that a crash or Stripe left behind, then compares. A repeat is safe: a void looks at what is
 * there, and a difference that is known is only seen again.
 */
export function create(world: World): HttpHandler {
  const stripe = pacedStripe(world, STRIPE_TIMEOUT_MS);
  const dependencies = { database: world.database, effects: world.effects, stripe };
  return onSchedule(async ({ scheduledFor }) => {
    for (const { invoice_id: invoiceId } of await world.database.rows(invoiceVoidListApproved, {})) {
      const outcome = await carryOutVoid(dependencies, invoiceId, ACTOR);
      world.logger.log(outcome.kind === 'failed' ? 'WARNING' : 'INFO', `void of ${invoiceId}: ${outcome.kind}`, {
        outcome,
      });
    }
    const outcome = await reconcile(
      dependencies,
      await periodsAt(world, scheduledFor),
      ACTOR,
      async (transaction, summary) => {
        if (summary.fresh > 0)
          await raiseAlert(transaction, world.effects.now(), differenceNotice(summary, scheduledFor));
      },
    );
    await deliverAlerts(world, ACTOR);
    if (outcome.kind === 'unreadable') {
      world.logger.log('ERROR', `Stripe could not be read to its end: ${outcome.reason}`);
      return { status: 503, body: { error: outcome.reason } };
    }
    return { status: 200, body: outcome };
  });
}

/** How far back what has not ended is looked at: Stripe's list is read from the oldest month on. */
const MOST_MONTHS = 12;

/**
 * The month of the instant, for what is billed inside of it, the two before, which are being issued and paid, and every
 * other of the last twelve in which an invoice has not ended or a difference is live.
 */
async function periodsAt({ database }: World, instant: Date): Promise<readonly BillingPeriod[]> {
  const current = periodOf(utcDay(instant.toISOString().slice(0, 10)));
  const recent = [current];
  while (recent.length < MOST_MONTHS) recent.unshift(previousPeriod(recent[0] ?? current));
  const unsettled = await database.rows(billingPeriodListUnsettled, { oldest: recent[0] ?? current });
  const wanted = new Set<string | null>([...recent.slice(-3), ...unsettled.map(({ period }) => period)]);
  return recent.filter((period) => wanted.has(period));
}
