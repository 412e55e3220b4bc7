import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { scaled } from '../scale.ts';
import {
  anyDisturbance,
  argumentsOf,
  type Disturbance,
  everyCrash,
  KINDS,
  parseStripeFault,
  UNDISTURBED,
} from './disturbance.ts';
import { runMonth } from './month.ts';
import { Chance } from './random.ts';
import { faultsOf, runUndisturbed, type Undisturbed } from './run-months.ts';
import { openSetting, type Setting } from './setting.ts';

const SEED = 1;

let setting: Setting;
let undisturbed: Undisturbed;
beforeAll(async () => {
  setting = await openSetting(inject('postgresUrl'));
  undisturbed = await runUndisturbed(setting, 'close', SEED);
});
afterAll(() => setting.close());

/** The last effect of a name, as the place of a crash. */
function crashAtLast(name: string, when: 'before' | 'after'): Disturbance {
  const number = undisturbed.month.trace.findLast((effect) => effect.name === name)?.number ?? 0;
  return { ...UNDISTURBED, strikes: [{ how: 'crash', effect: number, when }] };
}

describe('the undisturbed month', () => {
  test('keeps every promise that its data can show', () => {
    expect(undisturbed.month.broken).toEqual([]);
  });

  test('bills by usage, in shadow, by a tier and not at all: three invoices in Stripe, one held, one run issued', () => {
    const {
      runs = [],
      invoices = [],
      stripe = [],
      exceptions = [],
      checkpoints = [],
      adjustments = [],
    } = undisturbed.state;
    expect(runs).toEqual([expect.stringContaining('2026-10 is issued, token 2')]);
    expect(invoices.map((line) => line.split(':')[0])).toEqual([
      '2026-10/acme/usage is superseded',
      '2026-10/acme/usage/2 is paid',
      '2026-10/birch/usage is superseded',
      '2026-10/birch/usage/2 is finalized',
      '2026-10/cedar/usage is superseded',
      '2026-10/cedar/usage/2 is held',
      '2026-10/dune/usage is superseded',
      '2026-10/dune/usage/2 is finalized',
    ]);
    expect(stripe).toHaveLength(3);
    expect(exceptions.map((line) => line.split(' ')[0])).toEqual(['rating_held', 'unbilled_usage']);
    expect(checkpoints.filter((line) => line.includes('is superseded'))).toHaveLength(3);
    // Usage that came after the sign-off waits for the next invoice.
    expect(adjustments.map((line) => line.split(':')[0])).toEqual(['2026-10/acme/adjustment/1 is approved']);
  });

  test('promises 16 and 18: seals each day, keeps today’s figure, and drops the old month that nobody holds', () => {
    const { seals = [], snapshots = [], months = [] } = undisturbed.state;
    expect(seals).toEqual(['2026-09-30', '2026-10-01', '2026-10-02'].map((day) => `${day} is sealed`));
    expect(snapshots.map((line) => line.split('+')[0])).toEqual([
      'us-east/peak/2026-10-02 as of 2026-10-02 14:10:00',
      'us-east/requests/2026-10-02 as of 2026-10-02 14:10:00',
    ]);
    expect(months.slice(0, 2).map((line) => line.split(':')[0])).toEqual(['2024-08 is dropped', '2024-09 is sealed']);
  });

  test('is the same month again under another seed', async () => {
    expect(await faultsOf(setting, undisturbed, SEED + 1, UNDISTURBED)).toEqual([]);
  });
});

describe('promise 1: the end is the same', () => {
  test.each(KINDS)('after a month of the kind "%s"', async (kind) => {
    const chance = new Chance(KINDS.indexOf(kind));
    const disturbance = anyDisturbance(kind, chance, undisturbed.month.trace.length);
    expect(await faultsOf(setting, undisturbed, SEED, disturbance), argumentsOf('close', SEED, disturbance)).toEqual(
      [],
    );
  });

  test.each([
    ['the draft is made in Stripe, before its id is kept', 'POST /v1/invoices'],
    ['the lines are added', 'POST /v1/invoices/:id/add_lines'],
    ['the invoice is finalized', 'POST /v1/invoices/:id/finalize'],
    ['the last alert is told, before that is kept', 'POST slack webhook'],
    ['the run is signed off', 'billing_run_approve'],
    ['shards are handed to rating', 'run_shard_insert'],
  ])('after a crash when %s', async (_when, name) => {
    expect(await faultsOf(setting, undisturbed, SEED, crashAtLast(name, 'after'))).toEqual([]);
  });

  test('after Stripe has lost its reply to every one of the first writes', async () => {
    const stripe = ['drop_reply@1', 'drop_reply@2', 'drop_reply@3', 'stored_server_error@4'].map(parseStripeFault);
    expect(await faultsOf(setting, undisturbed, SEED, { ...UNDISTURBED, stripe })).toEqual([]);
  });
});

describe('the simulation', () => {
  test('can crash at every effect of the month, on both sides of the first of each call', () => {
    const places = everyCrash(undisturbed.month.trace).flatMap(({ strikes }) => strikes);
    const after = places.filter(({ when }) => when === 'after').map(({ effect }) => effect);
    expect(after).toEqual(undisturbed.month.trace.map(({ number }) => number));
    expect(places.length).toBeGreaterThan(after.length);
  });

  test('repeats a month effect by effect from what it prints', async () => {
    const disturbance = anyDisturbance('storm', new Chance(7), undisturbed.month.trace.length);
    const [one, other] = await Promise.all([
      runMonth({ setting, seed: 7, disturbance }),
      runMonth({ setting, seed: 7, disturbance }),
    ]);
    expect(one.trace).toEqual(other.trace);
    expect(one.crashes).toBeGreaterThan(0);
  });
});

describe('what comes after the issue', () => {
  let life: Undisturbed;
  beforeAll(async () => {
    life = await runUndisturbed(setting, 'life', SEED);
  });

  test('keeps every promise: an off-cycle run, two voids, an adjustment that is carried and one that is given back', () => {
    const { runs = [], voids = [], adjustments = [], credit_notes: notes, stripe, months = [] } = life.state;
    expect(life.month.broken).toEqual([]);
    expect(runs.map((line) => line.split(',')[0])).toEqual([
      '2026-10 is issued',
      '2026-10:dune-1 is closed',
      '2026-11 is issued',
    ]);
    expect(voids).toEqual([
      expect.stringContaining('void of 2026-10/birch/usage/3 is done'),
      expect.stringContaining('void of 2026-11/birch/usage is done'),
    ]);
    expect(adjustments.map((line) => line.split(':')[0])).toEqual([
      '2026-10/acme/adjustment/1 is applied',
      '2026-10/acme/adjustment/2 is applied',
    ]);
    expect(notes).toEqual(['2026-10/acme/adjustment/2/credit/1 is issued: 548 usd']);
    expect(stripe?.map((line) => line.split(' = ')[0])).toEqual([
      '2026-10/acme/usage/3 is paid: 16748 usd',
      '2026-10/birch/usage/3 is void: 49000 usd',
      '2026-10/dune/off-cycle-dune-1 is paid: 1581 usd',
      '2026-11/acme/usage is open: 16054 usd',
      '2026-11/cedar/usage is open: 49000 eur',
    ]);
    expect(months.find((line) => line.startsWith('2026-10'))).toContain('is sealed');
  });

  test.each(KINDS.slice(0, scaled(1, KINDS.length)))(
    'promise 1: the end is the same after the kind "%s"',
    async (kind) => {
      const disturbance = anyDisturbance(kind, new Chance(100 + KINDS.indexOf(kind)), life.month.trace.length);
      expect(await faultsOf(setting, life, SEED, disturbance), argumentsOf('life', SEED, disturbance)).toEqual([]);
    },
  );
});
