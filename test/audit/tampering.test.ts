import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealAuditLog } from '../../shared/audit/seal.ts';
import { verifyAuditLog } from '../../shared/audit/verify.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { TRANSITIONS } from '../../shared/states/transitions.ts';
import { EFFECTS } from '../cli/month.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { INVOICE, Intruder, issuedMonth } from './issued-month.ts';

let db: TestDatabase;
let intruder: Intruder;
/** The last entry under a seal, and the last of all: three are younger than the seal. */
let sealed: number;
let last: number;
beforeAll(async () => {
  db = await issuedMonth();
  // Some steps of the month are on the real clock: the day after today ends them all.
  const after = new Date(Math.max(Date.now(), Date.parse('2026-11-05T00:10:00Z')) + 2 * 86_400_000);
  const throughDay = utcDay(new Date(after.getTime() - 86_400_000).toISOString().slice(0, 10));
  const effects = { ...EFFECTS, now: () => after };
  const outcome = await sealAuditLog({ database: db.database, effects }, throughDay, 'service:seal-audit-log');
  if (outcome.kind !== 'sealed') throw new Error(JSON.stringify(outcome));
  sealed = Number(outcome.notice.sequence);
  for (const why of ['one', 'two', 'three'])
    await db.database.transaction({ actor: 'person:ana', why }, (transaction) =>
      transaction.rows({ name: why, parameters: [], text: `select audit_append('test.done', 'x', '{"a": 1.50}')` }, {}),
    );
  last = sealed + 3;
  intruder = new Intruder(db.url);
});
afterAll(async () => {
  await intruder.close();
  await db.remove();
});

const faultsAfter = (...statements: readonly string[]) =>
  intruder.afterwards(statements, async (transaction) => (await verifyAuditLog(transaction)).faults);
const edit = (column: string, value: string) => `update audit_log set ${column} = ${value} where sequence = 5`;
/** The log from a number on, hashed anew by someone who knows how. */
const rehash = (from: number) => `do $$ declare entry record; last bytea; begin
  select coalesce((select hash from audit_log where sequence < ${from} order by sequence desc limit 1), '\\x') into last;
  for entry in select * from audit_log where sequence >= ${from} order by sequence loop
    update audit_log set previous_hash = last,
      hash = audit_hash(last, sequence, at, actor, action, subject, why, detail) where sequence = entry.sequence returning hash into last;
  end loop; end $$`;
const FORGE_HEAD =
  'update audit_head set (sequence, hash) = (select sequence, hash from audit_log order by sequence desc limit 1)';

describe('promise 16: every column of every entry is under its hash', () => {
  test('what was not touched has no fault', async () => {
    expect(await faultsAfter()).toEqual([]);
  });

  test.each([
    ['the instant by a microsecond', edit('at', `at + interval '1 microsecond'`)],
    ['the actor', edit('actor', `actor || ' '`)],
    ['the action', edit('action', `upper(action)`)],
    ['the subject', edit('subject', `'another'`)],
    ['the reason', edit('why', `why || '.'`)],
    ['a member of the detail', edit('detail', `detail || '{"by": "nobody"}'`)],
    ['the hash before', edit('previous_hash', `sha256('x')`)],
    ['the hash', edit('hash', `sha256('x')`)],
  ])('%s', async (_what, statement) => {
    expect(await faultsAfter(statement)).toContainEqual(expect.objectContaining({ kind: 'altered', sequence: 5n }));
  });

  test('the number', async () => {
    expect(await faultsAfter(edit('sequence', '100005'))).toEqual(
      expect.arrayContaining([
        { kind: 'missing', from: 5n, to: 5n },
        expect.objectContaining({ kind: 'altered', sequence: 100_005n }),
      ]),
    );
  });

  test('a detail that is written otherwise and means the same is the same to PostgreSQL; another scale of a number is not', async () => {
    const of = (detail: string) => faultsAfter(`update audit_log set detail = '${detail}' where sequence = ${last}`);
    expect(await of('{ "a" : 1.50 }')).toEqual([]);
    expect(await of('{"a": 1.5}')).toEqual([expect.objectContaining({ kind: 'altered', sequence: BigInt(last) })]);
  });
});

describe('promise 16: an entry that is taken away, put in or cut off is located', () => {
  const missing = (from: number, to = from) => ({ kind: 'missing', from: BigInt(from), to: BigInt(to) });

  test('the first', async () => {
    expect(await faultsAfter('delete from audit_log where sequence = 1')).toContainEqual(missing(1));
  });
  test('one in the middle', async () => {
    expect(await faultsAfter('delete from audit_log where sequence = 5')).toContainEqual(missing(5));
  });
  test('the last, which no seal covers and no state tells of', async () => {
    expect(await faultsAfter(`delete from audit_log where sequence = ${last}`)).toEqual([missing(last)]);
  });
  test('the tail after the last seal, and then others go on', async () => {
    const cut = `delete from audit_log where sequence > ${sealed}`;
    expect(await faultsAfter(cut)).toEqual([missing(sealed + 1, last)]);
    expect(await faultsAfter(cut, `select audit_append('test.done', 'x', '{}')`)).toEqual([missing(sealed + 1, last)]);
  });
  test('what an append of an earlier version wrote past the head is no gap: the log goes on from it', async () => {
    const stale = `update audit_head set (sequence, hash) = (select sequence, hash from audit_log where sequence = ${sealed})`;
    expect(await faultsAfter(stale, `select audit_append('test.done', 'x', '{}')`)).toEqual([]);
  });
  test('the tail through the last seal', async () => {
    expect(await faultsAfter(`delete from audit_log where sequence >= ${sealed}`)).toEqual(
      expect.arrayContaining([missing(sealed, last), expect.objectContaining({ kind: 'seal_differs', found: null })]),
    );
  });
  test('all of it, and its head', async () => {
    expect(await faultsAfter('truncate audit_log', 'truncate audit_head')).toContainEqual(
      expect.objectContaining({ kind: 'seal_differs', found: null }),
    );
  });
  test('two that changed places', async () => {
    expect(
      await faultsAfter(
        `update audit_log set sequence = ${10_000 + 11} - sequence where sequence in (5, 6)`,
        'update audit_log set sequence = sequence - 10000 where sequence > 9999',
      ),
    ).toEqual(
      expect.arrayContaining([5n, 6n].map((sequence) => expect.objectContaining({ kind: 'altered', sequence }))),
    );
  });

  const copy = (number: string, from = 5) =>
    `insert into audit_log select (jsonb_populate_record(l, '{"sequence": ${number}}')).* from audit_log l where sequence = ${from}`;
  test('one put before the first', async () => {
    expect(
      await faultsAfter('alter table audit_log drop constraint entries_are_numbered_from_one', copy('-3')),
    ).toContainEqual(expect.objectContaining({ kind: 'put_in', sequence: -3n }));
  });
  test('one put under a number that is taken', async () => {
    expect(await faultsAfter('alter table audit_log drop constraint audit_log_pkey', copy('5', 6))).toContainEqual(
      expect.objectContaining({ kind: 'put_in', sequence: 5n }),
    );
  });
  test('one put into the middle, with the others moved on', async () => {
    expect(
      await faultsAfter(
        'update audit_log set sequence = sequence + 100000 where sequence > 5',
        'update audit_log set sequence = sequence - 99999 where sequence > 100000',
        copy('6'),
      ),
    ).toContainEqual(expect.objectContaining({ kind: 'altered', sequence: 6n }));
  });
  test('one put behind the last, chained as it should be', async () => {
    expect(await faultsAfter(copy(String(last + 1), last), rehash(last + 1))).toEqual([
      expect.objectContaining({ kind: 'put_in', sequence: BigInt(last + 1) }),
    ]);
  });
});

describe('promise 16: somebody who knows how the chain is made', () => {
  test('from an entry under a seal on: the seal shows it, the head too', async () => {
    const faults = await faultsAfter(edit('why', `'fine'`), rehash(5));
    expect(faults).toContainEqual(expect.objectContaining({ kind: 'seal_differs', sequence: BigInt(sealed) }));
    expect(faults).toContainEqual(expect.objectContaining({ kind: 'head_differs', sequence: BigInt(last) }));
  });
  test('from an entry after the last seal on: the head shows it', async () => {
    const rewritten = [`update audit_log set why = 'fine' where sequence = ${last - 1}`, rehash(last - 1)];
    expect(await faultsAfter(...rewritten)).toMatchObject([{ kind: 'head_differs', sequence: BigInt(last) }]);
  });
  test('with the head, after the last seal: only a head that was noted elsewhere shows it, until the next seal has left', async () => {
    const { head } = await verifyAuditLog(db.database);
    const rewritten = [`update audit_log set why = 'fine' where sequence = ${last - 1}`, rehash(last - 1), FORGE_HEAD];
    expect(await faultsAfter(...rewritten)).toEqual([]);
    const anchored = await intruder.afterwards(rewritten, async (transaction) =>
      verifyAuditLog(transaction, head === null ? [] : [head]),
    );
    expect(anchored.faults).toMatchObject([{ kind: 'anchor_differs', sequence: BigInt(last) }]);
  });
  test.each([
    ['the day', `day = day - 100`],
    ['the last entry', 'last_sequence = last_sequence - 1'],
    ['the hash of the entry', `last_hash = sha256('x')`],
    ['how many', 'entries = entries + 1'],
    ['when', `sealed_at = sealed_at + interval '1 microsecond'`],
    ['the seal before', `previous_hash = sha256('x')`],
    ['its own hash', `hash = sha256('x')`],
  ])('a column of the last seal: %s', async (_what, change) => {
    const faults = await faultsAfter(`update audit_seals set ${change} where day = (select max(day) from audit_seals)`);
    expect(faults).toContainEqual(expect.objectContaining({ kind: 'seal_altered' }));
  });
});

describe('promise 16: a table that was changed beside the log', () => {
  test('an invoice whose figures, lines, document and digests were all written anew', async () => {
    const faults = await faultsAfter(
      `update charges set amount = 62001, exact = '620.01' where line_key = 'fee'`,
      `update invoices set subtotal = subtotal + 1, total = total + 1, document = replace(document, '62000', '62001')`,
      `update invoices set document_digest = 'sha256:' || encode(sha256(convert_to(document, 'UTF8')), 'hex')`,
    );
    const [{ total, document_digest: noted }] = (await db.owner.query('select total, document_digest from invoices'))
      .rows;
    expect(faults).toMatchObject([
      { kind: 'fact_differs', entity: 'invoice', subject: INVOICE, fact: 'document_digest', noted },
      { kind: 'fact_differs', fact: 'subtotal' },
      { kind: 'fact_differs', fact: 'total', noted: total, actual: String(BigInt(total) + 1n) },
    ]);
  });
  test('a checkpoint whose rows, total and digest were written anew', async () => {
    expect(
      await faultsAfter(
        `update checkpoints set total = total + 1, digest = 'sha256:of-the-forged-rows' where checkpoint_id = 1`,
        `update usage_daily set quantity = quantity + 1 where checkpoint_id = 1`,
      ),
    ).toMatchObject([
      { kind: 'fact_differs', entity: 'checkpoint', subject: '1', fact: 'digest' },
      { kind: 'fact_differs', entity: 'checkpoint', subject: '1', fact: 'total' },
    ]);
  });
  test('a state of everything that the log tells states of', async () => {
    const { rows } = await db.owner.query(
      `select distinct convert_from(substring(tgargs from 1 for position('\\x00'::bytea in tgargs) - 1), 'UTF8') as entity
       from pg_trigger where tgfoid = 'audit_transition'::regproc and tgparentid = 0 order by 1`,
    );
    const audited: readonly string[] = rows.map((row) => row.entity);
    expect(Object.keys(TRANSITIONS)).toEqual(expect.arrayContaining([...audited]));
    // An entry of each kind for a thing that is not there: whoever forgets a table finds it here.
    const told = audited.map((entity) => {
      const [[state] = ['']] = Object.values(TRANSITIONS[entity as keyof typeof TRANSITIONS]).filter((of) => of.length);
      return `select audit_append('${entity}.${state}', 'nowhere', '{}')`;
    });
    const faults = await faultsAfter(...told);
    const named = faults.flatMap((fault) => (fault.kind === 'state_differs' ? [fault.entity] : []));
    expect(named.toSorted()).toEqual(audited);
  });
});
