import { describe, expect, test } from 'vitest';
import { scaled } from '../scale.ts';
import { makeDraft, send, step } from '../stripe/stand-in.ts';
import { startWebhookTest } from './fixture.ts';

/** How an invoice can end in Stripe: what is done there, which events it sends, and what it is here afterwards. */
const ENDS = [
  { name: 'paid', acts: ['pay'], last: ['invoice.paid'], here: 'paid' },
  { name: 'voided', acts: ['void'], last: ['invoice.voided'], here: 'void' },
  {
    name: 'uncollectible',
    acts: ['mark_uncollectible'],
    last: ['invoice.marked_uncollectible'],
    here: 'uncollectible',
  },
  {
    name: 'uncollectible, then paid',
    acts: ['mark_uncollectible', 'pay'],
    last: ['invoice.marked_uncollectible', 'invoice.paid'],
    here: 'paid',
  },
] as const;
const FIRST = ['invoice.created', 'invoice.finalized', 'invoice.updated'] as const;

/** Every order of the items in which each comes twice, without telling the two apart. */
function* doubledOrders(
  items: readonly string[],
  left = new Map(items.map((item) => [item, 2])),
): Generator<readonly string[]> {
  if ([...left.values()].every((count) => count === 0)) yield [];
  for (const item of items) {
    const count = left.get(item) ?? 0;
    if (count === 0) continue;
    for (const rest of doubledOrders(items, new Map(left).set(item, count - 1))) yield [item, ...rest];
  }
}

/** `count` of the orders, spread evenly over all of them. */
function spread(all: readonly (readonly string[])[], count: number): readonly (readonly string[])[] {
  const stride = Math.max(1, Math.floor(all.length / count));
  return all.filter((_order, index) => index % stride === 0);
}

test('the orders are all there: 8! / 2⁴ of four events that come twice', () => {
  expect([...doubledOrders([...FIRST, 'invoice.paid'])]).toHaveLength(2_520);
});

describe.each(ENDS)('promise 17: $name in Stripe', ({ acts, last, here }) => {
  test('every order of its events, each twice and some before our own record is complete, ends in the same state', async () => {
    const webhook = await startWebhookTest('verified');
    const { test: db, standIn, client, localInvoice } = webhook;
    const orders = spread([...doubledOrders([...FIRST, ...last])], scaled(18, 2_520));
    for (const [index, order] of orders.entries()) {
      const invoice = { ...localInvoice, generation: index + 1 };
      const draft = await makeDraft({ client, invoice });
      await send(client, step(invoice, 'finalize'), draft.id);
      await reset(db, draft.id);
      const waiting = order.map((type) => ({ id: `evt_${type.replaceAll('.', '_')}`, type }));
      const todo = [...acts];
      // Our own record is complete after so many deliveries.
      let untilFinished = index % (order.length + 1);
      for (let deliveries = 0; waiting.length > 0; deliveries += 1) {
        if (deliveries > 100) throw new Error(`${order.join(', ')} does not end: ${JSON.stringify(waiting)}`);
        if (untilFinished === 0) await finish(db);
        untilFinished -= 1;
        const next = waiting.shift();
        if (next === undefined) break;
        // Stripe speaks of what has happened there.
        while (todo.length > 0 && needs(next.type, todo)) await act(webhook, draft.id, todo.shift());
        const { status } = await webhook.deliver({ ...next, object: draft.id });
        if (status === 503) waiting.push(next);
        else expect(status, order.join(', ')).toBe(200);
      }
      expect((await webhook.invoice()).status, order.join(', ')).toBe(here);
      const kept = await webhook.events();
      expect(kept.map(({ event_id }) => event_id)).toEqual(
        [...FIRST, ...last].map((type) => `evt_${type.replaceAll('.', '_')}`).sort(),
      );
      expect(kept.filter(({ outcome }) => outcome === 'applied').length, order.join(', ')).toBeGreaterThanOrEqual(1);
      expect(kept.filter(({ reason }) => reason === 'contradicts_final_state')).toEqual([]);
    }
    expect(standIn.events().length).toBeGreaterThan(orders.length);
  });
});

type Act = (typeof ENDS)[number]['acts'][number];

/** Whether an event can only be sent after the next act. */
function needs(type: string, todo: readonly Act[]): boolean {
  const sends: Readonly<Record<string, Act>> = {
    'invoice.paid': 'pay',
    'invoice.voided': 'void',
    'invoice.marked_uncollectible': 'mark_uncollectible',
  };
  const act = sends[type];
  return act !== undefined && todo.includes(act);
}

async function act(
  webhook: Awaited<ReturnType<typeof startWebhookTest>>,
  id: string,
  what: Act | undefined,
): Promise<void> {
  if (what === 'pay') webhook.standIn.pay(id);
  else if (what !== undefined) await webhook.inStripe(what, id);
}

async function reset({ owner }: { owner: Awaited<ReturnType<typeof startWebhookTest>>['test']['owner'] }, id: string) {
  await owner.query('set session_replication_role = replica');
  await owner.query('delete from stripe_events');
  await owner.query(`update invoices set status = 'verified', stripe_invoice_id = $1`, [id]);
  await owner.query('set session_replication_role = origin');
}

/** As whoever finalises an invoice records it itself. */
async function finish({ owner }: { owner: Awaited<ReturnType<typeof startWebhookTest>>['test']['owner'] }) {
  await owner.query(`update invoices set status = 'finalized' where status = 'verified'`);
}
