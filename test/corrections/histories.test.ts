import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPromises } from '../../shared/audit/promises.ts';
import { carryOutVoid } from '../../shared/billing/carry-out-void.ts';
import { compareAgain } from '../../shared/billing/compare-again.ts';
import { approveVoid, askVoid } from '../../shared/billing/void-invoice.ts';
import { decideAdjustment } from '../../shared/corrections/decide.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { scaled } from '../scale.ts';
import {
  adjustments,
  billOctober,
  compareChanges,
  DECEMBER,
  DECEMBER_DAYS,
  EFFECTS,
  look,
  measure,
  measureAgain,
  NOVEMBER,
  NOVEMBER_DAYS,
  OCTOBER,
  openMonth,
  rateRun,
  rowsOf,
  signOff,
  UNIT_PLAN,
} from './setting.ts';
import { type Issuing, issueAll, issueCredits, openStripe } from './stripe.ts';

/** What may happen to October after it was issued. */
type Step =
  | { readonly kind: 'late'; readonly usage: number; readonly compared: boolean }
  /** The next month is rated, or, when it is in review, rated anew on other usage. */
  | { readonly kind: 'rate'; readonly usage: number }
  | { readonly kind: 'sign_off' }
  | { readonly kind: 'credits' }
  | { readonly kind: 'void'; readonly month: string }
  | { readonly kind: 'decide'; readonly decision: 'approved' | 'rejected' }
  | { readonly kind: 'policy'; readonly creditsBy: 'next_invoice' | 'credit_note'; readonly limit: number };

const usage = fc.integer({ min: 0, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('late'), usage, compared: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rate'), usage }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('sign_off') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('credits') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('void'), month: fc.constantFrom('2026-10', '2026-11', '2026-12') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('decide'), decision: fc.constantFrom('approved', 'rejected') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('policy'),
      creditsBy: fc.constantFrom('next_invoice', 'credit_note'),
      limit: fc.constantFrom(0, 1_000_000),
    }),
  },
);

const MONTHS = [
  { period: NOVEMBER, days: NOVEMBER_DAYS },
  { period: DECEMBER, days: DECEMBER_DAYS },
];

/** One customer's months, as a history makes them. */
class History {
  readonly db: TestDatabase;
  readonly issuing: Issuing;
  /** Of October. */
  used = 5;

  constructor(db: TestDatabase, issuing: Issuing) {
    this.db = db;
    this.issuing = issuing;
  }

  async take(step: Step): Promise<void> {
    const { db } = this;
    switch (step.kind) {
      case 'late':
        this.used = step.usage;
        await measureAgain(db.database, { 'acme-app': `${step.usage}` });
        await look(db.database);
        if (step.compared) await compareChanges(db);
        return;
      case 'rate':
        return this.#rate(step.usage);
      case 'sign_off':
        for (const { period } of MONTHS) if ((await this.#statusOf(period)) === 'in_review') await signOff(db, period);
        for (const { period } of MONTHS) await issueAll(db, this.issuing, period);
        return;
      case 'credits':
        await issueCredits(db, this.issuing);
        return;
      case 'void':
        return this.#void(step.month);
      case 'decide':
        for (const { id, status } of await adjustments(db))
          if (status === 'proposed')
            await decideAdjustment(this.#dependencies(), {
              adjustmentId: id,
              decision: step.decision,
              approver: 'person:fay',
              why: 'looked at',
            });
        return;
      case 'policy':
        await db.owner.query('update adjustment_policies set credits_by = $1, automatic_up_to = $2', [
          step.creditsBy,
          step.limit,
        ]);
        return;
      default:
        step satisfies never;
    }
  }

  #dependencies() {
    return { database: this.db.database, effects: EFFECTS, stripe: async () => this.issuing.client };
  }

  async #statusOf(period: string): Promise<unknown> {
    return (await rowsOf(this.db, `select status from billing_runs where run_id = '${period}'`))[0]?.status;
  }

  async #rate(used: number): Promise<void> {
    for (const { period, days } of MONTHS) {
      const status = await this.#statusOf(period);
      if (status === undefined) await measure(this.db.database, days, { 'acme-app': `${used}` });
      else if (status === 'in_review') await measureAgain(this.db.database, { 'acme-app': `${used}` }, days[0]);
      else continue;
      await look(this.db.database, period);
      if ((await this.#statusOf(period)) === 'complete') await rateRun(this.db, period);
      return;
    }
  }

  async #void(month: string): Promise<void> {
    const invoices = await rowsOf(
      this.db,
      `select invoice_id from invoices where period = '${month}' and status in ('held', 'stripe_failed', 'finalized', 'uncollectible')`,
    );
    for (const { invoice_id } of invoices) {
      const invoiceId = String(invoice_id);
      await askVoid(this.#dependencies(), { invoiceId, actor: 'person:ben', why: 'wrong' });
      await approveVoid(this.#dependencies(), { invoiceId, actor: 'person:fay', why: 'seen' });
      const outcome = await carryOutVoid(this.#dependencies(), invoiceId, 'person:fay');
      // An invoice that asks for nothing is paid at once, and cannot be voided.
      expect(['voided', 'withdrawn']).toContain(outcome.kind);
    }
  }

  /** Everything that is under way comes to its end. */
  async drain(): Promise<void> {
    await compareChanges(this.db);
    for (const { period } of [{ period: OCTOBER }, ...MONTHS]) await issueAll(this.db, this.issuing, period);
    for (let again = 0; again < 2; again += 1) await issueCredits(this.db, this.issuing);
  }

  /** What the customer owes for October by what stands on live invoices and in Stripe, read otherwise than the code reads it. */
  async standing(): Promise<number> {
    const [row] = await rowsOf(
      this.db,
      `select (select coalesce(sum(c.amount), 0) from charges c join invoices i using (invoice_id) left join adjustments a using (adjustment_id)
               where i.status not in ('void', 'superseded') and (c.purpose = 'billed' and i.run_id = '2026-10' or a.run_id = '2026-10'))
            - (select coalesce(sum(k.amount), 0) from credits k join adjustments a using (adjustment_id) left join invoices i on i.invoice_id = k.invoice_id
               where a.run_id = '2026-10' and k.status <> 'cancelled' and i.status is distinct from 'void') as standing`,
    );
    return Number(row?.standing);
  }
}

async function holds(history: History): Promise<void> {
  const { db } = history;
  const shown = await adjustments(db);
  const open = shown
    .filter(({ status }) => status === 'proposed' || status === 'approved')
    .reduce((sum, { total }) => sum + total, 0);
  const invoices = await rowsOf(db, `select status from invoices where run_id = '2026-10' and status <> 'superseded'`);
  const right = invoices.every(({ status }) => status === 'void') ? 0 : history.used * 1_000;
  const reached = (await history.standing()) + open;
  const isRejected = shown.some(
    ({ status, billed, corrected }) => status === 'rejected' && billed === reached && corrected === right,
  );
  if (!isRejected) expect(reached).toBe(right);
  const checked = await checkPromises(db.database, { settledBefore: new Date(0) });
  expect(checked.filter(({ promise }) => promise === 12 || promise === 14).flatMap(({ breaches }) => breaches)).toEqual(
    [],
  );
  expect(
    await rowsOf(
      db,
      `select credit_id from credits where status not in ('issued', 'cancelled') and carrier_invoice_id is null`,
    ),
  ).toEqual([]);
}

test('promise 12: whatever comes late, is closed, decided and voided, billed + adjustments = corrected, and the same again is zero', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 6, maxLength: scaled(10, 25), size: 'max' }),
    async (steps) => {
      const db = await openMonth(UNIT_PLAN);
      const issuing = await openStripe(db);
      try {
        const history = new History(db, issuing);
        await billOctober(db, { 'acme-app': `${history.used}` });
        await issueAll(db, issuing, OCTOBER);
        for (const one of steps) await history.take(one);
        await history.drain();
        await holds(history);
        const before = await adjustments(db);
        await db.database.transaction({ actor: 'person:fay', why: 'the same again' }, (transaction) =>
          compareAgain(transaction, EFFECTS, { runId: OCTOBER, customers: ['acme'], author: 'person:fay' }),
        );
        await history.drain();
        expect((await adjustments(db)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
        await holds(history);
      } finally {
        await issuing.stripe.close();
        await db.remove();
      }
    },
  );
  await fc.assert(property, { numRuns: scaled(2, 60), endOnFailure: true });
}, 1_800_000);
