-- Reruns and backfills: days that are to be read again, cell by cell, by any number of workers.

create type backfill_status as enum ('proposed', 'running', 'complete', 'failed', 'rejected');
create type backfill_cell_status as enum ('waiting', 'running', 'changed', 'unchanged', 'failed');
create table backfills (
  backfill_id bigint generated always as identity primary key,
  -- Half-open days; null regions and sources stand for all.
  from_day date not null,
  to_day date not null,
  region text references regions,
  source_id text,
  status backfill_status not null,
  author text not null references principals,
  -- Set when it reaches into a closed period: then a second person must agree (promise 23).
  approver text references principals,
  why text not null check (length(why) > 0),
  opened_at timestamptz not null,
  ended_at timestamptz,
  check (to_day > from_day),
  check ((status in ('complete', 'failed', 'rejected')) = (ended_at is not null))
);
-- The same command finds the backfill that was interrupted.
create unique index one_live_backfill_per_scope on backfills (from_day, to_day, coalesce(region, ''), coalesce(source_id, ''))
  where status in ('proposed', 'running');

create trigger author_is_not_approver before insert or update on backfills
  for each row execute function refuse_self_approval();
create trigger only_listed_transitions before insert or update on backfills
  for each row execute function enforce_transition('backfill');
create constraint trigger audited_transitions after insert or update on backfills deferrable initially deferred
  for each row execute function audit_transition('backfill', 'backfill_id');
create trigger backfills_are_kept before delete on backfills for each row execute function refuse_change();

-- Whether a day lies in a month whose run was approved: what changes there changes no invoice, but an adjustment.
create function is_closed_day(of_day date) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from billing_runs r where r.scope = 'month' and r.period_from <= of_day and r.period_to > of_day
    and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed'))
$$;

create function require_allowed_backfill_step() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform require_actor(new.author, array['operator']::principal_role[], 'the one who starts a backfill');
  elsif (old.from_day, old.to_day, old.region, old.source_id, old.author, old.why, old.opened_at)
        is distinct from (new.from_day, new.to_day, new.region, new.source_id, new.author, new.why, new.opened_at)
        or (old.approver is not null and old.approver is distinct from new.approver) then
    raise exception 'backfill % keeps its scope, its author and its approver', old.backfill_id
      using errcode = 'DB002', hint = 'Start another one.';
  end if;
  if new.approver is not null and (tg_op = 'INSERT' or old.approver is null) then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
  end if;
  if new.status = 'rejected' then
    perform require_actor(current_actor(), array['operator', 'approver', 'finance']::principal_role[], 'the one who rejects a backfill');
  end if;
  if new.status = 'running' and new.approver is null and exists (
      select from billing_runs r where r.scope = 'month' and daterange(r.period_from, r.period_to) && daterange(new.from_day, new.to_day)
        and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed')) then
    raise exception 'a rerun of % to % reaches into a closed period: a second person must approve it', new.from_day, new.to_day - 1
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance: daybook usage approve-backfill ID.';
  end if;
  return new;
end $$;
create trigger step_is_allowed before insert or update on backfills
  for each row execute function require_allowed_backfill_step();

-- One cell of a backfill. It is claimed for a while (the lease) under a token that grows with each claim; whoever comes
-- back with an older token changes nothing.
create table backfill_cells (
  backfill_id bigint not null references backfills,
  region text not null references regions,
  source_id text not null,
  day date not null,
  status backfill_cell_status not null,
  fencing_token integer not null default 0 check (fencing_token >= 0),
  lease_until timestamptz,
  -- The current revision when the cell was first claimed, and when it was done; null where there was none.
  revision_before integer,
  revision_after integer,
  failure_reason text,
  failure_detail text,
  primary key (backfill_id, region, source_id, day),
  check ((status = 'running') = (lease_until is not null)),
  check ((status = 'failed') = (failure_reason is not null)),
  check (status not in ('changed', 'unchanged') or revision_after is not null)
);
create index on backfill_cells (backfill_id, day, region, source_id) where status in ('waiting', 'running');
create trigger only_listed_transitions before insert or update on backfill_cells
  for each row execute function enforce_transition('backfill_cell');
create trigger cells_are_kept before delete on backfill_cells for each row execute function refuse_change();
grant select, insert, update on backfills, backfill_cells to daybook_app;

-- A person who changes usage of a closed period needs a second one. The scheduled reading and the retries of what failed
-- are nobody's decision: what they bring is late usage.
create function require_approved_rerun() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if is_closed_day(new.day)
     and exists (select from principals p where p.principal = person_behind(current_actor()) and p.kind = 'person')
     and not exists (select from backfills b join backfill_cells c using (backfill_id)
       where c.day = new.day and c.region = new.region and c.source_id = new.source_id and c.status = 'running'
         and b.status = 'running' and b.approver is not null) then
    raise exception '%/%/% has other figures now, and its period is closed: a second person must approve the rerun', new.region, new.source_id, new.day
      using errcode = 'DB003', hint = format('Propose it: daybook usage rerun --region %s --day %s --source %s --why "…".', new.region, new.day, new.source_id);
  end if;
  return new;
end $$;
create trigger rerun_is_approved before update on checkpoints for each row
  when (new.status = 'complete' and old.status = 'running') execute function require_approved_rerun();
