-- Today's usage, kept apart from checkpoints and never billed; and what people decide on when something failed.

-- The one role that reads and writes snapshots. It reads what a customer's figures are made of and writes nothing but
-- snapshots, and the application's own role may not read them: a run, which is rated in that role, cannot see one.
do $$
begin
  if not exists (select from pg_roles where rolname = 'daybook_visibility') then
    begin
      create role daybook_visibility nologin;
    exception when duplicate_object or unique_violation then
      raise notice 'role daybook_visibility was made by another migration at the same moment';
    end;
  end if;
end $$;
grant usage on schema public to daybook_visibility;

-- The latest reading of a source's day that is not over, and the latest attempt at one.
create table usage_snapshots (
  region text not null references regions,
  source_id text not null,
  day date not null,
  source_version integer not null,
  metric text not null references metrics,
  -- The instant before which the day was read; null while no reading has succeeded.
  as_of timestamptz,
  row_count integer not null default 0 check (row_count >= 0),
  -- The latest attempt: when it was due, and why it gave no figure; the last good one stays in place then.
  tried_for timestamptz not null,
  failure_reason text,
  failure_detail text,
  primary key (region, source_id, day),
  foreign key (source_id, region, source_version) references usage_sources (source_id, region, version),
  check ((failure_reason is null) = (failure_detail is null)),
  check (as_of is not null or failure_reason is not null),
  check (as_of <= tried_for)
);

create table usage_snapshot_rows (
  region text not null,
  source_id text not null,
  day date not null,
  project_id text not null check (project_id <> ''),
  customer_id text,
  quantity numeric not null check (quantity >= 0 and quantity < 'Infinity'),
  primary key (region, source_id, day, project_id),
  foreign key (region, source_id, day) references usage_snapshots on delete cascade
);
create index on usage_snapshot_rows (customer_id, day);

grant select, insert, update, delete on usage_snapshots, usage_snapshot_rows to daybook_visibility;
grant select on regions, project_ownerships, metrics, usage_sources, checkpoints, usage_daily, completeness_waivers,
  contracts, plan_versions, billing_runs, run_checkpoints, invoices to daybook_visibility;

-- Who opened an exception: whoever caused it does not wave it through.
alter table exceptions add column opened_by text;
create function note_who_opened() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  new.opened_by := current_actor();
  return new;
end $$;
create trigger opener_is_noted before insert on exceptions for each row execute function note_who_opened();

-- Classes whose waiver lets no amount change; everything else affects money.
create function exception_affects_money(of_class text) returns boolean
language sql immutable strict set search_path = pg_catalog as $$
  select of_class not in ('aggregation_failed', 'stray_usage', 'retention_failed')
$$;

-- Promise 23: a waiver has a reason and a person; where money is concerned, one with the role for it, who is not the one
-- that caused it.
create function require_waiver() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if coalesce(length(btrim(new.why)), 0) = 0 then
    raise exception 'exception % cannot be waived without a reason', new.exception_id
      using errcode = 'DB003', hint = 'Say why: --why "what was decided".';
  end if;
  if not exception_affects_money(new.class) then
    perform require_actor(new.ended_by, array['operator', 'approver', 'finance']::principal_role[], 'the one who waives an exception');
    return new;
  end if;
  perform require_actor(new.ended_by, array['approver', 'finance']::principal_role[], 'the one who waives an exception about money');
  if person_behind(new.opened_by) = person_behind(new.ended_by) then
    raise exception '% caused exception % and cannot waive it: a second person must', new.ended_by, new.exception_id
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
  end if;
  return new;
end $$;
create trigger waiver_is_allowed before update on exceptions for each row
  when (new.status = 'waived' and old.status <> 'waived') execute function require_waiver();

-- What becomes of a message that was put aside is a decision, with who and why.
create constraint trigger audited_transitions after update on dead_letters deferrable initially deferred
  for each row execute function audit_transition('dead_letter', 'dead_letter_id');
