import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statementsOf, unsafeStatements } from '../../shared/database/unsafe-statements.ts';

const MIGRATIONS = join(import.meta.dirname, '..', '..', 'sql', 'migrations');
/** The first deployment makes everything up to here at once, on an empty database: no version runs beside it. */
const FIRST_DEPLOYMENT = '0024';

const rules = (sql: string) => unsafeStatements(sql).map(({ rule }) => rule);

test('every migration after the first deployment is one that the running version survives', () => {
  const later = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql') && name.slice(0, 4) > FIRST_DEPLOYMENT);
  const faults = later.flatMap((name) =>
    unsafeStatements(readFileSync(join(MIGRATIONS, name), 'utf8')).map(
      ({ rule, statement, advice }) => `${name}: ${rule}: ${statement} (${advice})`,
    ),
  );
  expect(faults).toEqual([]);
});

describe('a statement that the running version would not survive is refused', () => {
  test.each([
    ['drops_what_is_read', 'drop table invoices;'],
    ['drops_what_is_read', 'alter table invoices drop column total;'],
    ['drops_what_is_read', 'DROP  FUNCTION audit_hash(bytea);'],
    ['renames', 'alter table invoices rename column total to amount;'],
    ['renames', 'alter table only public.invoices rename to bills;'],
    ['requires_a_new_column', 'alter table invoices add column due_on date not null;'],
    ['requires_what_was_optional', 'alter table invoices alter column due_on set not null;'],
    ['changes_a_type', 'alter table invoices alter column total type numeric;'],
    ['changes_a_type', 'alter table invoices alter column total set data type numeric;'],
    ['blocks_writers_with_an_index', 'create unique index one_due on invoices (due_on);'],
    ['checks_every_row', 'alter table invoices add constraint positive check (total >= 0);'],
    ['checks_every_row', 'alter table invoices add foreign key (run_id) references billing_runs;'],
    ['changes_every_row', "update invoices set currency = 'usd';"],
    ['locks_a_table', 'truncate inbox;'],
    ['takes_a_right_away', 'revoke insert on outbox from daybook_app;'],
  ])('%s: %s', (rule, sql) => {
    expect(rules(sql)).toEqual([rule]);
  });
});

describe('what the running version neither sees nor misses is let through', () => {
  test.each([
    'alter table invoices add column due_on date;',
    "alter table invoices add column terms text not null default 'net 30';",
    'create index concurrently if not exists due on invoices (due_on);',
    'alter table invoices add constraint positive check (total >= 0) not valid;',
    'alter table invoices validate constraint positive;',
    'create table notes (id bigint primary key); create index on notes (id); alter table notes add unique (id);',
    "update plans set title = 'drop table invoices' where plan = 'x';",
    '-- drop table invoices;\nselect 1;',
    'create function f() returns void language plpgsql as $$ begin drop table t; truncate x; end $$;',
    'grant select on outbox to daybook_app;',
  ])('%s', (sql) => {
    expect(rules(sql)).toEqual([]);
  });
});

test('a reviewed comment with a reason takes one statement on, and no other; without a reason it takes none', () => {
  const drop = 'drop table old_notes;';
  expect(rules(`-- reviewed: nobody reads old_notes since 0031\n${drop}`)).toEqual([]);
  expect(rules(`-- reviewed: nobody reads old_notes since 0031\n${drop}\n${drop}`)).toEqual(['drops_what_is_read']);
  expect(rules(`-- reviewed:\n${drop}`)).toEqual(['drops_what_is_read']);
});

test('statements are cut at their semicolons, not at those in texts, comments and bodies', () => {
  const cut = statementsOf(`select ';' as "a;b"; -- c;d
    /* e; f */ do $body$ begin perform 1; end $body$; select 2`);
  expect(cut.map(({ code }) => code)).toEqual([`select ';' as "a;b"`, 'do $$ … $$', 'select 2']);
});
