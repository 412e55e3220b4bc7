-- The log knows its own end, and notes the figures that stand behind a state, so that a cut tail and a figure that was
-- changed in a table beside the log show without waiting for the next seal (promise 16).

-- The last entry. An entry that is cut off leaves a gap for good: the next one is numbered and chained from here, not from
-- what is left of the log.
create table audit_head (
  only_row boolean primary key default true check (only_row),
  sequence bigint not null check (sequence >= 0),
  -- Of that entry; empty before the first.
  hash bytea not null
);
insert into audit_head (sequence, hash)
select coalesce(max(l.sequence), 0), coalesce((select e.hash from audit_log e order by e.sequence desc limit 1), '\x') from audit_log l;
create trigger audit_head_is_kept before delete on audit_head for each row execute function refuse_change();
create trigger audit_head_is_never_truncated before truncate on audit_head for each statement execute function refuse_change();
create function refuse_going_back() returns trigger language plpgsql as $$
begin
  if new.sequence <= old.sequence then
    raise exception 'the head of the audit log goes on from %, and not back to %', old.sequence, new.sequence
      using errcode = 'DB002', hint = 'Only audit_append moves it.';
  end if;
  return new;
end $$;
create trigger audit_head_goes_forward before update on audit_head for each row execute function refuse_going_back();
grant select on audit_head to daybook_app;
-- `audit verify` compares what guards the data with what the program was made for, up to the latest migration.
grant select on schema_migrations to daybook_app;

-- The walk through the log begins here: what stands before the first entry was put there.
-- reviewed: audit_append has numbered from 1 since the first migration, and the rows of other numbers are to be found by verify
alter table audit_log add constraint entries_are_numbered_from_one check (sequence > 0) not valid;
alter table audit_log validate constraint entries_are_numbered_from_one;

create or replace function audit_append(action text, subject text, detail jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  actor_name text := coalesce(nullif(current_setting('daybook.actor', true), ''), 'database:' || session_user);
  reason text := coalesce(nullif(current_setting('daybook.why', true), ''), 'not stated');
  -- The instant is the caller's: rules and records never read the server's clock where a time is passed in.
  instant timestamptz := coalesce(nullif(current_setting('daybook.now', true), '')::timestamptz, clock_timestamp());
  last_entry audit_head;
  written record;
  next_sequence bigint;
  next_hash bytea;
begin
  perform pg_advisory_xact_lock(hashtext('audit_log'));
  select * into strict last_entry from audit_head;
  -- An append of the version before, which ran while this one came, knew of no head: the log goes on from what it wrote.
  select l.sequence, l.hash into written from audit_log l order by l.sequence desc limit 1;
  if written.sequence > last_entry.sequence then
    last_entry.sequence := written.sequence;
    last_entry.hash := written.hash;
  end if;
  next_sequence := last_entry.sequence + 1;
  next_hash := audit_hash(last_entry.hash, next_sequence, instant, actor_name, action, subject, reason, detail);
  insert into audit_log (sequence, at, actor, action, subject, why, detail, previous_hash, hash)
  values (next_sequence, instant, actor_name, action, subject, reason, detail, last_entry.hash, next_hash);
  update audit_head set sequence = next_sequence, hash = next_hash;
end $$;

-- The arguments after the subject are columns whose values are noted with the state. They are columns that do not change
-- as long as the state does not.
create or replace function audit_transition() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  before_state text := case when tg_op = 'INSERT' then '' else old.status::text end;
  facts jsonb := to_jsonb(new);
  detail jsonb := jsonb_build_object('from', before_state, 'to', new.status::text);
begin
  if before_state is distinct from new.status::text then
    if tg_nargs > 2 then
      detail := detail || jsonb_build_object('noted',
        (select jsonb_object_agg(name, facts -> name) from unnest(tg_argv) with ordinality n (name, place) where place > 2));
    end if;
    perform audit_append(tg_argv[0] || '.' || new.status::text, facts ->> tg_argv[1], detail);
  end if;
  return null;
end $$;

drop trigger audited_transitions on checkpoints;
create constraint trigger audited_transitions after update on checkpoints deferrable initially deferred
  for each row when (new.status in ('complete', 'superseded', 'failed'))
  execute function audit_transition('checkpoint', 'checkpoint_id', 'row_count', 'total', 'digest');
drop trigger audited_transitions on invoices;
create constraint trigger audited_transitions after insert or update on invoices deferrable initially deferred
  for each row execute function audit_transition('invoice', 'invoice_id', 'currency', 'subtotal', 'total', 'document_digest');
drop trigger audited_transitions on adjustments;
create constraint trigger audited_transitions after insert or update on adjustments deferrable initially deferred
  for each row execute function audit_transition('adjustment', 'adjustment_id', 'currency', 'billed', 'corrected', 'total', 'document_digest');
drop trigger audited_transitions on credits;
create constraint trigger audited_transitions after insert or update on credits deferrable initially deferred
  for each row execute function audit_transition('credit', 'credit_id', 'kind', 'currency', 'amount', 'invoice_id', 'adjustment_id');
