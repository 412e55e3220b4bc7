import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPromises } from '../../shared/audit/promises.ts';
import { sealAuditLog } from '../../shared/audit/seal.ts';
import { verifyAuditLog } from '../../shared/audit/verify.ts';
import { carryOutVoid } from '../../shared/billing/carry-out-void.ts';
import { closeRun } from '../../shared/billing/close-run.ts';
import { issueInvoice } from '../../shared/billing/issue-invoice.ts';
import { releaseUsageAnomaly } from '../../shared/billing/release-anomaly.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { approveVoid, askVoid } from '../../shared/billing/void-invoice.ts';
import { type UtcDay, utcDay } from '../../shared/calendar/utc-day.ts';
import { correctShard } from '../../shared/corrections/correct-shard.ts';
import type { Database } from '../../shared/database/database.ts';
import { billingRunLock, runShardLock } from '../../shared/database/queries.generated.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { openStripeClient } from '../../shared/stripe/client.ts';
import { aggregate, aggregateAll, collect, DAYS, EFFECTS, PERIOD, rate, seedContracts } from '../billing/month.ts';
import { createStart, type StartDatabase, type TestDatabase } from '../database/fixture.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { scaled } from '../scale.ts';
import { rewriteIn } from '../simulation/planted-bugs.ts';
import { readStripe, readTables } from '../simulation/state.ts';
import { NO_PACE } from '../stripe/no-pace.ts';
import { createCustomer } from '../stripe/stand-in.ts';
import { IN_TURN, interleave, type Place, placesOf, type Work } from './interleave.ts';

/** Everyday a few places of each pair; thorough, all of them. */
const PLACES = scaled(1, Number.POSITIVE_INFINITY);
const TIMEOUT_MS = scaled(60_000, 30 * 60_000);
const LAST_DAY = DAYS.at(-1) as UtcDay;
const INVOICE = `${PERIOD}/acme/usage`;
const NEXT_DAY: Effects = { ...EFFECTS, now: () => new Date('2026-11-02T00:10:00Z') };

/** Where a pair meets: a database that is prepared once, and Stripe as the meeting has it. */
interface Ground {
  readonly start: () => StartDatabase;
  readonly clock?: Effects;
  /** The two pieces of work, in this meeting. */
  readonly pair: (stripe: StripeStandIn) => readonly [Work, Work];
  /** Places that once went wrong, as they are named. */
  readonly stories?: readonly Place[];
  /** What a person does once more when both have ended: it may have been refused while the other was under way. */
  readonly afterwards?: (stripe: StripeStandIn) => Work;
}

/** One meeting on a fresh copy: how it ended, and what then stands here and in Stripe. */
async function meet(
  { start, clock = EFFECTS, pair, afterwards }: Ground,
  order: 'as_named' | 'reversed',
  place: Place,
) {
  const db = await start().copy();
  try {
    return await withStripe(clock, async (stripe) => {
      const [one, other] = pair(stripe);
      const met = await interleave(db, clock, order === 'as_named' ? [one, other] : [other, one], place);
      await afterwards?.(stripe)(db.database, clock);
      const state = { ...(await readTables(db.owner)), stripe: readStripe(stripe) };
      return { ...met, state, faults: await faultsIn(db) };
    });
  } finally {
    await db.remove();
  }
}

/** What `daybook audit verify` finds. */
async function faultsIn({ database }: TestDatabase): Promise<readonly unknown[]> {
  const { faults } = await verifyAuditLog(database);
  // Nobody publishes here, so that no fact is late.
  const checked = await checkPromises(database, { settledBefore: new Date(0) });
  return [...faults, ...checked.flatMap(({ breaches }) => breaches)];
}

/** Meets at many places, in both orders; each time it must be as if one had come after the other. */
async function expectSerial(ground: Ground): Promise<number> {
  const serial = await Promise.all([meet(ground, 'as_named', IN_TURN), meet(ground, 'reversed', IN_TURN)]);
  for (const { faults } of serial) expect(faults).toEqual([]);
  const states = serial.map(({ state }) => state);
  let meetings = 0;
  for (const [index, order] of (['as_named', 'reversed'] as const).entries()) {
    const stories = order === 'as_named' ? (ground.stories ?? []) : [];
    for (const place of [...stories, ...placesOf(serial[index]?.made ?? [], PLACES)]) {
      const { state, faults } = await meet(ground, order, place);
      const where = `${order}, the first stopped after ${place.first}, the second after ${place.second}`;
      expect(states, where).toContainEqual(state);
      expect(faults, where).toEqual([]);
      meetings += 1;
    }
  }
  return meetings;
}

/** A database that the tests of one group begin from. */
function startWith(prepare: (db: TestDatabase) => Promise<void>): () => StartDatabase {
  let start: StartDatabase | undefined;
  beforeAll(async () => {
    start = await createStart(prepare);
  });
  afterAll(() => start?.remove());
  return () => start as StartDatabase;
}

/** In the order in which they are made in Stripe, which gives them their ids there. */
const CUSTOMERS = ['acme', 'birch'];
const USAGE = { 'acme-app': '100', 'birch-app': '200' };
const LATER_USAGE = { 'acme-app': '130', 'birch-app': '200' };

async function measured(db: TestDatabase): Promise<void> {
  await seedContracts(db, CUSTOMERS);
  await db.owner.query(`insert into principals values ('person:gus', 'person', '{finance}', null);
    update customers set stripe_customer_id = case customer_id when 'acme' then 'cus_daybook000001' else 'cus_daybook000002' end`);
  await aggregateAll(db.database, USAGE);
}

async function collected(db: TestDatabase): Promise<void> {
  await measured(db);
  await collect(db.database);
}

async function rated(db: TestDatabase): Promise<void> {
  await collected(db);
  await rate(db.database, 0);
}

async function approved(db: TestDatabase): Promise<void> {
  await rated(db);
  await sign('person:fay')(db.database, EFFECTS);
}

const sign =
  (approver: string): Work =>
  (database, effects) =>
    approveRun({ database, effects }, { runId: PERIOD, approver, why: 'looked right' });

/** The last day is read again with other figures, and the period is looked at. */
const rerun: Work = async (database) => {
  await aggregate(database, 'us-east', LAST_DAY, LATER_USAGE);
  return collect(database);
};

/** As Pub/Sub delivers: what fails comes once more, and then it has to end. */
const rateShardOf: Work = (database) => rate(database, 0).catch(() => rate(database, 0));

const stripeOf = (stripe: StripeStandIn, effects: Effects) => () =>
  openStripeClient({ apiBase: stripe.url, secretKey: 'sk_test_daybook', timeoutMs: 5_000 }, effects, NO_PACE);

const issue =
  (stripe: StripeStandIn, invoiceId = INVOICE): Work =>
  (database, effects) =>
    issueInvoice({ database, effects, stripe: stripeOf(stripe, effects) }, invoiceId, 'service:issue-invoices');

/** A stand-in for Stripe that knows the customers, while something is done with it. */
async function withStripe<T>(clock: Effects, work: (stripe: StripeStandIn) => Promise<T>): Promise<T> {
  const stripe = await startStripeStandIn({ port: 0, now: clock.now });
  try {
    const client = await stripeOf(stripe, clock)();
    for (const customer of CUSTOMERS) await createCustomer(client, customer);
    return await work(stripe);
  } finally {
    await stripe.close();
  }
}

describe('promise 9: two transactions that meet end as if one had come after the other', {
  timeout: TIMEOUT_MS,
}, () => {
  describe('of a run in review', () => {
    const start = startWith(rated);

    test('the sign-off and a rerun of its inputs', async () => {
      expect(await expectSerial({ start, pair: () => [sign('person:fay'), rerun] })).toBeGreaterThan(0);
    });

    test('promise 23: two approvers: one signs, and the other is refused', async () => {
      const pair = () => [sign('person:fay'), sign('person:gus')] as const;
      expect(await expectSerial({ start, pair })).toBeGreaterThan(0);
    });

    test('promise 16: the seal of a day and an entry that is written meanwhile', async () => {
      const seal: Work = (database, effects) =>
        sealAuditLog({ database, effects }, utcDay('2026-11-01'), 'service:seal-audit-log');
      const pair = () => [seal, sign('person:fay')] as const;
      expect(await expectSerial({ start, clock: NEXT_DAY, pair })).toBeGreaterThan(0);
    });
  });

  describe('of a run that is being rated', () => {
    const start = startWith(collected);

    test('the rating of a shard and a rerun of its inputs: no invoice carries an old token', async () => {
      expect(await expectSerial({ start, pair: () => [rateShardOf, rerun] })).toBeGreaterThan(0);
    });

    test('a rating that does not look at the token is found by this', async () => {
      const blind = rewriteIn(
        runShardLock,
        runShardLock.text
          .replace('r.status as run_status', "'complete'::billing_run_status as run_status")
          .replace('r.fencing_token as current_token', 's.fencing_token as current_token'),
      );
      const unlocked = rewriteIn(
        billingRunLock,
        billingRunLock.text
          .replace('fencing_token', '1 as fencing_token')
          .replace('status', "'complete'::billing_run_status as status"),
      );
      const pair = () => [(database: Database) => rate(blind(unlocked(database)), 0), rerun] as const;
      const place = { first: 'run_shard_lock', second: Number.POSITIVE_INFINITY };
      const found = await meet({ start, pair }, 'as_named', place).then(
        ({ faults }) => JSON.stringify(faults),
        (error: unknown) => String(error),
      );
      expect(found).toMatch(/token/);
    });

    test('two ratings of one shard', async () => {
      expect(await expectSerial({ start, pair: () => [rateShardOf, rateShardOf] })).toBeGreaterThan(0);
    });
  });

  describe('of a run whose usage looks wrong', () => {
    const start = startWith(async (db) => {
      await measured(db);
      await aggregate(db.database, 'us-east', LAST_DAY, { 'birch-app': '200' });
      await collect(db.database);
    });
    const release: Work = async (database, effects) => {
      const released = await releaseUsageAnomaly(
        { database, effects },
        { anomalyId: 1n, actor: 'person:fay', why: 'a holiday' },
      );
      if (released.kind === 'refused') throw new Error(released.detail);
      return released;
    };

    test('promise 19: the rating of a shard and the release of what holds a customer in it', async () => {
      // The rating has read that the figure looks wrong, and the release finds no invoice that is held for it yet.
      const stories = [{ first: 'usage_anomaly_list_open', second: Number.POSITIVE_INFINITY }];
      expect(await expectSerial({ start, pair: () => [rateShardOf, release], stories })).toBeGreaterThan(0);
    });
  });

  describe('of an approved invoice', () => {
    const start = startWith(approved);

    test('promise 4: two issuers make one invoice in Stripe', async () => {
      const pair = (stripe: StripeStandIn) => [issue(stripe), issue(stripe)] as const;
      expect(await expectSerial({ start, pair })).toBeGreaterThan(0);
    });
  });

  describe('of an invoice that Stripe has refused', () => {
    const start = startWith(async (db) => {
      await approved(db);
      await withStripe(EFFECTS, async (stripe) => {
        stripe.faults.add({ call: 'every', fault: { kind: 'drop_request' } });
        await issue(stripe)(db.database, EFFECTS);
      });
      await askVoid(
        { database: db.database, effects: EFFECTS },
        { invoiceId: INVOICE, actor: 'person:ben', why: 'wrong' },
      );
    });
    const voidIt =
      (stripe: StripeStandIn): Work =>
      async (database, effects) => {
        const act = { invoiceId: INVOICE, actor: 'person:fay', why: 'agreed' };
        const agreed = await approveVoid({ database, effects }, act);
        if (agreed.kind === 'refused') return agreed;
        return carryOutVoid({ database, effects, stripe: stripeOf(stripe, effects) }, INVOICE, 'person:fay');
      };

    test('promise 15: a new attempt to issue it and its void: it ends in one of the two, here and in Stripe alike', async () => {
      const pair = (stripe: StripeStandIn) => [issue(stripe), voidIt(stripe)] as const;
      // The attempt has read that the invoice failed, and the void is through before it takes it up.
      const stories = [{ first: 'invoice_find_for_issue', second: Number.POSITIVE_INFINITY }];
      expect(await expectSerial({ start, pair, stories, afterwards: voidIt })).toBeGreaterThan(0);
    });
  });

  describe('of an issued run', () => {
    const start = startWith(async (db) => {
      await approved(db);
      await withStripe(EFFECTS, async (stripe) => {
        for (const customer of CUSTOMERS) await issue(stripe, `${PERIOD}/${customer}/usage`)(db.database, EFFECTS);
      });
      await rerun(db.database, EFFECTS);
    });
    const correct: Work = (database, effects) =>
      database.transaction({ actor: 'service:correct-invoices', why: 'test' }, (transaction) =>
        correctShard(transaction, effects, { runId: PERIOD, rerating: 1, shard: 0 }),
      );
    const close: Work = (database, effects) =>
      closeRun({ database, effects }, { runId: PERIOD, actor: 'person:fay', why: 'all is paid', leave: [] });

    test('promise 12: a correction and the close of the run that it corrects', async () => {
      expect(await expectSerial({ start, pair: () => [correct, close] })).toBeGreaterThan(0);
    });

    test('promise 12: two comparisons of one shard open one adjustment', async () => {
      expect(await expectSerial({ start, pair: () => [correct, correct] })).toBeGreaterThan(0);
    });
  });
});
