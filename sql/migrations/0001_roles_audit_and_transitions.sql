-- Who may do what, the log of what was done, and the guard that lets only listed transitions happen.

create extension if not exists btree_gist;

do $$
declare
  role_name text;
begin
  foreach role_name in array array['daybook_app', 'daybook_portal', 'daybook_auditor'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        execute format('create role %I nologin', role_name);
      exception when duplicate_object or unique_violation then
        raise notice 'role % was made by another migration at the same moment', role_name;
      end;
    end if;
  end loop;
end $$;

grant usage on schema public to daybook_app, daybook_portal, daybook_auditor;
-- The auditor reads everything, the log above all, and changes nothing.
alter default privileges in schema public grant select on tables to daybook_auditor;

-- People and service accounts. A service account acts for its owner: approving through it is approving oneself.
create type principal_kind as enum ('person', 'service');
create type principal_role as enum ('viewer', 'operator', 'author', 'approver', 'finance');
create table principals (
  principal text primary key,
  kind principal_kind not null,
  roles principal_role[] not null,
  owner text references principals,
  check (kind = 'service' or owner is null)
);
comment on table principals is 'Identities as the console and the functions present them, with their roles.';

-- The one list of allowed transitions, filled from TRANSITIONS in shared/states by transitions.generated.sql.
-- An empty from_state is birth.
create table state_transitions (
  entity text not null,
  from_state text not null,
  to_state text not null,
  primary key (entity, from_state, to_state)
);

create function enforce_transition() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  before_state text := case when tg_op = 'INSERT' then '' else old.status::text end;
begin
  if before_state is distinct from new.status::text
     and not exists (select from state_transitions
                     where entity = tg_argv[0] and from_state = before_state and to_state = new.status::text) then
    raise exception '% cannot go from "%" to "%"', tg_argv[0], before_state, new.status
      using errcode = 'DB001', hint = 'The allowed transitions are listed in state_transitions.';
  end if;
  return new;
end $$;

-- Append-only and hash-chained (promise 16). Rows come only from audit_append.
create table audit_log (
  sequence bigint primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  subject text not null,
  why text not null,
  detail jsonb not null,
  previous_hash bytea not null,
  hash bytea not null
);

create function audit_hash(previous_hash bytea, sequence bigint, at timestamptz, actor text, action text, subject text, why text, detail jsonb)
returns bytea language sql immutable as $$
  select sha256(previous_hash || convert_to(jsonb_build_array(
    sequence, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, action, subject, why, detail)::text, 'UTF8'))
$$;

-- Appends one row. The transaction-level lock gives the chain one order: that of the commits.
create function audit_append(action text, subject text, detail jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  actor_name text := coalesce(nullif(current_setting('daybook.actor', true), ''), 'database:' || session_user);
  reason text := coalesce(nullif(current_setting('daybook.why', true), ''), 'not stated');
  -- The instant is the caller's: rules and records never read the server's clock where a time is passed in.
  instant timestamptz := coalesce(nullif(current_setting('daybook.now', true), '')::timestamptz, clock_timestamp());
  last_row record;
  next_sequence bigint;
  last_hash bytea;
begin
  perform pg_advisory_xact_lock(hashtext('audit_log'));
  select l.sequence, l.hash into last_row from audit_log l order by l.sequence desc limit 1;
  next_sequence := coalesce(last_row.sequence, 0) + 1;
  last_hash := coalesce(last_row.hash, '\x'::bytea);
  insert into audit_log (sequence, at, actor, action, subject, why, detail, previous_hash, hash)
  values (next_sequence, instant, actor_name, action, subject, reason, detail, last_hash,
          audit_hash(last_hash, next_sequence, instant, actor_name, action, subject, reason, detail));
end $$;
revoke execute on function audit_append from public;
grant execute on function audit_append to daybook_app;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: its rows are never changed or removed', tg_op, tg_table_name
    using errcode = 'DB002', hint = 'Record a correction as a new row instead.';
end $$;
create trigger audit_log_is_append_only before update or delete on audit_log
  for each row execute function refuse_change();
create trigger audit_log_is_never_truncated before truncate on audit_log
  for each statement execute function refuse_change();

-- Writes who and why of each transition to the log. Deferred to the commit, so that the lock of the chain is
-- taken after every row lock and two transactions cannot wait for each other through it.
create function audit_transition() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  before_state text := case when tg_op = 'INSERT' then '' else old.status::text end;
begin
  if before_state is distinct from new.status::text then
    perform audit_append(tg_argv[0] || '.' || new.status::text, to_jsonb(new) ->> tg_argv[1],
                         jsonb_build_object('from', before_state, 'to', new.status::text));
  end if;
  return null;
end $$;

-- The person behind an identity: a service account stands for its owner.
create function person_behind(identity text) returns text
language sql stable security definer set search_path = public, pg_temp as $$
  select coalesce((select owner from principals where principal = identity), identity)
$$;

grant select on principals, state_transitions, audit_log to daybook_app;
