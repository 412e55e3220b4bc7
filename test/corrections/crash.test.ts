import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../shared/database/database.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { openStripeClient } from '../../shared/stripe/client.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { scaled } from '../scale.ts';
import { NO_PACE } from '../stripe/no-pace.ts';
import {
  adjustments,
  billedInTheEnd,
  compareChanges,
  EFFECTS,
  look,
  measure,
  measureAgain,
  OCTOBER,
  OCTOBER_DAYS,
  openMonth,
  rateRun,
  rowsOf,
  signOff,
  UNIT_PLAN,
} from './setting.ts';
import { givenBack, type Issuing, issueAll, issueCredits, openStripe } from './stripe.ts';

class Crash extends Error {}

interface Strike {
  readonly effect: number;
  readonly when: 'before' | 'after';
}

/** Effects that end the process before or after the n-th one; nothing happens afterwards. `count` says how many there were. */
function struck(strike: Strike): Effects & { count(): number } {
  let count = 0;
  let crashed = false;
  return {
    ...EFFECTS,
    count: () => count,
    perform: async (_effect, run) => {
      if (crashed) throw new Crash('the process has ended');
      count += 1;
      const hit = count === strike.effect;
      if (hit && strike.when === 'before') crashed = true;
      if (crashed) throw new Crash(`crashed before effect ${count}`);
      const result = await run();
      if (hit) crashed = true;
      if (crashed) throw new Crash(`crashed after effect ${count}`);
      return result;
    },
  };
}

let db: TestDatabase;
let issuing: Issuing;
beforeEach(async () => {
  db = await openMonth(UNIT_PLAN);
  issuing = await openStripe(db);
  await db.owner.query(`update adjustment_policies set credits_by = 'credit_note', automatic_up_to = 1000000000`);
  // On the last day, so that no later day looks as if the project had vanished.
  await measure(db.database, OCTOBER_DAYS, {});
  await uses(1_000);
  await rateRun(db, OCTOBER);
  await signOff(db, OCTOBER);
  await issueAll(db, issuing, '2026-10');
});
afterEach(async () => {
  await issuing.stripe.close();
  await db.remove();
});

/** What the last day says of acme. */
function uses(requests: number): Promise<void> {
  return measureAgain(db.database, { 'acme-app': `${requests}` }, '2026-10-03');
}

/** One attempt at everything that follows from late usage, by a process that may end at any effect. */
async function attempt(effects: Effects): Promise<'done' | 'crashed'> {
  const options = { url: db.url, role: 'daybook_app', poolSize: 2, applicationName: 'crash' };
  const database = openDatabase(options, effects);
  const client = await openStripeClient(
    { apiBase: issuing.stripe.url, secretKey: 'sk_test_daybook', timeoutMs: 5_000 },
    effects,
    NO_PACE,
  );
  const process = { ...db, database };
  try {
    await look(database);
    await compareChanges(process);
    await issueCredits(process, { ...issuing, client }, database, effects);
    return 'done';
  } catch (error) {
    if (error instanceof Crash || (error instanceof Error && error.cause instanceof Crash)) return 'crashed';
    throw error;
  } finally {
    await database.close();
  }
}

describe('promise 1: a crash before and after each effect of a correction', () => {
  test('leaves one application: 10.00 less each time, one credit note each', async () => {
    const stride = scaled(9, 1);
    let usage = 1_000;
    let applied = 0;
    let effects = 0;
    for (let strike = 1; ; strike += stride) {
      let struckAny = false;
      for (const when of ['before', 'after'] as const) {
        usage -= 1;
        await uses(usage);
        const broken = struck({ effect: strike, when });
        struckAny = (await attempt(broken)) === 'crashed' || struckAny;
        effects = Math.max(effects, broken.count());
        for (let again = 0; again < 2; again += 1) expect(await attempt(EFFECTS)).toBe('done');
        applied += 1;
        const place = `${when} effect ${strike}`;
        expect(await billedInTheEnd(db), place).toBe(usage * 1_000);
        const shown = await adjustments(db);
        expect(
          shown.filter(({ status }) => status !== 'applied'),
          place,
        ).toEqual([]);
        expect(shown, place).toHaveLength(applied);
        const { notes } = await givenBack(issuing.client, issuing.stripe);
        expect(notes, place).toEqual(Array(Math.min(applied, 100)).fill(1_000));
        expect(issuing.stripe.creditNotes(), place).toHaveLength(applied);
        // What was dealt with is not delivered again.
        await db.owner.query('delete from outbox');
      }
      if (!struckAny) break;
    }
    expect(effects).toBeGreaterThan(30);
    expect(await rowsOf(db, `select 1 from credits where status <> 'issued'`)).toEqual([]);
  }, 900_000);

  test('a reply that is lost after Stripe has done it is adopted, not made again', async () => {
    for (const [index, kind] of (['drop_reply', 'drop_request'] as const).entries()) {
      await uses(999 - index);
      await look(db.database);
      await compareChanges(db);
      issuing.stripe.faults.clear();
      issuing.stripe.faults.add({ call: 1, method: 'POST', path: '/v1/credit_notes', fault: { kind } });
      await issueCredits(db, issuing);
      await issueCredits(db, issuing);
      expect(issuing.stripe.creditNotes(), kind).toHaveLength(index + 1);
    }
    expect(await billedInTheEnd(db)).toBe(998_000);
  });
});
