-- What stands between usage and its price: waivers that two people make in two steps, and findings that hold the
-- customers that they touch.

-- A waiver is proposed by one person and approved by another, each in a transaction of their own. Only an approved one
-- completes its cell.
create type waiver_status as enum ('proposed', 'approved', 'rejected');
alter table completeness_waivers
  add column status waiver_status not null default 'approved',
  add column proposed_at timestamptz,
  alter column approver drop not null,
  alter column waived_at drop not null;
update completeness_waivers set proposed_at = waived_at;
alter table completeness_waivers
  alter column status drop default,
  alter column proposed_at set not null,
  add check ((status = 'approved') = (approver is not null and waived_at is not null)),
  add check (status = 'approved' or (approver is null and waived_at is null));

create trigger only_listed_transitions before insert or update on completeness_waivers
  for each row execute function enforce_transition('completeness_waiver');

-- Each acts in their own name: who proposes, who approves, who rejects.
create function require_allowed_waiver_step() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and new.status <> 'proposed'
     and (old.region, old.source_id, old.day, old.author, old.why, old.proposed_at)
         is distinct from (new.region, new.source_id, new.day, new.author, new.why, new.proposed_at) then
    raise exception 'the waiver of %/%/% is decided as it was proposed', old.region, old.source_id, old.day
      using errcode = 'DB002', hint = 'Propose it again with other words, then let a second person approve.';
  end if;
  case new.status
    when 'proposed' then
      perform require_actor(new.author, array['operator', 'author', 'finance']::principal_role[], 'the one who proposes a waiver');
    when 'approved' then
      perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    when 'rejected' then
      perform require_actor(current_actor(), array['operator', 'author', 'approver', 'finance']::principal_role[], 'the one who rejects a waiver');
  end case;
  return new;
end $$;
create trigger step_is_allowed before insert or update on completeness_waivers
  for each row execute function require_allowed_waiver_step();
create trigger waivers_are_kept before delete on completeness_waivers for each row execute function refuse_change();

-- As audit_transition, for a thing that is known by three columns.
create function audit_waiver() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform audit_append('completeness_waiver.' || new.status, format('%s/%s/%s', new.region, new.source_id, to_char(new.day, 'YYYY-MM-DD')),
    jsonb_build_object('from', case when tg_op = 'INSERT' then '' else old.status::text end, 'to', new.status, 'author', new.author, 'why', new.why));
  return null;
end $$;
create constraint trigger audited_transitions after insert or update on completeness_waivers deferrable initially deferred
  for each row execute function audit_waiver();
grant update on completeness_waivers to daybook_app;

-- What each customer used in all, by checkpoint: what a day is compared with, kept so that a month of rows need not be
-- read again for each new day. Made from usage_daily; a customer without rows has none.
create table checkpoint_volumes (
  checkpoint_id bigint not null references checkpoints,
  customer_id text not null,
  quantity numeric not null check (quantity >= 0),
  primary key (checkpoint_id, customer_id)
);
create trigger volumes_are_immutable before update or delete on checkpoint_volumes
  for each row execute function refuse_change();
grant select, insert on checkpoint_volumes to daybook_app;

-- Whose figures were compared with the days around them. A run that is pinned judges what is left, so that none is rated
-- before.
create table checkpoint_judgements (
  checkpoint_id bigint primary key references checkpoints,
  judged_at timestamptz not null
);
grant select, insert on checkpoint_judgements to daybook_app;

-- A figure that is complete and still looks wrong. An open one holds the customer's invoice, and nobody else's.
create type usage_anomaly_kind as enum ('project_vanished', 'volume_zero', 'volume_low', 'volume_high');
create type usage_anomaly_status as enum ('open', 'released', 'cleared');
create table usage_anomalies (
  anomaly_id bigint generated always as identity primary key,
  customer_id text not null references customers,
  region text not null references regions,
  source_id text not null,
  metric text not null references metrics,
  -- Only of a vanished project; the others are of all projects of the customer together.
  project_id text,
  day date not null,
  kind usage_anomaly_kind not null,
  status usage_anomaly_status not null,
  -- The day's figure and what it was held against (the day before, or the trailing median over so many days): exact
  -- text, in the source's unit.
  quantity text not null,
  baseline text not null,
  baseline_days integer not null check (baseline_days > 0),
  -- The revision that shows it.
  checkpoint_id bigint not null references checkpoints,
  found_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  why text,
  check ((kind = 'project_vanished') = (project_id is not null)),
  check ((status = 'open') = (ended_at is null)),
  check (status <> 'released' or (ended_by is not null and length(why) > 0)),
  -- A repeat of the detection finds the finding of before.
  constraint one_finding_per_figure unique nulls not distinct (day, region, source_id, customer_id, kind, project_id)
);
create index on usage_anomalies (customer_id, day) where status = 'open';

create trigger only_listed_transitions before insert or update on usage_anomalies
  for each row execute function enforce_transition('usage_anomaly');
create constraint trigger audited_transitions after insert or update on usage_anomalies deferrable initially deferred
  for each row execute function audit_transition('usage_anomaly', 'anomaly_id');
create trigger anomalies_are_kept before delete on usage_anomalies for each row execute function refuse_change();

-- The rules find and clear; only a person whose role it is says that the figure is right as it is.
create function require_anomaly_releaser() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform require_actor(new.ended_by, array['approver', 'finance']::principal_role[], 'the one who releases an anomaly');
  return new;
end $$;
create trigger releaser_acts before update on usage_anomalies for each row
  when (new.status = 'released' and old.status <> 'released') execute function require_anomaly_releaser();
grant select, insert, update on usage_anomalies to daybook_app;
