import { describe, expect, test } from 'vitest';
import { carryOutVoid } from '../../shared/billing/carry-out-void.ts';
import { approveVoid, askVoid, withdrawVoid } from '../../shared/billing/void-invoice.ts';
import type { InvoiceStatus } from '../../shared/database/queries.generated.ts';
import { INVOICE, startIssueTest } from './issue-setting.ts';

const act = (actor: string, why = 'wrong customer') => ({ invoiceId: INVOICE, actor, why });

describe('promise 23: two people void an invoice', () => {
  test('one asks, another approves; only then Stripe’s is void, and then ours', async () => {
    const { keep, issue, dependencies, stripe, row, db } = await startIssueTest();
    await keep();
    await issue();
    expect(await askVoid(dependencies, act('person:ben'))).toEqual({ kind: 'asked', runStatus: 'issued' });
    expect(stripe.invoices()).toMatchObject([{ status: 'open' }]);
    expect(await carryOutVoid(dependencies, INVOICE, 'person:ben')).toEqual({ kind: 'nothing_approved' });
    expect(await approveVoid(dependencies, act('person:fay'))).toEqual({ kind: 'approved' });
    expect(await carryOutVoid(dependencies, INVOICE, 'person:fay')).toEqual({ kind: 'voided' });
    expect(stripe.invoices()).toMatchObject([{ status: 'void' }]);
    expect((await row()).status).toBe('void');
    const { rows } = await db.owner.query(
      `select action, actor from audit_log where action like 'invoice_void.%' or action = 'invoice.void' order by sequence`,
    );
    expect(rows).toEqual([
      { action: 'invoice_void.asked', actor: 'person:ben' },
      { action: 'invoice_void.approved', actor: 'person:fay' },
      { action: 'invoice.void', actor: 'person:fay' },
      { action: 'invoice_void.done', actor: 'person:fay' },
    ]);
  });

  test.each(['person:ben', 'service:ben-bot'])(
    '%s, who asked or stands for who asked, cannot approve',
    async (approver) => {
      const { keep, issue, dependencies } = await startIssueTest();
      await keep();
      await issue();
      await askVoid(dependencies, act('person:ben'));
      expect(await approveVoid(dependencies, act(approver))).toMatchObject({
        kind: 'refused',
        reason: 'self_approval_or_missing_approval',
      });
    },
  );

  test('the database refuses it to anyone who goes around the code', async () => {
    const { keep, issue, dependencies, db } = await startIssueTest();
    await keep();
    await issue();
    await askVoid(dependencies, act('person:ben'));
    const approve = (actor: string, approver: string) =>
      db.owner.query(`begin; select set_config('daybook.actor', '${actor}', true);
        update invoice_voids set status = 'approved', approver = '${approver}', approved_at = now(); commit`);
    await expect(approve('person:ben', 'person:ben')).rejects.toMatchObject({ code: 'DB003' });
    await db.owner.query('rollback');
    await expect(approve('person:ben', 'person:fay')).rejects.toMatchObject({ code: 'DB003' });
    await db.owner.query('rollback');
    await expect(approve('person:omar', 'person:omar')).rejects.toMatchObject({ code: 'DB003' });
    await db.owner.query('rollback');
    await expect(db.owner.query('delete from invoice_voids')).rejects.toMatchObject({ code: 'DB002' });
  });

  test('a void is asked for once; what is withdrawn can be asked for again', async () => {
    const { keep, issue, dependencies } = await startIssueTest();
    await keep();
    await issue();
    await askVoid(dependencies, act('person:ben'));
    expect(await askVoid(dependencies, act('person:omar'))).toMatchObject({ kind: 'refused', reason: 'asked_before' });
    expect(await withdrawVoid(dependencies, act('person:ben', 'it was right'))).toEqual({ kind: 'withdrawn' });
    expect(await approveVoid(dependencies, act('person:fay'))).toMatchObject({ kind: 'refused', reason: 'not_asked' });
    expect(await askVoid(dependencies, act('person:omar'))).toMatchObject({ kind: 'asked' });
  });
});

describe('promise 8: what can be voided', () => {
  test.each(['rated', 'approved', 'superseded'] as const satisfies InvoiceStatus[])(
    'not one that is %s',
    async (status) => {
      const { keep, dependencies } = await startIssueTest();
      await keep({ status });
      expect(await askVoid(dependencies, act('person:ben'))).toMatchObject({ kind: 'refused', reason: 'not_voidable' });
    },
  );

  test('not one that was paid before Stripe was told: it stays, and the void is withdrawn with the reason', async () => {
    const { keep, issue, voidIt, stripe, row, db } = await startIssueTest();
    await keep();
    await issue();
    stripe.pay(stripe.invoices()[0]?.id ?? '');
    expect(await voidIt()).toMatchObject({ kind: 'withdrawn', detail: expect.stringContaining('credit note') });
    expect((await row()).status).toBe('finalized');
    expect((await db.owner.query('select status from invoice_voids')).rows).toEqual([{ status: 'withdrawn' }]);
  });

  test('one that is held, without a word to Stripe', async () => {
    const { keep, issue, voidIt, stripe, row, exceptions } = await startIssueTest();
    await keep({ currency: 'kwd', amounts: [1n] });
    await issue();
    const before = stripe.calls().length;
    expect(await voidIt()).toEqual({ kind: 'voided' });
    expect(stripe.calls()).toHaveLength(before);
    expect((await row()).status).toBe('void');
    expect(await exceptions()).toEqual([]);
  });

  test('one that Stripe has voided by hand meanwhile', async () => {
    const { keep, issue, voidIt, stripe, row } = await startIssueTest();
    await keep();
    await issue();
    const [copy] = stripe.invoices();
    await fetch(`${stripe.url}/v1/invoices/${copy?.id}/void`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_daybook' },
    });
    expect(await voidIt()).toEqual({ kind: 'voided' });
    expect((await row()).status).toBe('void');
  });

  test('promise 15: not a copy whose marks are of something else', async () => {
    const { keep, issue, voidIt, stripe, row } = await startIssueTest();
    await keep();
    await issue();
    const [copy] = stripe.invoices();
    await fetch(`${stripe.url}/v1/invoices/${copy?.id}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_daybook' },
      body: new URLSearchParams({ 'metadata[daybook_customer_id]': 'birch' }),
    });
    expect(await voidIt()).toMatchObject({ kind: 'failed', reason: 'stripe_differs' });
    expect((await row()).status).toBe('finalized');
  });
});

describe('a void and a new attempt to issue', () => {
  test('an approved void stops every attempt, also in the database', async () => {
    const { keep, issue, dependencies, stripe, row, db } = await startIssueTest();
    await keep();
    stripe.faults.add({ path: '/add_lines', call: 'every', fault: { kind: 'drop_request' } });
    await issue();
    await askVoid(dependencies, act('person:ben'));
    await approveVoid(dependencies, act('person:fay'));
    stripe.faults.clear();
    expect(await issue()).toEqual({ kind: 'being_voided' });
    await expect(db.owner.query(`update invoices set status = 'approved'`)).rejects.toMatchObject({ code: 'DB001' });
    expect((await row()).status).toBe('stripe_failed');
    expect(await carryOutVoid(dependencies, INVOICE, 'service:reconcile-stripe')).toEqual({ kind: 'voided' });
    expect(stripe.invoices()).toEqual([]);
  });

  test('promise 4: whoever comes first, a void beside an attempt leaves one of the two and no copy too many', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { keep, issue, dependencies, stripe, row } = await startIssueTest();
      await keep();
      stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'drop_request' } });
      await issue();
      await askVoid(dependencies, act('person:ben'));
      const [issued, approved] = await Promise.all([issue(), approveVoid(dependencies, act('person:fay'))]);
      if (approved.kind === 'approved') await carryOutVoid(dependencies, INVOICE, 'person:fay');
      const { status } = await row();
      const live = stripe.invoices().filter((copy) => copy.status !== 'void');
      if (issued.kind === 'issued' && approved.kind !== 'approved') {
        expect([status, live.map((copy) => copy.status)]).toEqual(['finalized', ['open']]);
      } else {
        expect([status, live]).toEqual(['void', []]);
      }
    }
  });

  test('a run whose last failed invoice is voided is issued', async () => {
    const { keep, issue, voidIt, stripe, runStatus } = await startIssueTest();
    await keep();
    stripe.faults.add({ call: 'every', fault: { kind: 'drop_request' } });
    await issue();
    stripe.faults.clear();
    expect(await runStatus()).toBe('issuing');
    expect(await voidIt()).toEqual({ kind: 'voided' });
    expect(await runStatus()).toBe('issued');
  });

  test('promise 4: the voided obligation is billed anew under the next generation, with keys of its own', async () => {
    const { keep, issue, voidIt, stripe, db } = await startIssueTest();
    await keep();
    await issue();
    await voidIt();
    const again = await keep({ generation: 1, amounts: [700n] });
    expect(await issue(again)).toMatchObject({ kind: 'issued' });
    expect(stripe.invoices().map(({ status, total }) => [status, total])).toEqual([
      ['void', 300],
      ['open', 700],
    ]);
    const { rows } = await db.owner.query(
      `select idempotency_key from stripe_requests where step in ('create', 'void') order by 1`,
    );
    expect(rows.map((row) => row.idempotency_key)).toEqual([
      'daybook:acme:2026-10:usage:0:create',
      'daybook:acme:2026-10:usage:0:void',
      'daybook:acme:2026-10:usage:1:create',
    ]);
  });
});
