import { approveRun } from '../../../shared/billing/sign-off.ts';
import { billingRunFind } from '../../../shared/database/queries.generated.ts';
import { publishOutbox } from '../../../shared/events/outbox.ts';
import { tracedCall } from '../../../shared/tracing/traced-call.ts';
import type { Stack } from '../stack/stack.ts';
import { CUSTOMERS } from '../telemetry/scenario.ts';
import { retryUntil, settle } from './month.ts';
import { FINANCE } from './people.ts';
import { DEMO_PERIOD } from './period.ts';
import type { Progress } from './progress.ts';

const WHY = 'totals and differences reviewed: the demo month may go to the customers';
const MOST_ROUNDS = 10;
const RETRY_WINDOW_MS = 6 * 3_600_000;

/**
 * Brings the month's run from its last checkpoint to issued invoices: rated, signed off by finance, in Stripe. Goes on
 * from wherever an earlier start stopped, and returns the run's status.
 */
export async function closeMonth(stack: Stack, progress: Progress): Promise<string> {
  const { database, effects } = stack.world;
  let status = 'missing';
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    await settle(stack);
    status = (await database.first(billingRunFind, { run_id: DEMO_PERIOD }))?.status ?? 'missing';
    if (status === 'issued' || status === 'closed') break;
    if (status === 'in_review') {
      progress.step('Rated; finance signs off');
      await signOff(stack);
    } else {
      progress.step(`The run of ${DEMO_PERIOD} is ${status.replaceAll('_', ' ')}`);
      await retryUntil(stack, new Date(effects.now().getTime() + RETRY_WINDOW_MS));
    }
  }
  return status;
}

/** As `daybook run approve` does it, in a trace of its own that the invoices' link to. */
async function signOff({ world }: Stack): Promise<void> {
  const tracer = (await world.tracer?.()) ?? null;
  const start = {
    name: 'daybook run approve',
    kind: 'server',
    parent: null,
    links: [],
    labels: { run: DEMO_PERIOD },
  } as const;
  await tracedCall(
    tracer,
    () => world.effects.now(),
    start,
    async () => {
      const outcome = await approveRun(world, { runId: DEMO_PERIOD, approver: FINANCE, why: WHY });
      if (outcome.kind === 'refused') throw new Error(`The sign-off was refused: ${outcome.reason}`);
      await publishOutbox(world.database, world.publisher, world.effects, FINANCE);
    },
  );
}

/** The pay-as-you-go customers pay what is open, in Stripe; the webhooks tell. */
export async function payOpenInvoices(stack: Stack): Promise<void> {
  const paying = new Set(CUSTOMERS.filter(({ segment }) => segment === 'pay-as-you-go').map(({ id }) => id));
  const names = new Map(
    stack.stripe.customers().map((customer) => [customer.id, customer.metadata.daybook_customer_id ?? '']),
  );
  for (const invoice of stack.stripe.invoices()) {
    if (invoice.status === 'open' && paying.has(names.get(invoice.customer) ?? '')) stack.stripe.pay(invoice.id);
  }
  await settle(stack);
}
