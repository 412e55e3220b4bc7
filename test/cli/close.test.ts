import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { type CommandSurroundings, daybook } from './command-line.ts';
import { aggregateMonth, aggregateRegion, DAYS, EFFECTS, PERIOD, REGIONS, rateMonth, seedCatalogue } from './month.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedCatalogue(db);
});
afterEach(() => db.remove());

const run = (words: string | readonly string[], surroundings: CommandSurroundings = {}) =>
  daybook(words, { database: db.database, effects: EFFECTS, ...surroundings });

/** All cells but one source in eu-west on the second day, which failed, and all of us-east on the third, which nobody read. */
async function aggregateMost(): Promise<void> {
  for (const region of REGIONS) {
    for (const day of DAYS) {
      if (region === 'us-east' && day === '2026-10-03') continue;
      await aggregateRegion(db, region, day, region === 'eu-west' && day === '2026-10-02' ? 'peak-rps' : undefined);
    }
  }
}

describe('usage completeness', () => {
  test('draws each day of each source, says what is missing and which command helps', async () => {
    await aggregateMost();
    const { code, out } = await run('usage completeness --period 2026-10');
    expect(out).toContain('9 of 12 cells there, 3 to come');
    expect(out).toContain('eu-west  peak-rps  ■x■');
    expect(out).toContain('         requests  ■■■');
    expect(out).toContain('us-east  peak-rps  ■■·');
    expect(out).toContain(
      'eu-west/peak-rps/2026-10-02  failed: source_timeout, the source gave no answer in 60 s; run the day again',
    );
    expect(out).toContain('us-east/requests/2026-10-03  never read');
    expect(out.match(/daybook usage aggregate --region us-east --day 2026-10-03/g)).toHaveLength(1);
    expect(code).toBe(0);
  });

  test('as JSON: every cell with its state, and the commands', async () => {
    await aggregateMost();
    const matrix = (await run('usage completeness --period 2026-10 --json')).json();
    expect(matrix).toMatchObject({
      period: PERIOD,
      complete: false,
      required: 12,
      counts: { complete: 9, failed: 1, missing: 2 },
    });
    expect((matrix as { cells: unknown[] }).cells).toContainEqual({
      region: 'eu-west',
      source: 'requests',
      day: '2026-10-01',
      state: 'complete',
      checkpointId: expect.any(String),
      revision: 1,
      rowCount: 2,
      total: '51.25',
    });
    expect((matrix as { commands: string[] }).commands).toEqual([
      'daybook usage aggregate --region eu-west --day 2026-10-02',
      'daybook usage aggregate --region us-east --day 2026-10-03',
    ]);
  });

  test('a day that is not over is not missing', async () => {
    const during = { ...EFFECTS, now: () => new Date('2026-10-02T12:00:00Z') };
    const { out } = await run('usage completeness --period 2026-10', { effects: during });
    expect(out).toContain('eu-west  peak-rps  ·--');
    expect(out).toContain('- not over yet');
    expect(out).not.toContain('--day 2026-10-02');
  });

  test('colours are for terminals only, and not when NO_COLOR asks for none', async () => {
    await aggregateMonth(db);
    const words = 'usage completeness --period 2026-10';
    expect((await run(words)).out).not.toContain('\u001b[');
    expect((await run(words, { isTerminal: true })).out).toContain('\u001b[32m■■■\u001b[39m');
    expect((await run(words, { isTerminal: true, environment: { NO_COLOR: '1' } })).out).not.toContain('\u001b[');
  });

  test('a period that requires nothing is refused', async () => {
    expect(await run('usage completeness --period 2027-01')).toMatchObject({
      code: 1,
      err: expect.stringContaining('No usage source is active on any day of 2027-01'),
    });
  });
});

describe('usage aggregate', () => {
  test('an unknown region is refused with those that there are', async () => {
    const { code, err } = await run('usage aggregate --region mars --day 2026-10-01 --as person:omar');
    expect(err).toContain('there is no region "mars" on 2026-10-01; the regions of that day: eu-west, us-east');
    expect(code).toBe(1);
  });

  test('a source that cannot be read fails with the reason and what to do; what happened is published', async () => {
    const outcome = await run('usage aggregate --region eu-west --day 2026-10-01 --as person:omar --json');
    expect(outcome.json()).toMatchObject({
      region: 'eu-west',
      day: '2026-10-01',
      sources: [
        { source: 'peak-rps', outcome: 'failed', reason: 'source_error' },
        { source: 'requests', outcome: 'failed' },
      ],
    });
    expect(outcome.published.map(({ topic }) => topic)).toEqual(['usage.incomplete', 'usage.incomplete']);
    expect(outcome.code).toBe(1);
  });
});

describe('who acts', () => {
  test('a command that changes something wants a name', async () => {
    const { code, err } = await run('run rate 2026-10');
    expect(err).toContain('Say who acts: --as person:you@example.com, or set DAYBOOK_PRINCIPAL.');
    expect(code).toBe(2);
  });

  test('an unknown principal, and one without the role, are refused', async () => {
    expect(await run('run rate 2026-10 --as person:eve')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no principal "person:eve"'),
    });
    expect(await run('run rate 2026-10 --as person:ana')).toMatchObject({
      code: 1,
      err: expect.stringContaining('person:ana has the role author; this needs operator or finance'),
    });
  });

  test('DAYBOOK_PRINCIPAL names who acts, and --as goes before it', async () => {
    await aggregateMonth(db);
    const environment = { DAYBOOK_PRINCIPAL: 'person:omar' };
    expect(await run('run rate 2026-10', { environment })).toMatchObject({ code: 0 });
    expect(await run('run rate 2026-10 --as person:ana', { environment })).toMatchObject({ code: 1 });
  });
});

describe('from complete usage to the sign-off', () => {
  test('promise 3: an incomplete period is not rated, and no run is opened for it', async () => {
    await aggregateMost();
    const { code, err } = await run('run rate 2026-10 --as person:omar');
    expect(err).toContain('2026-10 is not complete, and nothing is priced before it is');
    expect(code).toBe(1);
    expect((await db.owner.query('select from billing_runs')).rowCount).toBe(0);
  });

  test('run rate brings a complete period to review; a repeat changes nothing', async () => {
    await aggregateMonth(db);
    const rated = await run('run rate 2026-10 --as person:omar --json');
    expect(rated.json()).toMatchObject({
      run: '2026-10',
      status: 'in_review',
      ratedShards: 1,
      totals: [{ currency: 'usd', invoices: 1, held: 0, totalMinor: '71015' }],
    });
    expect(rated.published.map(({ topic }) => topic)).toContain('charges.priced');
    expect((await run('run rate 2026-10 --as person:omar --json')).json()).toMatchObject({
      status: 'in_review',
      ratedShards: 0,
    });
  });

  test('promise 23: the one who rated by hand cannot approve; finance can, once', async () => {
    await aggregateMonth(db);
    await db.owner.query(`update principals set roles = '{operator,finance}' where principal = 'person:omar'`);
    await run('run rate 2026-10 --as person:omar');
    const approve = (who: string) =>
      run(['run', 'approve', '2026-10', '--as', who, '--why', 'totals compared', '--json']);
    expect(await approve('person:omar')).toMatchObject({
      code: 1,
      out: expect.stringContaining('is the author and cannot approve'),
    });
    const approved = await approve('person:fay');
    expect(approved.json()).toMatchObject({ approver: 'person:fay', released: ['2026-10/acme/usage'] });
    expect(approved.published.map(({ topic }) => topic)).toContain('invoice.approved');
    expect(await approve('person:fay')).toMatchObject({
      code: 1,
      out: expect.stringContaining('only a run in review can be approved'),
    });
  });

  test('a sign-off wants a reason that says something', async () => {
    expect(await run(['run', 'approve', '2026-10', '--as', 'person:fay', '--why', ' '])).toMatchObject({ code: 2 });
  });

  test('issuing before the sign-off is refused, and without a Stripe key it names the variable', async () => {
    await aggregateMonth(db);
    await rateMonth(db);
    expect(await run('run issue 2026-10 --as person:omar')).toMatchObject({
      code: 1,
      err: expect.stringContaining('not signed off'),
    });
    await run(['run', 'approve', '2026-10', '--as', 'person:fay', '--why', 'ok']);
    expect(await run('run issue 2026-10 --as person:omar')).toMatchObject({
      code: 1,
      err: expect.stringContaining('STRIPE_API_KEY is not set'),
    });
  });

  test('when Pub/Sub cannot be reached the work stands, and its facts wait for the sweeper', async () => {
    await aggregateMonth(db);
    const { code, out } = await run('run rate 2026-10 --as person:omar', { unpublishable: true });
    expect(out).toContain('its events wait in the outbox, and sweep-outbox will publish them');
    expect(code).toBe(0);
    expect((await db.owner.query('select from outbox where published_at is null')).rowCount).toBeGreaterThan(0);
  });
});

describe('reading', () => {
  test('run show: the stage, what it rests on, its invoices and the next step', async () => {
    await aggregateMonth(db);
    await rateMonth(db);
    const { out } = await run('run show 2026-10');
    expect(out).toContain('in review');
    expect(out).toContain('12 checkpoints');
    expect(out).toMatch(/2026-10\/acme\/usage +acme +rated +710\.15 USD/);
    expect(out).toContain('next: review the invoices, then daybook run approve 2026-10');
    expect((await run('run show 2026-10 --json')).json()).toMatchObject({
      run: '2026-10',
      status: 'in_review',
      fencingToken: 1,
      shards: { total: 1, rated: 1, failed: 0 },
      invoices: [{ invoice: '2026-10/acme/usage', totalMinor: '71015' }],
    });
    expect(await run('run show 2026-09')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no run of 2026-09 yet'),
    });
  });

  test('invoice list filters, and invoice show lists the lines', async () => {
    await aggregateMonth(db);
    await rateMonth(db);
    const listed = async (options: string) =>
      ((await run(`invoice list --json ${options}`.trim())).json() as { invoices: unknown[] }).invoices;
    expect(await listed('')).toMatchObject([{ invoice: '2026-10/acme/usage', total: '710.15 USD', status: 'rated' }]);
    expect(await listed('--period 2026-09')).toEqual([]);
    expect(await listed('--customer birch')).toEqual([]);
    expect(await listed('--status rated --customer acme')).toHaveLength(1);
    expect((await run('invoice show 2026-10/acme/usage')).out).toMatch(/requests +API requests +301\.5 +20\.15 USD/);
    expect(await run('invoice show nothing')).toMatchObject({ code: 1 });
  });

  test('a name with control characters cannot recolour the terminal', async () => {
    await aggregateMonth(db);
    await rateMonth(db);
    await db.owner.query(`update customers set name = E'\\x1b[31mAcme' where customer_id = 'acme'`);
    expect((await run('invoice list')).out).not.toContain('\u001b');
  });

  test('exceptions list: what it is about, why, and who has to do what', async () => {
    await aggregateMost();
    const { out } = await run('exceptions list');
    expect(out).toContain('aggregation_failed  eu-west/peak-rps/2026-10-02');
    expect(out).toContain('source_timeout: the source gave no answer');
    expect(out).toContain('1 failure, next attempt 2026-11-02');
    expect((await run('exceptions list --json')).json()).toMatchObject({
      exceptions: [{ class: 'aggregation_failed', status: 'open', attempts: 1 }],
    });
    await aggregateRegion(db, 'eu-west', '2026-10-02' as (typeof DAYS)[number]);
    expect((await run('exceptions list')).out).toBe('No exceptions.\n');
    expect((await run('exceptions list --all --json')).json()).toMatchObject({
      exceptions: [{ status: 'resolved', endedBy: 'service:aggregate-usage' }],
    });
  });

  test('status names every fault of the stack once, with the place that shows more', async () => {
    await aggregateMost();
    await db.owner.query(
      `insert into dead_letters (subscription, message_id, message, data_base64, reason, status, received_at) values ('usage.checkpointed.validate-usage', '1', 'x', 'eA==', 'not JSON', 'waiting', now())`,
    );
    await db.owner.query(
      `insert into usage_daily values ('2031-01-01', 1, 'eu-west', 'requests', 'acme-app', 'acme', 1)`,
    );
    const later = { ...EFFECTS, now: () => new Date('2026-11-02T09:00:00Z') };
    const { code, out } = await run('status', { effects: later });
    expect(out).toContain('3 cells of 2026-10 missing: daybook usage completeness --period 2026-10');
    expect(out).toContain('facts unpublished for 60 min: see whether sweep-outbox runs');
    expect(out).toContain('1 message of usage.checkpointed.validate-usage put aside');
    expect(out).toContain('1 usage row outside the managed months');
    expect(code).toBe(0);
    expect((await run('status --json')).json()).toMatchObject({
      periods: [
        { period: '2026-10', required: 12, missing: 3 },
        { period: '2026-11', required: 0 },
      ],
      strayRows: 1,
      exceptions: { open: 1 },
    });
  });
});
