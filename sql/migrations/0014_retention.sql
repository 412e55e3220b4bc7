-- How long usage rows are kept: months are made ahead, open, sealed, detached and dropped, unless somebody holds them.
--
-- The application's role can do none of this by itself: it calls the functions below, which run as the owner of the
-- schema and check every rule anew, so that no fault of the program can drop a row early (promise 18). An instant that is
-- ahead of the database's own clock by more than retention_policy allows is refused: a wrong clock drops nothing either.

create table retention_policy (
  only_row boolean primary key default true check (only_row),
  -- Whole months after a month's end for which its rows are kept at least.
  keep_months integer not null check (keep_months >= 24),
  -- How far an instant that is passed in may be ahead of the database's clock. Where time is simulated, the owner of the
  -- schema widens it; the application cannot.
  clock_ahead_limit interval not null check (clock_ahead_limit >= interval '0')
);
insert into retention_policy (keep_months, clock_ahead_limit) values (24, interval '10 minutes');
create function audit_policy_change() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform audit_append('retention_policy.changed', 'retention_policy', jsonb_build_object('before', to_jsonb(old), 'after', to_jsonb(new)));
  return null;
end $$;
create trigger changes_are_audited after update on retention_policy
  for each row when (old is distinct from new) execute function audit_policy_change();
create trigger policy_is_kept before delete on retention_policy for each row execute function refuse_change();

create type usage_partition_status as enum ('open', 'sealed', 'detached', 'dropped');
create table usage_partitions (
  month text primary key check (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  -- Half-open days of the month.
  month_from date not null generated always as (make_date(left(month, 4)::int, right(month, 2)::int, 1)) stored,
  month_to date not null generated always as ((make_date(left(month, 4)::int, right(month, 2)::int, 1) + interval '1 month')::date) stored,
  status usage_partition_status not null,
  sealed_at timestamptz,
  detached_at timestamptz,
  dropped_at timestamptz,
  -- What the month held when it was sealed, which is what it held when it was dropped. All revisions are counted.
  row_count bigint,
  -- By metric: rows and total of the current revisions, and of the superseded ones.
  totals jsonb,
  -- sha256 over one line for each checkpoint; see sum_usage_month.
  digest text,
  check ((status = 'open') = (sealed_at is null)),
  check ((status = 'open') = (row_count is null) and (row_count is null) = (totals is null) and (row_count is null) = (digest is null)),
  check ((status in ('detached', 'dropped')) = (detached_at is not null)),
  check ((status = 'dropped') = (dropped_at is not null))
);
create trigger only_listed_transitions before insert or update on usage_partitions
  for each row execute function enforce_transition('usage_partition');
create constraint trigger audited_transitions after update on usage_partitions deferrable initially deferred
  for each row execute function audit_transition('usage_partition', 'month');
create trigger partitions_are_remembered before delete on usage_partitions for each row execute function refuse_change();
insert into usage_partitions (month, status)
select to_char(to_date(right(c.relname, 6), 'YYYYMM'), 'YYYY-MM'), 'open'
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'usage_daily'::regclass and c.relname ~ '^usage_daily_\d{6}$';

create type retention_hold_status as enum ('in_force', 'released');
create table retention_holds (
  hold_id bigint generated always as identity primary key,
  month text not null check (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  status retention_hold_status not null,
  why text not null check (length(btrim(why)) > 0),
  -- Who placed it, and who released it: two people.
  author text not null references principals,
  placed_at timestamptz not null,
  approver text references principals,
  released_at timestamptz,
  released_because text check (length(btrim(released_because)) > 0),
  check ((status = 'released') = (approver is not null and released_at is not null and released_because is not null))
);
create unique index one_hold_per_reason on retention_holds (month, author, why) where status = 'in_force';
create trigger only_listed_transitions before insert or update on retention_holds
  for each row execute function enforce_transition('retention_hold');
create constraint trigger audited_transitions after insert or update on retention_holds deferrable initially deferred
  for each row execute function audit_transition('retention_hold', 'hold_id');
create trigger author_is_not_approver before insert or update on retention_holds
  for each row execute function refuse_self_approval();
create trigger holds_are_kept before delete on retention_holds for each row execute function refuse_change();

-- The lock of a month: shared by what adds to it or comes to rest on it, exclusive for what ends it.
create function usage_month_lock(of_month text) returns bigint
language sql immutable strict set search_path = pg_catalog as $$
  select hashtextextended('usage_month:' || of_month, 0)
$$;

create function usage_partition_name(of_month text) returns text
language sql immutable strict set search_path = pg_catalog as $$
  select 'usage_daily_' || replace(of_month, '-', '')
$$;

-- The name of a month's table between detaching and dropping: its rows are no part of usage_daily, and nobody takes them for one.
create function detached_month_name(of_month text) returns text
language sql immutable strict set search_path = pg_catalog as $$
  select 'usage_detached_' || replace(of_month, '-', '')
$$;

create function guard_retention_hold() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform require_actor(new.author, array['operator', 'approver', 'finance']::principal_role[], 'the one who holds a month');
    perform pg_advisory_xact_lock_shared(usage_month_lock(new.month));
    if exists (select from usage_partitions p where p.month = new.month and p.status = 'dropped') then
      raise exception 'the usage rows of % have been dropped; there is nothing left to hold', new.month
        using errcode = 'DB005', hint = 'The figures that were kept stand in the audit log: daybook retention plan.';
    end if;
  elsif (old.month, old.why, old.author, old.placed_at) is distinct from (new.month, new.why, new.author, new.placed_at) then
    raise exception 'hold % is what it was placed as', old.hold_id
      using errcode = 'DB002', hint = 'Release it, and place another.';
  elsif new.status = 'released' and old.status <> 'released' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'the one who releases a month');
  end if;
  return new;
end $$;
create trigger hold_is_allowed before insert or update on retention_holds
  for each row execute function guard_retention_hold();

-- Raises when a month takes no usage any more: it is sealed, or on its way out.
create function require_open_month(of_day date) returns void
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  found_status usage_partition_status;
begin
  select p.status into found_status from usage_partitions p where p.month = to_char(of_day, 'YYYY-MM');
  if found_status <> 'open' then
    raise exception 'usage of % does not change any more: it is %', to_char(of_day, 'YYYY-MM'), found_status
      using errcode = 'DB005',
            hint = 'The current and the previous quarter can be read again; what was billed before is corrected by an adjustment.';
  end if;
end $$;

-- On a sealed partition, and on the default one, where a day of a month that is gone would land.
create function refuse_usage_of_ended_month() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform require_open_month(new.day);
    return new;
  end if;
  raise exception '% on % is refused: the month is sealed', tg_op, tg_table_name
    using errcode = 'DB002', hint = 'Its rows are what invoices rest on until daybook retention drops them.';
end $$;
create trigger months_that_ended_take_nothing before insert on usage_daily_default
  for each row execute function refuse_usage_of_ended_month();

-- An attempt begins only in an open month, and none that is under way is overtaken by the sealing.
create function require_month_for_attempt() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(usage_month_lock(to_char(new.day, 'YYYY-MM')));
  perform require_open_month(new.day);
  return new;
end $$;
create trigger month_is_open before insert on checkpoints
  for each row execute function require_month_for_attempt();

-- Nothing comes to rest on usage whose rows are gone or going.
create function require_kept_usage() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  gone text;
begin
  perform pg_advisory_xact_lock_shared(usage_month_lock(m.month))
    from (select distinct to_char(c.day, 'YYYY-MM') as month from pinned n join checkpoints c using (checkpoint_id) order by 1) m;
  select p.month into gone from usage_partitions p
    where p.status in ('detached', 'dropped')
      and exists (select from pinned n join checkpoints c using (checkpoint_id) where c.day >= p.month_from and c.day < p.month_to)
    order by p.month limit 1;
  if gone is not null then
    raise exception 'a run cannot rest on usage of %: its rows are gone', gone
      using errcode = 'DB005', hint = 'What was billed stands in the invoices; daybook invoice explain shows what was kept.';
  end if;
  return null;
end $$;
create trigger pins_only_kept_usage after insert on run_checkpoints
  referencing new table as pinned for each statement execute function require_kept_usage();

-- Makes the monthly partitions of the day's quarter and the next one. Safe to repeat and to race. Raises when the day's
-- own month is not open. Making one takes a lock that readers queue behind, so that it is not waited for long either.
create or replace function prepare_usage_partitions(for_day date) returns void
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  month_start date := date_trunc('quarter', for_day)::date;
  month_name text;
begin
  for i in 0..5 loop
    month_name := to_char(month_start, 'YYYY-MM');
    if not exists (select from usage_partitions p where p.month = month_name) then
      perform pg_advisory_xact_lock(hashtext('usage_partitions'));
      if not exists (select from usage_partitions p where p.month = month_name) then
        execute format('create table %I partition of usage_daily for values from (%L) to (%L)',
                       usage_partition_name(month_name), month_start, (month_start + interval '1 month')::date);
        execute format('grant select, insert on %I to daybook_app', usage_partition_name(month_name));
        insert into usage_partitions (month, status) values (month_name, 'open');
      end if;
    end if;
    month_start := (month_start + interval '1 month')::date;
  end loop;
  perform require_open_month(for_day);
end $$;

-- The first day of the previous quarter: from there on, months are open.
create function first_open_day(at timestamptz) returns date
language sql immutable strict set search_path = pg_catalog as $$
  select (date_trunc('quarter', at at time zone 'UTC') - interval '3 months')::date
$$;

-- The first day on which a month's rows may be dropped.
create function kept_until(month_to date) returns date
language sql stable strict set search_path = public, pg_temp as $$
  select (month_to + make_interval(months => p.keep_months))::date from retention_policy p
$$;

-- Why a month cannot be sealed yet, although its quarter is over: somebody still reads or collects it.
create function sealing_blockers(of_month text, at timestamptz) returns table (kind text, subject text, detail text)
language sql stable set search_path = public, pg_temp as $$
  select 'attempt_running', format('%s/%s/%s', c.region, c.source_id, c.day), 'is being read since ' || to_char(c.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
  from usage_partitions p join checkpoints c on c.day >= p.month_from and c.day < p.month_to
  where p.month = of_month and c.status = 'running' and c.started_at >= at - interval '1 day'
  union all
  select 'run_not_approved', r.run_id, 'is ' || r.status
  from usage_partitions p join billing_runs r on r.period_from < p.month_to and r.period_to > p.month_from
  where p.month = of_month and r.status in ('open', 'collecting', 'complete', 'rated', 'in_review', 'rating_failed')
$$;

-- What still needs a month's rows (promise 18): a hold, a run that is not closed, an invoice that is open or disputed, an
-- exception about it, an attempt at one of its days.
create function retention_blockers(of_month text) returns table (kind text, subject text, detail text)
language sql stable set search_path = public, pg_temp as $$
  with month as (
    select p.month_from, p.month_to from usage_partitions p where p.month = of_month
  ), resting as (
    select r.run_id, r.status from billing_runs r, month m
    where r.period_from < m.month_to and r.period_to > m.month_from
       or exists (select from run_checkpoints n join checkpoints c using (checkpoint_id)
                  where n.run_id = r.run_id and c.day >= m.month_from and c.day < m.month_to)
  )
  select 'held', h.hold_id::text, format('by %s: %s', h.author, h.why)
  from retention_holds h where h.month = of_month and h.status = 'in_force'
  union all
  select 'run_not_closed', r.run_id, 'is ' || r.status from resting r where r.status <> 'closed'
  union all
  select 'invoice_open', i.invoice_id, 'is ' || i.status from invoices i join resting r using (run_id)
  where i.status not in ('paid', 'void', 'uncollectible', 'superseded')
  union all
  select 'exception_open', e.exception_id::text, format('%s of %s', e.class, e.subject) from exceptions e
  where e.status not in ('resolved', 'waived') and position(of_month in e.subject) > 0
  union all
  select 'attempt_running', format('%s/%s/%s', c.region, c.source_id, c.day), 'is being read'
  from checkpoints c, month m where c.day >= m.month_from and c.day < m.month_to and c.status = 'running'
$$;

-- What is to be done at an instant, month by month; the guards of the steps check the same conditions again.
create function retention_plan(at timestamptz) returns table (month text, status text, step text, blockers jsonb, kept_until date)
language sql stable set search_path = public, pg_temp as $$
  with months as (
    select p.month, p.status, p.month_to, kept_until(p.month_to) as kept_until,
      p.month_to <= first_open_day(at) as is_sealable,
      kept_until(p.month_to) <= (at at time zone 'UTC')::date as is_old
    from usage_partitions p
  ), blocked as (
    select m.*, (
      select coalesce(jsonb_agg(jsonb_build_object('kind', b.kind, 'subject', b.subject, 'detail', b.detail) order by b.kind, b.subject), '[]')
      from (
        select s.* from sealing_blockers(m.month, at) s where m.status = 'open' and m.is_sealable
        union all
        select r.* from retention_blockers(m.month) r where m.status <> 'dropped' and (r.kind = 'held' or m.is_old and m.status in ('sealed', 'detached'))
      ) b) as blockers
    from months m
  )
  select b.month, b.status::text,
    case
      when b.status = 'open' and b.is_sealable and not jsonb_path_exists(b.blockers, '$[*] ? (@.kind != "held")') then 'seal'
      when b.status = 'sealed' and b.is_old and b.blockers = '[]' then 'drop'
      when b.status = 'detached' then case when b.blockers = '[]' then 'drop' else 'attach' end
      else 'none'
    end, b.blockers, b.kept_until
  from blocked b
  union all
  select to_char(q.month_from, 'YYYY-MM'), 'absent', 'make', '[]', kept_until((q.month_from + interval '1 month')::date)
  from (select (date_trunc('quarter', at at time zone 'UTC') + make_interval(months => i))::date as month_from from generate_series(0, 5) i) q
  where not exists (select from usage_partitions p where p.month = to_char(q.month_from, 'YYYY-MM'))
  order by 1
$$;

-- What every step needs: a clock that can be believed, somebody who answers for it, and the month for itself.
create function begin_retention_step(of_month text, at timestamptz, deed text) returns usage_partitions
language plpgsql set search_path = public, pg_temp as $$
declare
  found usage_partitions;
begin
  if at > clock_timestamp() + (select clock_ahead_limit from retention_policy) then
    raise exception '% is ahead of the clock of the database, which says %', at, clock_timestamp()
      using errcode = 'DB005', hint = 'Set the clock right; retention_policy.clock_ahead_limit says how far apart they may be.';
  end if;
  perform require_actor(current_actor(), array['operator', 'finance']::principal_role[], 'the one who ' || deed);
  perform pg_advisory_xact_lock(usage_month_lock(of_month));
  select * into found from usage_partitions p where p.month = of_month for update;
  if found.month is null then
    raise exception 'there is no partition of %', of_month
      using errcode = 'DB005', hint = 'See those that there are: daybook retention plan.';
  end if;
  return found;
end $$;

-- What each checkpoint of a month has in a table of usage rows, beside what its header says.
create function sum_usage_rows(of_month text, rows_in regclass)
returns table (checkpoint_id bigint, metric text, status checkpoint_status, row_count bigint, total numeric,
               header_rows integer, header_total numeric, header_digest text, rows_digest text)
language plpgsql stable set search_path = public, pg_temp as $$
begin
  return query execute format($query$
    select coalesce(c.checkpoint_id, s.checkpoint_id), coalesce(c.metric, s.metric), c.status,
      coalesce(s.row_count, 0), coalesce(s.total, 0), c.row_count, c.total, c.digest,
      coalesce(s.rows_digest, 'sha256:' || encode(sha256(''), 'hex'))
    from (select k.* from usage_partitions p join checkpoints k on k.day >= p.month_from and k.day < p.month_to
          where p.month = $1 and k.status in ('complete', 'superseded')) c
    full join (
      select u.checkpoint_id, min(u.metric) as metric, count(*) as row_count, sum(u.quantity) as total,
        'sha256:' || encode(sha256(convert_to(string_agg(
          jsonb_build_array(u.day, u.region, u.metric, u.project_id, u.customer_id, u.quantity::text)::text,
          E'\n' order by u.day, u.project_id collate "C"), 'UTF8')), 'hex') as rows_digest
      from %s u group by u.checkpoint_id) s using (checkpoint_id)$query$, rows_in) using of_month;
end $$;

-- Adds a month up and raises when the rows are not what a checkpoint's header says of them. `checkpoints` has one
-- [id, rows, total, digest of the header, digest of the rows] for each; the digest is over the same, one line each.
create function sum_usage_month(of_month text, rows_in regclass, out row_count bigint, out totals jsonb, out checkpoints jsonb, out digest text)
language plpgsql stable set search_path = public, pg_temp as $$
declare
  wrong text;
begin
  with sums as materialized (
    select * from sum_usage_rows(of_month, rows_in)
  ), by_metric as (
    select s.metric, jsonb_build_object(
      'rows', coalesce(sum(s.row_count) filter (where s.status = 'complete'), 0),
      'total', coalesce(sum(s.total) filter (where s.status = 'complete'), 0)::text,
      'supersededRows', coalesce(sum(s.row_count) filter (where s.status = 'superseded'), 0),
      'supersededTotal', coalesce(sum(s.total) filter (where s.status = 'superseded'), 0)::text) as figures
    from sums s group by s.metric
  )
  select
    (select coalesce(sum(s.row_count), 0) from sums s),
    (select coalesce(jsonb_object_agg(m.metric, m.figures), '{}') from by_metric m),
    (select coalesce(jsonb_agg(jsonb_build_array(s.checkpoint_id, s.row_count, s.header_total::text, s.header_digest, s.rows_digest) order by s.checkpoint_id), '[]') from sums s),
    (select 'sha256:' || encode(sha256(convert_to(coalesce(string_agg(
      concat_ws(' ', s.checkpoint_id, s.row_count, s.header_total, s.header_digest, s.rows_digest), E'\n' order by s.checkpoint_id), ''), 'UTF8')), 'hex') from sums s),
    (select format('checkpoint %s has %s rows that add up to %s, its header says %s and %s',
                   s.checkpoint_id, s.row_count, s.total, coalesce(s.header_rows::text, 'nothing'), coalesce(s.header_total::text, 'nothing'))
     from sums s where s.header_rows is distinct from s.row_count or s.header_total is distinct from s.total
     order by s.checkpoint_id limit 1)
  into row_count, totals, checkpoints, digest, wrong;
  if wrong is not null then
    raise exception 'the usage of % does not add up: %', of_month, wrong
      using errcode = 'DB004', hint = 'Someone has changed rows beside Daybook: compare with a backup before anything else.';
  end if;
end $$;

-- From here on the month does not change. False when it was sealed before.
create function seal_usage_month(of_month text, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  month_row usage_partitions := begin_retention_step(of_month, at, 'seals a month');
  partition_name text := usage_partition_name(of_month);
  blocker record;
  sums record;
begin
  if month_row.status <> 'open' then return false; end if;
  if month_row.month_to > first_open_day(at) then
    raise exception '% lies in the current or the previous quarter and stays open', of_month
      using errcode = 'DB005', hint = 'It can be sealed when the next quarter begins.';
  end if;
  select * into blocker from sealing_blockers(of_month, at) limit 1;
  if found then
    raise exception '% is not sealed yet: % %', of_month, blocker.subject, blocker.detail
      using errcode = 'DB005', hint = 'The next daily run of enforce-retention seals it when that has ended.';
  end if;
  update checkpoints c set status = 'failed', failure_reason = 'abandoned', failure_detail = 'its month was sealed a day later', finished_at = at
    where c.day >= month_row.month_from and c.day < month_row.month_to and c.status = 'running';
  execute format('lock table %I in share row exclusive mode', partition_name);
  select * into sums from sum_usage_month(of_month, partition_name::regclass);
  execute format('create trigger month_is_sealed before insert or update or delete on %I for each row execute function refuse_usage_of_ended_month()', partition_name);
  execute format('create trigger month_is_never_truncated before truncate on %I for each statement execute function refuse_change()', partition_name);
  execute format('revoke insert on %I from daybook_app', partition_name);
  update usage_partitions p set status = 'sealed', sealed_at = at, row_count = sums.row_count, totals = sums.totals, digest = sums.digest
    where p.month = of_month;
  return true;
end $$;

-- Raises unless a month is old enough and nothing needs its rows any more.
create function require_unneeded_month(month_row usage_partitions, at timestamptz) returns void
language plpgsql stable set search_path = public, pg_temp as $$
declare
  blocker record;
begin
  if kept_until(month_row.month_to) > (at at time zone 'UTC')::date then
    raise exception 'the rows of % are kept until %', month_row.month, kept_until(month_row.month_to)
      using errcode = 'DB005', hint = 'retention_policy.keep_months says for how long; it is never shorter than 24.';
  end if;
  select * into blocker from retention_blockers(month_row.month) limit 1;
  if found then
    raise exception 'the rows of % are still needed: % % %', month_row.month, replace(blocker.kind, '_', ' '), blocker.subject, blocker.detail
      using errcode = 'DB005', hint = 'See what keeps each month: daybook retention plan.';
  end if;
end $$;

-- Takes a month out of the table of usage, as the first half of dropping it. CONCURRENTLY cannot be had beside a default
-- partition; the lock is held for an instant, waited for half a second at most, because readers queue behind it, and asked for again.
create function detach_usage_month(of_month text, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  month_row usage_partitions := begin_retention_step(of_month, at, 'detaches a month');
begin
  if month_row.status in ('detached', 'dropped') then return false; end if;
  if month_row.status <> 'sealed' then
    raise exception '% is still open', of_month using errcode = 'DB005', hint = 'A month is sealed before it is detached.';
  end if;
  perform require_unneeded_month(month_row, at);
  execute format('alter table usage_daily detach partition %I', usage_partition_name(of_month));
  execute format('revoke all on %I from daybook_app', usage_partition_name(of_month));
  execute format('alter table %I rename to %I', usage_partition_name(of_month), detached_month_name(of_month));
  update usage_partitions p set status = 'detached', detached_at = at where p.month = of_month;
  return true;
end $$;

-- Puts a detached month back: somebody came to need it before it was dropped.
create function attach_usage_month(of_month text, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  month_row usage_partitions := begin_retention_step(of_month, at, 'attaches a month');
begin
  if month_row.status <> 'detached' then return false; end if;
  execute format('alter table %I rename to %I', detached_month_name(of_month), usage_partition_name(of_month));
  execute format('alter table usage_daily attach partition %I for values from (%L) to (%L)',
                 usage_partition_name(of_month), month_row.month_from, month_row.month_to);
  execute format('grant select on %I to daybook_app', usage_partition_name(of_month));
  update usage_partitions p set status = 'sealed', detached_at = null where p.month = of_month;
  return true;
end $$;

-- Drops a detached month and keeps in the audit log what it held, in the same transaction. The rows are added up once more
-- before, and must be what they were when the month was sealed.
create function drop_usage_month(of_month text, at timestamptz) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  month_row usage_partitions := begin_retention_step(of_month, at, 'drops a month');
  table_name text := detached_month_name(of_month);
  sums record;
begin
  if month_row.status = 'dropped' then return false; end if;
  if month_row.status <> 'detached' then
    raise exception '% is %', of_month, month_row.status using errcode = 'DB005', hint = 'A month is detached before it is dropped.';
  end if;
  perform require_unneeded_month(month_row, at);
  select * into sums from sum_usage_month(of_month, table_name::regclass);
  if (sums.row_count, sums.totals, sums.digest) is distinct from (month_row.row_count, month_row.totals, month_row.digest) then
    raise exception 'the rows of % are not those that were sealed: % rows with digest %, sealed were % with %',
      of_month, sums.row_count, sums.digest, month_row.row_count, month_row.digest
      using errcode = 'DB004', hint = 'Someone has changed rows beside Daybook: compare with a backup before anything else.';
  end if;
  perform audit_append('usage_rows.dropped', of_month, jsonb_build_object(
    'partition', usage_partition_name(of_month), 'rows', sums.row_count, 'totals', sums.totals, 'digest', sums.digest, 'checkpoints', sums.checkpoints));
  execute format('drop table %I', table_name);
  update usage_partitions p set status = 'dropped', dropped_at = at where p.month = of_month;
  return true;
end $$;

revoke execute on function begin_retention_step, sum_usage_rows, sum_usage_month, require_unneeded_month,
  seal_usage_month, detach_usage_month, attach_usage_month, drop_usage_month from public;
grant execute on function seal_usage_month, detach_usage_month, attach_usage_month, drop_usage_month to daybook_app;
grant select on retention_policy, usage_partitions, retention_holds to daybook_app;
grant insert (month, status, why, author, placed_at), update (status, approver, released_at, released_because) on retention_holds to daybook_app;
