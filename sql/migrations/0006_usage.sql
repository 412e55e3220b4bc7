-- Checkpoints and their rows: the book of original entry.

create type checkpoint_status as enum ('running', 'complete', 'unchanged', 'failed', 'superseded');
create table checkpoints (
  checkpoint_id bigint generated always as identity primary key,
  region text not null references regions,
  source_id text not null,
  source_version integer not null,
  metric text not null references metrics,
  day date not null,
  status checkpoint_status not null,
  -- Given on completion; a repeat that finds the same data ends as "unchanged" and takes none.
  revision integer check (revision > 0),
  row_count integer check (row_count >= 0),
  total numeric check (total >= 0),
  -- sha256 over the canonical rows: same data, same digest.
  digest text,
  evidence text,
  failure_reason text,
  failure_detail text,
  started_at timestamptz not null,
  finished_at timestamptz,
  foreign key (source_id, region, source_version) references usage_sources (source_id, region, version),
  check ((status in ('complete', 'superseded')) = (revision is not null)),
  check (status not in ('complete', 'superseded') or (row_count is not null and total is not null and digest is not null and evidence is not null)),
  check ((status = 'failed') = (failure_reason is not null))
);
-- Promise 3: exactly one current checkpoint per cell. Promise 9: one writer; a newcomer fails the old one first.
create unique index one_current_checkpoint_per_cell on checkpoints (day, region, source_id) where status = 'complete';
create unique index one_writer_per_cell on checkpoints (day, region, source_id) where status = 'running';
create unique index revisions_are_never_reused on checkpoints (day, region, source_id, revision);

create trigger only_listed_transitions before insert or update on checkpoints
  for each row execute function enforce_transition('checkpoint');
create constraint trigger audited_transitions after update on checkpoints deferrable initially deferred
  for each row when (new.status in ('complete', 'superseded', 'failed')) execute function audit_transition('checkpoint', 'checkpoint_id');

create function freeze_checkpoint() returns trigger language plpgsql as $$
begin
  if old.status <> 'running' and to_jsonb(old) - 'status' is distinct from to_jsonb(new) - 'status' then
    raise exception 'checkpoint % is immutable', old.checkpoint_id
      using errcode = 'DB002', hint = 'A rerun makes a new revision: daybook usage rerun --region R --day D.';
  end if;
  return new;
end $$;
create trigger checkpoint_is_immutable before update on checkpoints for each row execute function freeze_checkpoint();
create trigger checkpoints_are_kept before delete on checkpoints for each row execute function refuse_change();

-- One row: one project's usage of one metric in one region on one UTC day, in the source's unit.
create table usage_daily (
  day date not null,
  checkpoint_id bigint not null,
  region text not null,
  metric text not null,
  project_id text not null,
  -- Who owned the project on that day; null is unowned usage, which no run may pass over in silence.
  customer_id text,
  quantity numeric not null check (quantity >= 0 and quantity < 'Infinity'),
  primary key (day, checkpoint_id, project_id)
) partition by range (day);
create index on usage_daily (checkpoint_id);

-- Days outside the managed months land here; it must stay empty, and status says so when it does not.
create table usage_daily_default partition of usage_daily default;

create trigger rows_are_immutable before update or delete on usage_daily
  for each row execute function refuse_change();

-- Makes the monthly partitions of the day's quarter and the next one. Safe to repeat and to race.
create function prepare_usage_partitions(for_day date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  month_start date := date_trunc('quarter', for_day)::date;
  partition_name text;
begin
  for i in 0..5 loop
    partition_name := 'usage_daily_' || to_char(month_start, 'YYYYMM');
    if to_regclass(partition_name) is null then
      perform pg_advisory_xact_lock(hashtext('usage_partitions'));
      execute format('create table if not exists %I partition of usage_daily for values from (%L) to (%L)',
                     partition_name, month_start, (month_start + interval '1 month')::date);
      execute format('grant select, insert on %I to daybook_app', partition_name);
    end if;
    month_start := (month_start + interval '1 month')::date;
  end loop;
end $$;
revoke execute on function prepare_usage_partitions from public;
grant execute on function prepare_usage_partitions to daybook_app;

-- A day that is billed without a figure, by decision of two people. Missing is never zero by itself.
create table completeness_waivers (
  region text not null references regions,
  source_id text not null,
  day date not null,
  author text not null references principals,
  approver text not null references principals,
  why text not null check (length(why) > 0),
  waived_at timestamptz not null,
  primary key (region, source_id, day)
);
create trigger author_is_not_approver before insert or update on completeness_waivers
  for each row execute function refuse_self_approval();

grant select, insert, update on checkpoints to daybook_app;
grant select, insert on usage_daily, completeness_waivers to daybook_app;
-- For status, which says when the default partition is not empty.
grant select on usage_daily_default to daybook_app;
