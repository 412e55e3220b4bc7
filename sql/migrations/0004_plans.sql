-- Prices as configuration: plans and their immutable versions.
--
-- What the database guarantees here by itself, whoever writes:
--  * a version is born a draft, is its content (digest), and moves only as state_transitions says;
--  * a version or contract whose recorded check has an error is never approved; the count is derived, not written;
--  * approvals come from another person with the role, for the backtest that is current, with every warning acknowledged;
--  * how many approvals are required follows from the backtest and approval_thresholds;
--  * activation and contract dates leave closed periods alone.
-- It cannot run the check or the backtest itself. Their results therefore come from one role, daybook_checker, which
-- only the code that ran them takes; the application's role can neither write nor change them.

create table plans (
  plan text primary key check (plan ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  title text not null
);

create type plan_version_status as enum ('draft', 'checked', 'in_review', 'approved', 'active', 'retired', 'rejected');
create table plan_versions (
  -- sha256 of the canonical JSON: the version is its content.
  plan_version text primary key check (plan_version ~ '^sha256:[0-9a-f]{64}$'),
  plan text not null references plans,
  document text not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  status plan_version_status not null,
  author text not null references principals,
  submitted_at timestamptz not null,
  -- The check's findings. They may be recorded again while the version is a draft, and never after.
  diagnostics jsonb not null check (are_findings(diagnostics)),
  error_count integer not null generated always as (count_findings(diagnostics, 'error')) stored,
  -- The backtest that reviewers see, and how many of them it takes; both are set when a backtest is recorded.
  backtest_id bigint,
  approvals_required integer not null default 2 check (approvals_required between 1 and 2),
  active_from date,
  check (plan_version = 'sha256:' || encode(sha256(convert_to(document, 'UTF8')), 'hex')),
  check (document::jsonb ->> 'plan' = plan and document::jsonb ->> 'currency' = currency),
  check (status in ('draft', 'rejected') or error_count = 0),
  check (status in ('draft', 'checked', 'rejected') or backtest_id is not null),
  check ((status in ('active', 'retired')) = (active_from is not null))
);
create unique index one_active_version_per_plan_and_day on plan_versions (plan, active_from) where status = 'active';

-- A plan version rated over past checkpoints, beside what was in force. Rows are added, never changed.
create table plan_backtests (
  backtest_id bigint generated always as identity primary key,
  plan_version text not null references plan_versions,
  -- Canonical JSON of the whole comparison, and its digest.
  document text not null,
  backtest_digest text not null check (backtest_digest = 'sha256:' || encode(sha256(convert_to(document, 'UTF8')), 'hex')),
  -- Minor units of the plan's currency, read from the document, so that the summary cannot differ from it.
  expected_monthly_revenue bigint not null generated always as ((document::jsonb ->> 'expectedMonthlyRevenue')::bigint) stored,
  largest_customer_change bigint not null generated always as ((document::jsonb ->> 'largestCustomerChange')::bigint) stored,
  made_by text not null references principals,
  made_at timestamptz not null,
  check (document::jsonb ->> 'planVersion' = plan_version),
  check (expected_monthly_revenue >= 0 and largest_customer_change >= 0),
  unique (plan_version, backtest_id, backtest_digest)
);
alter table plan_versions add foreign key (backtest_id) references plan_backtests (backtest_id);
create trigger backtests_are_kept before update or delete on plan_backtests
  for each row execute function refuse_change();

-- From these amounts on, in minor units, a plan takes two approvers, one of finance. A currency without a row always does.
create table approval_thresholds (
  currency text primary key check (currency ~ '^[a-z]{3}$'),
  expected_monthly_revenue bigint not null check (expected_monthly_revenue >= 0),
  customer_change bigint not null check (customer_change >= 0)
);
insert into approval_thresholds (currency, expected_monthly_revenue, customer_change) values
  ('usd', 5000000, 500000), ('eur', 5000000, 500000), ('gbp', 4000000, 400000), ('jpy', 7500000, 750000);

create function approvals_required_for(of_currency text, expected_monthly_revenue bigint, largest_customer_change bigint)
returns integer language sql stable set search_path = public, pg_temp as $$
  select coalesce((select case when $2 >= t.expected_monthly_revenue or $3 >= t.customer_change then 2 else 1 end
                   from approval_thresholds t where t.currency = $1), 2)
$$;

-- A new backtest replaces the one under review, and voids what was approved on the old one. The same again is no change.
create function skip_unchanged_backtest() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  version record;
begin
  select v.status, b.backtest_digest into version
    from plan_versions v left join plan_backtests b using (backtest_id)
    where v.plan_version = new.plan_version for update of v;
  if version.status not in ('draft', 'checked', 'in_review', 'approved') then
    raise exception 'plan version % is % and takes no backtest', new.plan_version, version.status using errcode = 'DB001';
  end if;
  if version.backtest_digest = new.backtest_digest then
    return null;
  end if;
  return new;
end $$;
create trigger unchanged_is_skipped before insert on plan_backtests
  for each row execute function skip_unchanged_backtest();

create function put_backtest_under_review() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update plan_versions v
    set backtest_id = new.backtest_id,
        approvals_required = approvals_required_for(v.currency, new.expected_monthly_revenue, new.largest_customer_change),
        status = case when v.status = 'approved' then 'in_review' else v.status end
    where v.plan_version = new.plan_version;
  return null;
end $$;
create trigger backtest_comes_under_review after insert on plan_backtests
  for each row execute function put_backtest_under_review();

-- An approval is of the version and of the backtest that it was given for; it counts only while that is current.
create table plan_approvals (
  plan_version text not null references plan_versions,
  backtest_id bigint not null,
  backtest_digest text not null,
  approver text not null references principals,
  approved_as principal_role not null check (approved_as in ('approver', 'finance')),
  -- Codes of the check's warnings that the approver has seen and accepts.
  acknowledged text[] not null,
  approved_at timestamptz not null,
  why text not null check (length(why) > 0),
  primary key (plan_version, backtest_id, approver),
  foreign key (plan_version, backtest_id, backtest_digest) references plan_backtests (plan_version, backtest_id, backtest_digest)
);
create trigger approvals_are_kept before update or delete on plan_approvals
  for each row execute function refuse_change();

create trigger author_is_not_approver before insert or update on plan_approvals
  for each row execute function refuse_self_approval();

create trigger only_listed_transitions before insert or update on plan_versions
  for each row execute function enforce_transition('plan_version');
create constraint trigger audited_transitions after insert or update on plan_versions deferrable initially deferred
  for each row execute function audit_transition('plan_version', 'plan_version');

create trigger author_acts before insert on plan_versions for each row execute function require_author();

-- A version is immutable: only its life moves on. The check may be recorded again until it was passed.
create function freeze_plan_version() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if (old.plan_version, old.plan, old.document, old.currency, old.author, old.submitted_at) is distinct from
     (new.plan_version, new.plan, new.document, new.currency, new.author, new.submitted_at)
     or (old.diagnostics is distinct from new.diagnostics and (old.status <> 'draft' or new.status <> 'draft'))
     or (old.active_from is not null and old.active_from is distinct from new.active_from) then
    raise exception 'plan version % is immutable', old.plan_version
      using errcode = 'DB002', hint = 'Submit the changed plan as a new version.';
  end if;
  -- Whoever changes the backtest by hand, the approval is void as well.
  if old.backtest_id is distinct from new.backtest_id and old.status = 'approved' and new.status <> 'in_review' then
    raise exception 'the backtest of approved plan version % cannot change', old.plan_version
      using errcode = 'DB002', hint = 'A new backtest brings the version back into review.';
  end if;
  return new;
end $$;
create trigger version_is_immutable before update on plan_versions for each row execute function freeze_plan_version();
create trigger versions_are_kept before delete on plan_versions for each row execute function refuse_change();

-- An approval: given in one's own name and role, for what is under review now, with every warning acknowledged.
create function require_valid_plan_approval() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  version plan_versions;
  missing text[];
begin
  perform require_actor(new.approver, array[new.approved_as], 'approver');
  select * into version from plan_versions where plan_version = new.plan_version for update;
  if version.status is distinct from 'in_review' then
    raise exception 'plan version % is % and not in review', new.plan_version, version.status using errcode = 'DB001';
  end if;
  if version.backtest_id is distinct from new.backtest_id then
    raise exception 'plan version % has a newer backtest than the one approved', new.plan_version
      using errcode = 'DB003', hint = 'Review the new backtest, then approve.';
  end if;
  missing := unacknowledged_warnings(version.diagnostics, new.acknowledged);
  if missing <> '{}' then
    raise exception 'plan version % has warnings that were not acknowledged: %', new.plan_version, array_to_string(missing, ', ')
      using errcode = 'DB003', hint = 'Acknowledge each by its code.';
  end if;
  return new;
end $$;
create trigger approval_is_valid before insert on plan_approvals
  for each row execute function require_valid_plan_approval();

-- Enough valid approvals, by others than the author, before a version is approved by any route. The threshold is read
-- again: one that was lowered since the backtest applies.
create function require_plan_approvals() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  needed integer;
  valid integer;
  by_finance integer;
begin
  if new.status = 'approved' and old.status is distinct from new.status then
    select greatest(new.approvals_required,
                    approvals_required_for(new.currency, b.expected_monthly_revenue, b.largest_customer_change))
      into needed from plan_backtests b where b.backtest_id = new.backtest_id and b.plan_version = new.plan_version;
    select count(distinct person_behind(a.approver)), count(*) filter (where a.approved_as = 'finance')
      into valid, by_finance
      from plan_approvals a
      where a.plan_version = new.plan_version and a.backtest_id = new.backtest_id
        and person_behind(a.approver) <> person_behind(new.author);
    if needed is null or valid < needed or (needed > 1 and by_finance = 0) then
      raise exception 'plan version % has % valid approvals of % required', new.plan_version, valid, coalesce(needed, 2)
        using errcode = 'DB003', hint = 'Approvals count only for the backtest they were given for; above the threshold one must be of finance.';
    end if;
  end if;
  return new;
end $$;
create trigger approvals_are_complete before update on plan_versions
  for each row execute function require_plan_approvals();

-- Who may take the steps around the approval, and on which days.
create function require_allowed_plan_step() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.status = 'active' and old.status <> 'active' then
    perform require_actor(current_actor(), array['author', 'operator', 'approver', 'finance']::principal_role[], 'the one who activates a plan');
    perform require_open_days(new.active_from, null, 'plan version ' || new.plan_version);
  elsif new.status = 'retired' and old.status <> 'retired' then
    perform require_actor(current_actor(), array['author', 'operator', 'approver', 'finance']::principal_role[], 'the one who retires a plan');
  elsif new.status = 'rejected' and old.status <> 'rejected' and person_behind(current_actor()) is distinct from person_behind(new.author) then
    perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'the one who rejects a plan');
  end if;
  return new;
end $$;
create trigger step_is_allowed before update on plan_versions
  for each row execute function require_allowed_plan_step();

-- The application moves lives on; what the check and the backtest found is the checker's to write.
grant select on plans, plan_versions, plan_backtests, plan_approvals, approval_thresholds to daybook_app;
grant insert on plans, plan_approvals to daybook_app;
grant update (status, active_from) on plan_versions to daybook_app;
grant select on plan_versions, plan_backtests to daybook_checker;
grant insert (plan_version, plan, document, currency, status, author, submitted_at, diagnostics) on plan_versions to daybook_checker;
grant insert (plan_version, document, backtest_digest, made_by, made_at) on plan_backtests to daybook_checker;
grant update (diagnostics) on plan_versions to daybook_checker;
