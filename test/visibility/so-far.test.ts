import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { invoiceShow } from '../../shared/database/queries.generated.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import { costSoFar } from '../../shared/visibility/cost-so-far.ts';
import { refreshUsage } from '../../shared/visibility/refresh.ts';
import { asVisibility } from '../../shared/visibility/role.ts';
import { usageSoFar } from '../../shared/visibility/usage-so-far.ts';
import {
  aggregate,
  aggregateAll,
  collect,
  DAYS,
  EFFECTS,
  PERIOD,
  REGIONS,
  rate,
  seedContracts,
} from '../billing/month.ts';
import { daybook } from '../cli/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { readerOf, type WholeReading } from '../usage/reading.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedContracts(db, ['acme', 'birch']);
});
afterEach(() => db.remove());

const EVIDENCE = { queries: [], facts: {} };
const INTENT = { actor: 'service:console', why: 'test' };

const reading = (rows: Readonly<Record<string, string>>): WholeReading => ({
  kind: 'complete',
  rows: Object.entries(rows).map(([project, quantity]) => ({ project, quantity: decimal(quantity) })),
  evidence: EVIDENCE,
});
const FAULT: WholeReading = {
  kind: 'incomplete',
  reason: 'source_timeout',
  detail: 'no answer in 60 s',
  evidence: EVIDENCE,
};

function refresh(region: string, at: string, said: WholeReading) {
  const dependencies = { database: db.database, effects: EFFECTS, openReader: async () => readerOf(said) };
  return refreshUsage(dependencies, { region, at: new Date(at), actor: 'service:refresh-usage' });
}

async function refreshAll(at: string, said: WholeReading): Promise<void> {
  for (const region of REGIONS) expect(await refresh(region, at, said)).toMatchObject({ outcomes: [{ kind: 'kept' }] });
}

const usage = (now: string, customer = 'acme') =>
  asVisibility(db.database, INTENT, (reader) => usageSoFar(reader, customer, PERIOD, new Date(now)));
const cost = (now: string, customer = 'acme') =>
  asVisibility(db.database, INTENT, (reader) => costSoFar(reader, customer, PERIOD, new Date(now)));
const days = async (now: string) =>
  (await usage(now)).metrics[0]?.days.map(({ day, quantity, label }) => [day, quantity, label]);
const snapshots = async () =>
  (await db.owner.query(`select region, day, as_of, failure_reason, row_count from usage_snapshots order by 1, 2`))
    .rows;

describe('usage so far', () => {
  test('a figure is provisional, then checkpointed, then invoiced, and names what it comes from', async () => {
    await refreshAll('2026-10-01T08:00:00Z', reading({ 'acme-app': '10.5' }));
    expect(await days('2026-10-01T08:05:00Z')).toEqual([['2026-10-01', '21', 'provisional']]);
    expect((await usage('2026-10-01T08:05:00Z')).metrics[0]?.days[0]?.from).toEqual(
      REGIONS.map((region) => ({
        kind: 'snapshot',
        region,
        source: 'requests',
        asOf: new Date('2026-10-01T08:00:00Z'),
      })),
    );

    await aggregate(db.database, 'eu-west', utcDay('2026-10-01'), { 'acme-app': '100' });
    expect(await days('2026-10-02T03:00:00Z')).toEqual([
      ['2026-10-01', '110.5', 'provisional'],
      ['2026-10-02', null, 'provisional'],
    ]);
    await aggregate(db.database, 'us-east', utcDay('2026-10-01'), { 'acme-app': '200' });
    expect((await days('2026-10-02T03:00:00Z'))?.[0]).toEqual(['2026-10-01', '300', 'checkpointed']);
    expect((await usage('2026-10-02T03:00:00Z')).metrics[0]?.days[0]?.from).toMatchObject([
      { kind: 'checkpoint', checkpoint: 'eu-west/requests/2026-10-01@1' },
      { kind: 'checkpoint', checkpoint: 'us-east/requests/2026-10-01@1' },
    ]);

    for (const day of DAYS.slice(1))
      for (const region of REGIONS) await aggregate(db.database, region, day, { 'acme-app': '7' });
    await collect(db.database);
    await rate(db.database, 0);
    expect((await days('2026-11-01T03:00:00Z'))?.map(([, , label]) => label)).toEqual([
      'checkpointed',
      'checkpointed',
      'checkpointed',
    ]);
    const deps = { database: db.database, effects: EFFECTS };
    await approveRun(deps, { runId: PERIOD, approver: 'person:fay', why: 'test' });
    const invoiced = await usage('2026-11-01T03:00:00Z');
    expect(invoiced.invoice).toBe(`${PERIOD}/acme/usage`);
    expect(invoiced.metrics[0]?.days).toEqual([
      {
        day: '2026-10-01',
        quantity: '300',
        label: 'invoiced',
        from: [{ kind: 'invoice', invoice: `${PERIOD}/acme/usage` }],
      },
      {
        day: '2026-10-02',
        quantity: '14',
        label: 'invoiced',
        from: [{ kind: 'invoice', invoice: `${PERIOD}/acme/usage` }],
      },
      {
        day: '2026-10-03',
        quantity: '14',
        label: 'invoiced',
        from: [{ kind: 'invoice', invoice: `${PERIOD}/acme/usage` }],
      },
    ]);
    // Usage that changes after the sign-off changes no figure of the invoice.
    await aggregate(db.database, 'us-east', utcDay('2026-10-01'), { 'acme-app': '999' });
    expect((await usage('2026-11-01T03:00:00Z')).metrics).toEqual(invoiced.metrics);
  });

  test('promise 3: what nobody has read is awaited, with the fault that is in the way, and never zero', async () => {
    await refresh('eu-west', '2026-10-01T08:00:00Z', reading({}));
    await refresh('us-east', '2026-10-01T08:00:00Z', FAULT);
    const [day] = (await usage('2026-10-01T09:00:00Z')).metrics[0]?.days ?? [];
    expect(day).toMatchObject({
      quantity: '0',
      label: 'provisional',
      from: [{ kind: 'snapshot' }, { kind: 'awaited', region: 'us-east', reason: 'source_timeout' }],
    });
    expect((await days('2026-10-02T09:00:00Z'))?.[1]).toEqual(['2026-10-02', null, 'provisional']);
  });

  test('promise 21: one customer’s figures hold nothing of another’s', async () => {
    await refreshAll('2026-10-01T08:00:00Z', reading({ 'acme-app': '10', 'birch-app': '1000', stray: '5' }));
    expect((await usage('2026-10-01T09:00:00Z', 'birch')).metrics[0]?.days[0]?.quantity).toBe('2000');
    expect((await usage('2026-10-01T09:00:00Z', 'nobody')).metrics[0]?.days[0]?.quantity).toBe('0');
  });
});

describe('cost so far', () => {
  test('grows with the period, and at its end equals the invoice to the cent, line by line, before and after the sign-off', async () => {
    await refreshAll('2026-10-01T08:00:00Z', reading({ 'acme-app': '10.5' }));
    expect(await cost('2026-10-01T09:00:00Z')).toMatchObject({ kind: 'so_far', currency: 'usd', total: '210' });
    await aggregateAll(db.database, { 'acme-app': '33.33', 'birch-app': '0.07' });
    await collect(db.database);
    await rate(db.database, 0);
    for (const customer of ['acme', 'birch']) {
      const before = await cost('2026-11-01T03:00:00Z', customer);
      const invoice = await db.database.first(invoiceShow, { invoice_id: `${PERIOD}/${customer}/usage` });
      const document = JSON.parse(invoice?.document ?? '') as { lines: { amount: string }[]; total: string };
      const columns = ['key', 'label', 'project', 'quantity', 'exact', 'amount'];
      const lines = document.lines.map((line) =>
        Object.fromEntries(Object.entries(line).filter(([key]) => columns.includes(key))),
      );
      expect(before).toEqual({ kind: 'so_far', currency: 'usd', lines, adjustments: [], total: document.total });
      expect(invoice?.total.toString()).toBe(document.total);
    }
    const open = await cost('2026-11-01T03:00:00Z');
    await approveRun(
      { database: db.database, effects: EFFECTS },
      { runId: PERIOD, approver: 'person:fay', why: 'test' },
    );
    expect(await cost('2026-11-01T03:00:00Z')).toEqual({
      ...open,
      kind: 'invoiced',
      invoice: `${PERIOD}/acme/usage`,
      number: null,
    });
  });

  test('a customer who cannot be rated is told why, and nobody is shown a figure instead', async () => {
    expect(await cost('2026-10-01T09:00:00Z', 'nobody')).toMatchObject({ kind: 'held', reason: 'no_contract' });
  });

  test('a waived day costs what it will cost on the invoice: nothing, whatever its snapshot said', async () => {
    await refreshAll('2026-10-01T08:00:00Z', reading({ 'acme-app': '10' }));
    await db.owner.query('alter table completeness_waivers disable trigger user');
    await db.owner.query(`insert into completeness_waivers (region, source_id, day, author, approver, why, proposed_at, waived_at, status)
      values ('us-east', 'requests', '2026-10-01', 'person:ana', 'person:ben', 'outage', now(), now(), 'approved')`);
    await db.owner.query('alter table completeness_waivers enable trigger user');
    expect(await cost('2026-10-02T09:00:00Z')).toMatchObject({ total: '100' });
  });
});

describe('refresh-usage', () => {
  test('a reading replaces the one before whole; an older or repeated one changes nothing', async () => {
    await refresh('us-east', '2026-10-01T08:00:00Z', reading({ 'acme-app': '10', 'birch-app': '1' }));
    await refresh('us-east', '2026-10-01T08:10:00Z', reading({ 'acme-app': '12' }));
    for (const late of ['2026-10-01T08:00:00Z', '2026-10-01T08:10:00Z'])
      expect(await refresh('us-east', late, reading({ 'acme-app': '1' }))).toMatchObject({
        outcomes: [{ kind: 'overtaken' }],
      });
    const rows = await db.owner.query('select project_id, customer_id, quantity::text from usage_snapshot_rows');
    expect(rows.rows).toEqual([{ project_id: 'acme-app', customer_id: 'acme', quantity: '12' }]);
  });

  test('a faulty source leaves the last good figure with its time and the reason, and raises nothing', async () => {
    await refresh('us-east', '2026-10-01T08:00:00Z', reading({ 'acme-app': '10' }));
    for (const at of ['2026-10-01T08:10:00Z', '2026-10-01T08:20:00Z'])
      expect(await refresh('us-east', at, FAULT)).toMatchObject({ kind: 'refreshed', outcomes: [{ kind: 'failed' }] });
    expect(await snapshots()).toEqual([
      {
        region: 'us-east',
        day: expect.anything(),
        as_of: new Date('2026-10-01T08:00:00Z'),
        failure_reason: 'source_timeout',
        row_count: 1,
      },
    ]);
    expect((await db.owner.query('select from exceptions')).rowCount).toBe(0);
    expect((await db.owner.query('select from outbox')).rowCount).toBe(0);
    await refresh('us-east', '2026-10-01T08:30:00Z', reading({ 'acme-app': '11' }));
    expect(await snapshots()).toMatchObject([{ failure_reason: null, as_of: new Date('2026-10-01T08:30:00Z') }]);
  });

  test('a provisional figure may rest on half of the scrapes, where a checkpoint needs its share', async () => {
    const opened: unknown[] = [];
    const dependencies = {
      database: db.database,
      effects: EFFECTS,
      openReader: async ({ configuration }: { readonly configuration: unknown }) => {
        opened.push(configuration);
        return readerOf(reading({}));
      },
    };
    const work = { region: 'us-east', at: new Date('2026-10-01T08:00:00Z'), actor: 'service:refresh-usage' };
    for (const configuration of [
      '{"kind":"prometheus","minimumCoveragePercent":90,"scale":"1"}',
      '{"kind":"bigquery"}',
    ]) {
      await db.owner.query('alter table usage_sources disable trigger user');
      await db.owner.query('update usage_sources set configuration = $1', [configuration]);
      await db.owner.query('alter table usage_sources enable trigger user');
      await refreshUsage(dependencies, work);
    }
    expect(opened).toEqual([{ kind: 'prometheus', minimumCoveragePercent: 50, scale: '1' }, { kind: 'bigquery' }]);
  });

  test('a project that comes twice is no figure', async () => {
    const twice = reading({ 'acme-app': '1' });
    if (twice.kind === 'incomplete') throw new Error('not a reading');
    const said = { ...twice, rows: [...twice.rows, ...twice.rows] };
    expect(await refresh('us-east', '2026-10-01T08:00:00Z', said)).toMatchObject({
      outcomes: [{ reason: 'duplicate_row' }],
    });
  });

  test('snapshots of days that have a checkpoint are removed, and none comes after it', async () => {
    await refresh('us-east', '2026-10-01T08:00:00Z', reading({ 'acme-app': '10' }));
    await refresh('eu-west', '2026-10-01T08:00:00Z', reading({ 'acme-app': '10' }));
    await aggregate(db.database, 'us-east', utcDay('2026-10-01'), { 'acme-app': '20' });
    expect(await refresh('us-east', '2026-10-01T23:50:00Z', reading({ 'acme-app': '19' }))).toMatchObject({
      outcomes: [{ kind: 'overtaken' }],
      removed: 1,
    });
    await refresh('eu-west', '2026-10-02T00:01:00Z', reading({}));
    expect((await snapshots()).map(({ region }) => region)).toEqual(['eu-west']);
  });

  test('the first minutes of a day and regions that do not exist are not read', async () => {
    expect(await refresh('us-east', '2026-10-01T00:04:59Z', reading({}))).toMatchObject({ outcomes: [] });
    expect(await refresh('mars', '2026-10-01T08:00:00Z', reading({}))).toEqual({
      kind: 'refused',
      reason: 'there is no region "mars" on 2026-10-01; the regions of that day: eu-west, us-east',
    });
  });
});

describe('provisional usage is never billed', () => {
  const SNAPSHOT_TABLES = ['usage_snapshots', 'usage_snapshot_rows'];

  test('the role in which runs are rated cannot read a snapshot, and the role that can writes nothing that is billed', async () => {
    await refreshAll('2026-10-01T08:00:00Z', reading({ 'acme-app': '10' }));
    await db.owner.query('set role daybook_app');
    for (const table of SNAPSHOT_TABLES)
      await expect(db.owner.query(`select from ${table}`), table).rejects.toMatchObject({ code: '42501' });
    await db.owner.query('set role daybook_visibility');
    const writable = await db.owner.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind in ('r', 'p')
         and (has_any_column_privilege(c.oid, 'insert, update') or has_table_privilege(c.oid, 'delete')) order by 1`,
    );
    expect(writable.rows.map(({ name }) => name)).toEqual(SNAPSHOT_TABLES.toReversed());
    await db.owner.query('reset role');
  });

  test('a month with snapshots and without checkpoints is not rated; one with both is rated from the checkpoints alone', async () => {
    for (const day of DAYS) await refreshAll(`${day}T08:00:00Z`, reading({ 'acme-app': '1000' }));
    expect(await collect(db.database)).toBe('collecting');
    await aggregateAll(db.database, { 'acme-app': '1' });
    await db.owner.query(`insert into usage_snapshots (region, source_id, day, source_version, metric, as_of, tried_for)
      values ('us-east', 'requests', '2026-10-31', 1, 'requests', now(), now()) on conflict do nothing`);
    expect(await collect(db.database)).toBe('pinned');
    await rate(db.database, 0);
    expect((await db.owner.query(`select total::text from invoices where customer_id = 'acme'`)).rows).toEqual([
      { total: '60' },
    ]);
  });
});

describe('daybook usage so-far', () => {
  const effects = { ...EFFECTS, now: () => new Date('2026-10-01T09:00:00Z') };

  test('prints each day with its label and source, and the cost', async () => {
    await refreshAll('2026-10-01T08:00:00Z', reading({ 'acme-app': '10.5' }));
    const run = await daybook('usage so-far --customer acme', { database: db.database, effects });
    expect(run.err).toBe('');
    expect(run.out).toContain('API requests');
    expect(run.out).toMatch(/2026-10-01 +21 +provisional +2 snapshots, as of 2026-10-01 08:00 UTC/);
    expect(run.out).toContain('2.10 USD');
    expect(run.code).toBe(0);
    const json = await daybook('usage so-far --customer acme --period 2026-10 --json', {
      database: db.database,
      effects,
    });
    expect(json.json()).toMatchObject({
      usage: { customer: 'acme', invoice: null },
      cost: { kind: 'so_far', total: '210' },
    });
  });

  test('refuses a customer that nobody knows', async () => {
    const run = await daybook('usage so-far --customer nobody', { database: db.database, effects });
    expect(run.err).toContain('There is no customer "nobody"');
    expect(run.code).toBe(1);
  });
});
