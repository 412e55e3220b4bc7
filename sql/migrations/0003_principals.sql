-- Who acts, and who may approve what: the guards that plans, contracts, waivers and runs share.

do $$
begin
  if not exists (select from pg_roles where rolname = 'daybook_checker') then
    begin
      create role daybook_checker nologin;
    exception when duplicate_object or unique_violation then
      raise notice 'role daybook_checker was made by another migration at the same moment';
    end;
  end if;
end $$;
grant usage on schema public to daybook_checker;

-- A service account stands for a person, never for another account: person_behind looks one step back.
create function require_owner_to_be_a_person() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.owner is not null and not exists (select from principals where principal = new.owner and kind = 'person') then
    raise exception 'the owner of % must be a person, and % is none', new.principal, new.owner using errcode = 'DB003';
  end if;
  return new;
end $$;
create trigger owner_is_a_person before insert or update on principals
  for each row execute function require_owner_to_be_a_person();
-- A person who owns accounts stays one.
create function keep_principal_kind() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.principal <> new.principal or old.kind <> new.kind then
    raise exception 'principal % keeps its name and kind', old.principal using errcode = 'DB002';
  end if;
  return new;
end $$;
create trigger kind_is_kept before update on principals for each row execute function keep_principal_kind();

-- Who acts in this transaction; see Intent in shared/database.
create function current_actor() returns text language sql stable set search_path = pg_catalog as $$
  select nullif(current_setting('daybook.actor', true), '')
$$;

-- Promise 23: author and approver are different people, whatever account they use.
create function refuse_self_approval() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  author_name text;
begin
  if tg_table_name = 'plan_approvals' then
    select author into author_name from plan_versions where plan_version = new.plan_version;
  else
    author_name := new.author;
  end if;
  if new.approver is not null and person_behind(author_name) = person_behind(new.approver) then
    raise exception '% is the author and cannot approve: a second person must', new.approver
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
  end if;
  return new;
end $$;

-- Raises unless the principal acts in this transaction itself, holds one of the roles, and a person answers for it.
create function require_actor(principal_name text, needed principal_role[], deed text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  found principals;
begin
  if principal_name is distinct from current_actor() then
    raise exception '% cannot act as %: the transaction is of %', principal_name, deed, coalesce(current_actor(), 'nobody')
      using errcode = 'DB003', hint = 'Each principal acts in its own name.';
  end if;
  select * into found from principals where principal = principal_name;
  if found.roles is null or not found.roles && needed then
    raise exception '% has not the role to act as %: it takes %', principal_name, deed, array_to_string(needed, ' or ')
      using errcode = 'DB003', hint = 'Roles are granted where the deployment is configured.';
  end if;
  if found.kind = 'service' and found.owner is null then
    raise exception '% cannot act as %: nobody stands behind this service account', principal_name, deed
      using errcode = 'DB003', hint = 'Give the account an owner, or act as a person.';
  end if;
end $$;

create function require_author() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform require_actor(new.author, array['author']::principal_role[], 'author');
  return new;
end $$;

-- Findings of one severity in the JSON of a check.
create function count_findings(diagnostics jsonb, of_severity text) returns integer
language sql immutable strict set search_path = pg_catalog as $$
  select jsonb_array_length(jsonb_path_query_array(diagnostics, 'strict $[*] ? (@.severity == $severity)',
                                                   jsonb_build_object('severity', of_severity)))
$$;

-- True when every element is an object with a known severity: nothing can hide from count_findings.
create function are_findings(diagnostics jsonb) returns boolean
language sql immutable strict set search_path = pg_catalog as $$
  select case when jsonb_typeof(diagnostics) = 'array'
    then jsonb_array_length(diagnostics) = jsonb_array_length(jsonb_path_query_array(diagnostics,
      'strict $[*] ? (@.type() == "object" && (@.severity == "error" || @.severity == "warning") && @.code.type() == "string")'))
    else false end
$$;

-- The codes of the warnings that a reviewer has not acknowledged.
create function unacknowledged_warnings(diagnostics jsonb, acknowledged text[]) returns text[]
language sql immutable strict set search_path = pg_catalog as $$
  select coalesce(array_agg(distinct finding ->> 'code' order by finding ->> 'code'), '{}')
  from jsonb_array_elements(diagnostics) finding
  where finding ->> 'severity' = 'warning' and finding ->> 'code' <> all (acknowledged)
$$;

-- Raises when a day from `from_day` to before `to_day` (null: without end) lies in a period whose run was approved.
-- Runs are locked against approval until this transaction ends, so that the two cannot cross.
create function require_open_days(from_day date, to_day date, subject text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  closed_period text;
begin
  perform from billing_runs r where daterange(r.period_from, r.period_to) && daterange(from_day, to_day) for share;
  select max(r.period) into closed_period from billing_runs r
    where daterange(r.period_from, r.period_to) && daterange(from_day, to_day)
      and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed');
  if closed_period is not null then
    raise exception '% would change %, which is closed', subject, closed_period
      using errcode = 'DB005', hint = 'Choose a day after the last closed period.';
  end if;
end $$;

revoke execute on function require_actor, require_open_days from public;
grant execute on function require_actor to daybook_app, daybook_checker;
