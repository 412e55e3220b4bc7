import type { PlantedBreach } from './planted-breach.ts';

/** What holds the promises in the database itself. */
export const GUARD_BREACHES: readonly PlantedBreach[] = [
  {
    what: 'a transition that the code does not list',
    sentence: 'the database allows what the code lists',
    place: 'state_transitions invoice: "paid" to "void"',
    statements: [`insert into state_transitions values ('invoice', 'paid', 'void')`],
  },
  {
    what: 'a listed transition taken away',
    sentence: 'the database allows what the code lists',
    place: 'state_transitions invoice: "finalized" to "void"',
    statements: [
      `delete from state_transitions where entity = 'invoice' and from_state = 'finalized' and to_state = 'void'`,
    ],
  },
  {
    what: 'a guard switched off',
    sentence: 'the guards of the database are in force',
    place: 'trigger only_listed_transitions on invoices',
    statements: ['alter table invoices disable trigger only_listed_transitions'],
  },
  {
    what: 'a unique index dropped',
    sentence: 'the guards of the database are in force',
    place: 'index one_live_invoice_per_obligation on invoices',
    statements: ['drop index one_live_invoice_per_obligation'],
  },
  {
    what: 'the guard of the log dropped',
    sentence: 'the guards of the database are in force',
    place: 'trigger audit_log_is_append_only on audit_log',
    statements: ['drop trigger audit_log_is_append_only on audit_log'],
  },
  {
    what: 'a trigger that is no part of the migrations',
    sentence: 'the guards of the database are in force',
    place: 'trigger soften on charges',
    statements: [
      `create function soften() returns trigger language plpgsql as 'begin return null; end'`,
      'create trigger soften before insert on charges for each row execute function soften()',
    ],
  },
  {
    what: 'a function of the guards written anew',
    sentence: 'the guards of the database are in force',
    place: 'function refuse_change()',
    statements: [
      `create or replace function refuse_change() returns trigger language plpgsql as 'begin return new; end'`,
    ],
  },
  {
    what: 'a constraint dropped',
    sentence: 'the guards of the database are in force',
    place: 'constraint adjustments_check on adjustments',
    statements: ['alter table adjustments drop constraint adjustments_check'],
  },
  {
    what: 'a constraint that was made to let everything through',
    sentence: 'the guards of the database are in force',
    place: 'constraint credits_amount_check on credits',
    statements: [
      'alter table credits drop constraint credits_amount_check',
      'alter table credits add constraint credits_amount_check check (true)',
    ],
  },
  {
    what: 'a right to change the log',
    sentence: 'the guards of the database are in force',
    place: 'rights of daybook_app on audit_log',
    statements: ['grant update on audit_log to daybook_app'],
  },
  {
    what: 'a right of everybody on one column',
    sentence: 'the guards of the database are in force',
    place: 'rights of public on invoices.total',
    statements: ['grant update (total) on invoices to public'],
  },
  {
    what: 'row security that hides rows',
    sentence: 'the guards of the database are in force',
    place: 'row security on invoices',
    statements: [
      'alter table invoices enable row level security',
      'create policy hides on invoices for select using (false)',
    ],
  },
  {
    what: 'a migration that the program does not know',
    sentence: 'the guards of the database are in force',
    place: 'migration 9999_of_an_intruder.sql',
    statements: [`insert into schema_migrations (name, digest) values ('9999_of_an_intruder.sql', 'x')`],
  },
  {
    what: 'a sealed month without its seal',
    sentence: 'the guards of the database are in force',
    place: 'trigger month_is_sealed on usage_daily_202610',
    statements: [
      `update usage_partitions set status = 'sealed', sealed_at = '2027-04-01', row_count = 1, totals = '{}', digest = 'x' where month = '2026-10'`,
    ],
  },
];
