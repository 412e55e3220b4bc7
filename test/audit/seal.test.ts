import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create } from '../../functions/seal-audit-log/handler.ts';
import { sealAuditLog } from '../../shared/audit/seal.ts';
import { verifyAuditLog } from '../../shared/audit/verify.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { daybook } from '../cli/command-line.ts';
import { EFFECTS, seedCatalogue } from '../cli/month.ts';
import { request, testWorld } from '../console/world.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';

/** The log of the seeded catalogue was written on 2026-11-02. */
const FIRST_DAY = utcDay('2026-11-02');
const AT = new Date('2026-11-05T00:10:00Z');
const AFTER: Effects = { ...EFFECTS, now: () => AT };

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase(EFFECTS);
  await seedCatalogue(db);
});
afterEach(() => db.remove());

const seal = (throughDay = '2026-11-04', effects = AFTER) =>
  sealAuditLog({ database: db.database, effects }, utcDay(throughDay), 'service:seal-audit-log');
const faults = async (...anchors: string[]) => {
  const options = anchors.flatMap((anchor) => ['--anchor', anchor]);
  const run = await daybook(['audit', 'verify', '--json', ...options], { database: db.database, effects: EFFECTS });
  return (run.json() as { readonly faults: readonly unknown[] }).faults;
};
const rows = async (statement: string) => (await db.owner.query(statement)).rows;

/** An entry of the 3rd of November, as a superuser or the application may add it. */
async function append(why: string, at = '2026-11-03T12:00:00Z'): Promise<void> {
  await db.owner.query(
    `select set_config('daybook.now', $1, false), set_config('daybook.why', $2, false), set_config('daybook.actor', 'person:ana', false)`,
    [at, why],
  );
  await db.owner.query(`select audit_append('test.done', 'something', '{}')`);
}

async function tamper(...statements: string[]): Promise<void> {
  await db.owner.query('set session_replication_role = replica');
  for (const statement of statements) await db.owner.query(statement);
  await db.owner.query('set session_replication_role = origin');
}

/** Computes every hash from an entry on anew, and the head, as a thorough intruder would. */
const rehash = (from: number) => `do $$ declare entry record; last bytea; begin
  select coalesce((select hash from audit_log where sequence < ${from} order by sequence desc limit 1), '\\x') into last;
  for entry in select * from audit_log where sequence >= ${from} order by sequence loop
    update audit_log set previous_hash = last,
      hash = audit_hash(last, sequence, at, actor, action, subject, why, detail) where sequence = entry.sequence returning hash into last;
  end loop;
  update audit_head set sequence = (select max(sequence) from audit_log), hash = last; end $$`;

describe('promise 16: the log is sealed daily', () => {
  test('a seal for each day, days without an entry too; a repeat seals nothing', async () => {
    await append('on the third');
    expect(await seal()).toMatchObject({ kind: 'sealed', days: 3, notice: { day: '2026-11-04' } });
    const [{ count }] = await rows('select count(*)::int from audit_log');
    expect(
      await rows('select day::text, entries::int, last_sequence::int as last from audit_seals order by day'),
    ).toEqual([
      { day: FIRST_DAY, entries: count - 1, last: count - 1 },
      { day: '2026-11-03', entries: 1, last: count },
      { day: '2026-11-04', entries: 0, last: count },
    ]);
    expect(await seal()).toEqual({ kind: 'unchanged' });
    expect(await verifyAuditLog(db.database)).toMatchObject({ seals: 3, sealedThrough: '2026-11-04', faults: [] });
  });

  test('an entry whose clock was behind is covered by the next seal', async () => {
    await seal('2026-11-03');
    await append('late', '2026-11-02T23:59:00Z');
    await append('in time', '2026-11-04T10:00:00Z');
    await seal();
    expect(await rows('select entries::int from audit_seals where day = $$2026-11-04$$')).toEqual([{ entries: 2 }]);
    expect((await verifyAuditLog(db.database)).faults).toEqual([]);
  });

  test('a first entry whose clock was weeks ahead does not put the sealing off', async () => {
    await tamper(`update audit_log set at = '2026-12-25T00:00:00Z' where sequence = 1`, rehash(1));
    expect(await seal()).toMatchObject({ kind: 'sealed', notice: { day: '2026-11-04' } });
    expect((await verifyAuditLog(db.database)).faults).toEqual([]);
  });

  test('two callers at once seal each day once', async () => {
    const outcomes = await Promise.all([seal(), seal(), seal()]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['sealed', 'unchanged', 'unchanged']);
  });

  test('a day that is not over is refused', async () => {
    await expect(seal('2026-11-05')).rejects.toMatchObject({ code: 'DB005' });
  });

  test('what was written since the last seal is walked first: a broken log is told and not sealed', async () => {
    await seal('2026-11-03');
    await append('first', '2026-11-04T10:00:00Z');
    await append('second', '2026-11-04T10:00:01Z');
    await tamper(`update audit_log set why = 'nothing happened' where why = 'first'`);
    expect(await seal()).toMatchObject({ kind: 'broken', faults: [{ kind: 'altered' }] });
    expect(await rows('select max(day)::text as day from audit_seals')).toEqual([{ day: '2026-11-03' }]);
    expect(
      await rows(`select body::jsonb -> 'data' ->> 'place' as place from outbox where topic = 'audit.broken'`),
    ).toEqual([{ place: expect.stringMatching(/^altered at entry \d+$/) }]);
  });

  test('the function seals the day before its firing, publishes the seal and logs an anchor that verify takes', async () => {
    const logged: Record<string, unknown>[] = [];
    const { world, published } = testWorld(db, {}, AFTER);
    const handler = create({
      ...world,
      logger: { log: (_severity, message, fields) => void logged.push({ message, ...fields }) },
    });
    const firing = request('POST', '/', { headers: { 'x-cloudscheduler-scheduletime': '2026-11-05T00:10:00Z' } });
    expect(await handler(firing)).toMatchObject({ status: 200, body: { outcome: 'sealed' } });
    expect(await handler(firing)).toMatchObject({ status: 200, body: { outcome: 'unchanged' } });
    expect(published).toContain('audit.sealed');
    expect(logged).toMatchObject([
      { message: 'the audit log is sealed through 2026-11-04', anchor: expect.stringMatching(/^\d+:[0-9a-f]{64}$/) },
    ]);
    expect(await faults(String(logged[0]?.anchor))).toEqual([]);
  });
});

describe('promise 16: what a superuser does to a sealed log is found and located', () => {
  beforeEach(() => seal());

  test.each([
    ['an edit', [`update audit_log set why = 'fine' where sequence = 5`], { kind: 'altered', sequence: '5' }],
    ['a deletion', ['delete from audit_log where sequence = 5'], { kind: 'missing', from: '5', to: '5' }],
    [
      'a reordering',
      [
        'update audit_log set sequence = 1011 - sequence where sequence in (5, 6)',
        'update audit_log set sequence = sequence - 1000 where sequence > 1000',
      ],
      { kind: 'altered', sequence: '5' },
    ],
    ['a truncation', ['truncate audit_log'], { kind: 'seal_differs', day: FIRST_DAY, found: null }],
    [
      'an edit with the whole chain hashed anew',
      [`update audit_log set why = 'fine' where sequence = 5`, rehash(5)],
      { kind: 'seal_differs', day: FIRST_DAY },
    ],
    ['a cut tail', ['delete from audit_log where sequence > 6'], { kind: 'seal_differs', day: FIRST_DAY, found: null }],
    [
      'a cut tail and new entries in its place',
      ['delete from audit_log where sequence > 6', `select audit_append('a.b', 'c', '{}') from generate_series(1, 40)`],
      { kind: 'seal_differs', day: FIRST_DAY },
    ],
    [
      'a changed seal',
      [`update audit_seals set entries = 1 where day = '2026-11-02'`],
      { kind: 'seal_altered', day: FIRST_DAY },
    ],
    [
      'a seal taken out',
      [`delete from audit_seals where day = '2026-11-03'`],
      { kind: 'seals_missing', from: '2026-11-03', to: '2026-11-03' },
    ],
    [
      'a seal hashed anew',
      [
        `update audit_seals set sealed_at = '2026-12-01', hash = audit_seal_hash(previous_hash, day, last_sequence, last_hash, entries, '2026-12-01') where day = '2026-11-03'`,
      ],
      { kind: 'seal_altered', day: '2026-11-04' },
    ],
  ])('%s', async (_name, statements, fault) => {
    await tamper(...statements);
    expect(await faults()).toContainEqual(expect.objectContaining(fault));
  });

  test('log and seals written anew together: only the anchor that the function logged shows it', async () => {
    const [sealed] = await rows(
      `select last_sequence || ':' || encode(last_hash, 'hex') as anchor from audit_seals order by day desc`,
    );
    await tamper(`update audit_log set why = 'fine' where sequence = 5`, rehash(5), 'truncate audit_seals');
    await seal();
    expect(await faults()).toEqual([]);
    expect(await faults(sealed.anchor)).toMatchObject([{ kind: 'anchor_differs' }]);
  });
});

describe('hostile texts survive the chain', () => {
  test.each([
    ['quotes and separators', `'"; drop table audit_log; -- \\ ", [null]`],
    ['control characters', '\u0001\u0008\t\r\n\u001b[31m\u007f'],
    ['other scripts and directions', 'مرحبا \u202e\u2066 ܀ 中文 ﷽ Z̮̞̠͙'],
    ['beyond the basic plane', '🧾👩‍👩‍👧‍👦 𝒳 \u{10ffff}'],
    ['line separators and no-break spaces', '\u2028\u2029\u00a0\ufeff'],
    ['text that looks like JSON', '{"from": "", "to": "closed"}'],
    ['a formula', '=HYPERLINK("http://x","y")'],
    ['100,000 characters', 'ß'.repeat(100_000)],
  ])('%s as why, actor, action, subject and detail', async (_name, text) => {
    await db.owner.query(`select set_config('daybook.actor', $1, false), set_config('daybook.why', $1, false)`, [text]);
    await db.owner.query('select audit_append($1, $1, jsonb_build_object($1::text, $1::text))', [text]);
    await seal('2026-11-04');
    const { faults: found, entries } = await verifyAuditLog(db.database);
    expect(found).toEqual([]);
    expect(BigInt(entries)).toBeGreaterThan(1n);
    expect(await rows('select why, actor from audit_log order by sequence desc limit 1')).toEqual([
      { why: text, actor: text },
    ]);
  });
});
