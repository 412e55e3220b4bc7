import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { daybook } from './command-line.ts';
import { EFFECTS, seedCatalogue } from './month.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedCatalogue(db);
});
afterEach(() => db.remove());

const verify = (...options: string[]) =>
  daybook(['audit', 'verify', '--json', ...options], { database: db.database, effects: EFFECTS });
const faults = async () => ((await verify()).json() as { readonly faults: readonly unknown[] }).faults;
const lastSequence = async () =>
  Number((await db.owner.query('select max(sequence)::int as last from audit_log')).rows[0].last);

async function tamper(statement: string, table = 'audit_log'): Promise<void> {
  await db.owner.query(`alter table ${table} disable trigger user`);
  await db.owner.query(statement);
  await db.owner.query(`alter table ${table} enable trigger user`);
}

describe('promise 16: the audit log is a chain, and every break is located', () => {
  test('an untouched log is intact, and says its head', async () => {
    const run = await verify();
    expect(run.json()).toMatchObject({
      intact: true,
      entries: await lastSequence(),
      head: { sequence: String(await lastSequence()), hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      faults: [],
    });
    expect(run.code).toBe(0);
  });

  test('text of every kind hashes as PostgreSQL writes it: quotes, control characters, other scripts', async () => {
    const why = 'a "quote", a \\ backslash, a\ttab\nline \u0001 \u007f, ümlaut, 🧾, \u2028';
    await db.database.transaction({ actor: 'person:ana', why }, (transaction) =>
      transaction.rows(
        {
          name: 'test',
          parameters: [],
          text: `select audit_append('test.done', 'a "b"', '{"z": 1.50, "a": ["\\u00e9", null]}')`,
        },
        {},
      ),
    );
    expect(await verify()).toMatchObject({ code: 0 });
  });

  test('an edited entry', async () => {
    await tamper(`update audit_log set why = 'looked fine' where sequence = 5`);
    expect(await faults()).toMatchObject([{ kind: 'altered', sequence: '5' }]);
  });

  test('an edited entry whose hash was computed anew breaks the link to the next', async () => {
    await tamper(
      `update audit_log set actor = 'person:ben', hash = audit_hash(previous_hash, sequence, at, 'person:ben', action, subject, why, detail) where sequence = 5`,
    );
    expect(await faults()).toMatchObject([{ kind: 'broken_link', sequence: '6' }]);
  });

  test('entries taken out of the middle', async () => {
    await tamper('delete from audit_log where sequence in (5, 6)');
    expect(await faults()).toContainEqual({ kind: 'missing', from: '5', to: '6' });
  });

  test('two entries that changed places', async () => {
    await tamper('update audit_log set sequence = 1011 - sequence where sequence in (5, 6)');
    await tamper('update audit_log set sequence = sequence - 1000 where sequence > 1000');
    expect(await faults()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'altered', sequence: '5' }),
        expect.objectContaining({ kind: 'altered', sequence: '6' }),
      ]),
    );
  });

  test('the last entry cut off: it is named, and so is the contract that is in a state that no entry tells of', async () => {
    const last = String(await lastSequence());
    await tamper(`delete from audit_log where sequence = ${last}`);
    expect(await faults()).toMatchObject([{ kind: 'missing', from: last, to: last }, { kind: 'state_differs' }]);
  });

  test('the whole log truncated: everything with a state is named', async () => {
    await tamper('truncate audit_log');
    const found = await faults();
    expect(found).toContainEqual({
      kind: 'state_differs',
      entity: 'contract',
      subject: 'acme-1',
      actual: 'active',
      logged: null,
    });
    expect((await verify()).code).toBe(1);
  });

  test('a state that was changed beside the log', async () => {
    await tamper(`update contracts set status = 'ended', ends_on = '2026-11-01'`, 'contracts');
    expect(await faults()).toEqual([
      { kind: 'state_differs', entity: 'contract', subject: 'acme-1', actual: 'ended', logged: 'active' },
    ]);
  });

  test('a chain that was written anew to its end is found by a head that was noted before', async () => {
    const { head } = (await verify()).json() as { readonly head: { readonly sequence: string; readonly hash: string } };
    expect(await verify('--anchor', `${head.sequence}:${head.hash}`)).toMatchObject({ code: 0 });
    const anew = `do $$ declare entry record; last bytea := '\\x'; begin
      for entry in select * from audit_log order by sequence loop
        update audit_log set why = 'all fine', previous_hash = last,
          hash = audit_hash(last, sequence, at, actor, action, subject, 'all fine', detail) where sequence = entry.sequence returning hash into last;
      end loop; end $$`;
    await tamper(anew);
    expect(await faults()).toMatchObject([{ kind: 'head_differs', sequence: head.sequence, expected: head.hash }]);
    await tamper(
      'update audit_head set hash = (select hash from audit_log order by sequence desc limit 1)',
      'audit_head',
    );
    expect(await verify()).toMatchObject({ code: 0 });
    const anchored = await verify('--anchor', `${head.sequence}:${head.hash}`);
    expect(anchored.json()).toMatchObject({
      intact: false,
      faults: [{ kind: 'anchor_differs', sequence: head.sequence, expected: head.hash }],
    });
    expect(anchored.code).toBe(1);
  });

  test('the text says which entry and what to do', async () => {
    await tamper(`update audit_log set why = 'looked fine' where sequence = 5`);
    const { out, code } = await daybook('audit verify', { database: db.database });
    expect(out).toMatch(/entry 5 \(.+\) is not what its hash was made from/);
    expect(out).toContain('compare with a backup');
    expect(code).toBe(1);
  });

  test.each([
    ['contracts', 'update contracts set approver = author', '23  nobody approved', 'contracts acme-1: person:'],
    ['metrics', 'drop trigger audit_log_is_append_only on audit_log', ' 8  the guards', 'on audit_log: is gone'],
  ])('a broken promise is named with its place and what leads on: %s', async (table, statement, sentence, place) => {
    await tamper(statement, table);
    const { out, code } = await daybook('audit verify', { database: db.database });
    const [, told = ''] = out.split(`✗ ${sentence}`);
    expect(told.split('✓')[0]).toContain(place);
    expect(told.split('✓')[0]).toMatch(/\n +next: \w/);
    expect(code).toBe(1);
  });
});
