import type { World } from '../../functions/world.ts';
import { carryOutVoid } from '../../shared/billing/carry-out-void.ts';
import { closeRun } from '../../shared/billing/close-run.ts';
import { openOffCycleRun } from '../../shared/billing/off-cycle-run.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { approveVoid, askVoid } from '../../shared/billing/void-invoice.ts';
import { decideAdjustment } from '../../shared/corrections/decide.ts';
import { pacedStripe } from '../../shared/pace/paced-stripe.ts';
import { APPROVER, FINANCE } from './catalogue.ts';
import { insist, NeverEnds } from './drain.ts';
import type { SimulatedWorld } from './world.ts';

const STRIPE_TIMEOUT_MS = 20_000;
const WHY = 'it looks right';

/** A person who does not know whether it worked does it again; what was done before is refused, and that is an answer. */
function byHand(world: SimulatedWorld, name: string, deed: (processes: World) => Promise<unknown>): Promise<void> {
  return insist(world, name, async () => {
    const outcome = await world.byHand(name, async (processes) => ({ status: 200, body: await deed(processes) }));
    return outcome.kind === 'answered';
  });
}

/** A person looks at a run, and notes the digest of what there is to see. */
export async function review(world: SimulatedWorld, runId: string): Promise<void> {
  const { rows } = await world.owner.query<{ digest: string }>('select run_review_digest($1) as digest', [runId]);
  world.reviewed.set(runId, rows[0]?.digest ?? '');
}

/** Signs off what was reviewed; refused because it has changed since, they look again. */
export async function signOff(world: SimulatedWorld, runId: string): Promise<void> {
  const decision = { runId, approver: FINANCE, why: WHY };
  const noted = world.reviewed.get(runId);
  if (noted !== undefined)
    await byHand(world, 'sign-off of old', async (processes) => {
      const reviewed = world.bug?.forgetsReview ? {} : { reviewed: noted };
      const outcome = await approveRun(processes, { ...decision, ...reviewed });
      if (outcome.kind === 'approved')
        world.seen.push(`promise 9: ${runId} was signed off as something else than what was reviewed`);
    });
  await review(world, runId);
  const reviewed = world.reviewed.get(runId) ?? '';
  await byHand(world, 'sign-off', (processes) => approveRun(processes, { ...decision, reviewed }));
}

export function openOffCycle(world: SimulatedWorld, contractId: string): Promise<void> {
  return byHand(world, 'open off cycle', (processes) => openOffCycleRun(processes, contractId, APPROVER));
}

export function decide(world: SimulatedWorld, adjustmentId: string): Promise<void> {
  return byHand(world, 'decide', (processes) =>
    decideAdjustment(processes, { adjustmentId, decision: 'approved', approver: FINANCE, why: WHY }),
  );
}

export function close(world: SimulatedWorld, runId: string): Promise<void> {
  return byHand(world, 'close', (processes) => closeRun(processes, { runId, actor: FINANCE, why: WHY, leave: [] }));
}

/** One asks, another approves and carries it out. */
export async function voidInvoice(world: SimulatedWorld, customer: string, period: string): Promise<void> {
  const { rows } = await world.owner.query<{ invoice_id: string }>(
    `select invoice_id from invoices where customer_id = $1 and period = $2 and status not in ('superseded', 'void')`,
    [customer, period],
  );
  const invoiceId = rows[0]?.invoice_id;
  if (invoiceId === undefined)
    throw new NeverEnds(`${customer} has no invoice of ${period} to void; the last error: ${world.lastError}`);
  await byHand(world, 'ask for a void', (processes) =>
    askVoid(processes, { invoiceId, actor: APPROVER, why: 'agreed otherwise' }),
  );
  await byHand(world, 'void', async (processes) => {
    const { database, effects } = processes;
    await approveVoid(processes, { invoiceId, actor: FINANCE, why: WHY });
    return carryOutVoid({ database, effects, stripe: pacedStripe(processes, STRIPE_TIMEOUT_MS) }, invoiceId, FINANCE);
  });
}

/** A customer pays; Stripe tells it by webhook. */
export function pay(world: SimulatedWorld, customer: string): void {
  const open = world.stripe
    .invoices()
    .find(({ status, metadata }) => status === 'open' && metadata.daybook_customer_id === customer);
  if (open !== undefined) world.stripe.pay(open.id);
}
