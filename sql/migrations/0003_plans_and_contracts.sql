-- Prices as configuration: plans, their immutable versions, and the contracts that put customers on them.
--
-- What the database guarantees here by itself, whoever writes:
--  * a version is born a draft, is its content (digest), and moves only as state_transitions says;
--  * a version or contract whose recorded check has an error is never approved; the count is derived, not written;
--  * approvals come from another person with the role, for the backtest that is current, with every warning acknowledged;
--  * how many approvals are required follows from the backtest and approval_thresholds;
--  * activation and contract dates leave closed periods alone.
-- It cannot run the check or the backtest itself. Their results therefore come from one role, daybook_checker, which
-- only the code that ran them takes; the application's role can neither write nor change them.

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

create type contract_status as enum ('draft', 'approved', 'active', 'ended');
create type billing_mode as enum ('legacy', 'shadow', 'usage');
create table contracts (
  contract_id text primary key check (contract_id ~ '^[a-z0-9][a-z0-9_-]{0,80}$'),
  customer_id text not null references customers,
  mode billing_mode not null,
  -- The fixed monthly tier, itself a plan; billed in legacy and shadow mode.
  legacy_plan_version text references plan_versions,
  -- The usage plan; billed in usage mode, rated beside the bill in shadow mode.
  usage_plan_version text references plan_versions,
  -- Overrides of the plan's parameters and rates: {"parameters": {...}, "rates": {...}}.
  overrides text not null default '{}' check (jsonb_typeof(overrides::jsonb) = 'object'),
  starts_on date not null,
  -- The first day that it does not cover. A contract that ends on its first day covers none: it was withdrawn.
  ends_on date,
  status contract_status not null,
  author text not null references principals,
  approver text references principals,
  -- The check's findings on the plan with the overrides applied.
  diagnostics jsonb not null check (are_findings(diagnostics)),
  error_count integer not null generated always as (count_findings(diagnostics, 'error')) stored,
  acknowledged text[] not null default '{}',
  check (ends_on >= starts_on),
  check (mode = 'usage' or legacy_plan_version is not null),
  check (mode = 'legacy' or usage_plan_version is not null),
  check (status = 'draft' or approver is not null),
  check (status = 'draft' or error_count = 0),
  check (status <> 'ended' or ends_on is not null),
  -- One contract of a customer on a day. Contracts that ended still cover their days.
  exclude using gist (customer_id with =, daterange(starts_on, ends_on) with &&) where (status <> 'draft')
);
create index on contracts (customer_id);

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
create trigger author_is_not_approver before insert or update on plan_approvals
  for each row execute function refuse_self_approval();
create trigger author_is_not_approver before insert or update on contracts
  for each row execute function refuse_self_approval();

create trigger only_listed_transitions before insert or update on plan_versions
  for each row execute function enforce_transition('plan_version');
create constraint trigger audited_transitions after insert or update on plan_versions deferrable initially deferred
  for each row execute function audit_transition('plan_version', 'plan_version');
create trigger only_listed_transitions before insert or update on contracts
  for each row execute function enforce_transition('contract');
create constraint trigger audited_transitions after insert or update on contracts deferrable initially deferred
  for each row execute function audit_transition('contract', 'contract_id');

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
create trigger author_acts before insert on plan_versions for each row execute function require_author();
create trigger author_acts before insert on contracts for each row execute function require_author();
create trigger author_acts_again before update of customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, author, diagnostics
  on contracts for each row execute function require_author();

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

-- A contract is its terms. A draft may be drafted again; afterwards only its life moves on, and its end comes once.
create function freeze_contract() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.contract_id <> new.contract_id or (old.status <> 'draft' or new.status <> 'draft') and
     ((old.customer_id, old.mode, old.legacy_plan_version, old.usage_plan_version, old.overrides, old.starts_on, old.author, old.diagnostics)
      is distinct from
      (new.customer_id, new.mode, new.legacy_plan_version, new.usage_plan_version, new.overrides, new.starts_on, new.author, new.diagnostics)
      or (old.ends_on is distinct from new.ends_on and not (old.status <> 'ended' and new.status = 'ended'))
      or (old.status <> 'draft' and (old.approver, old.acknowledged) is distinct from (new.approver, new.acknowledged))) then
    raise exception 'the terms of contract % are immutable', old.contract_id
      using errcode = 'DB002', hint = 'End it and draft another contract.';
  end if;
  return new;
end $$;
create trigger terms_are_immutable before update on contracts for each row execute function freeze_contract();
create trigger contracts_are_kept before delete on contracts for each row execute function refuse_change();

create function require_allowed_contract_step() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  missing text[];
  other_mode billing_mode;
begin
  if new.status = 'approved' and old.status = 'draft' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    missing := unacknowledged_warnings(new.diagnostics, new.acknowledged);
    if missing <> '{}' then
      raise exception 'contract % has warnings that were not acknowledged: %', new.contract_id, array_to_string(missing, ', ')
        using errcode = 'DB003', hint = 'Acknowledge each by its code.';
    end if;
    if exists (select from plan_versions v where v.plan_version in (new.legacy_plan_version, new.usage_plan_version)
                 and v.status not in ('approved', 'active')) then
      raise exception 'a plan version of contract % is not approved', new.contract_id
        using errcode = 'DB003', hint = 'Approve the plan version first.';
    end if;
    perform require_open_days(new.starts_on, new.ends_on, 'contract ' || new.contract_id);
    select c.mode into other_mode from contracts c
      where c.customer_id = new.customer_id and c.status <> 'draft' and c.ends_on > c.starts_on
        and c.mode <> new.mode and c.ends_on = new.starts_on;
    if found and extract(day from new.starts_on) <> 1 then
      raise exception 'contract % changes the billing mode from % to % on %, inside a period', new.contract_id, other_mode, new.mode, new.starts_on
        using errcode = 'DB005', hint = 'Let it start on the first day of a month.';
    end if;
  end if;
  if new.status = 'active' and old.status <> 'active' then
    perform require_actor(current_actor(), array['author', 'operator', 'approver', 'finance']::principal_role[], 'the one who activates a contract');
    perform require_open_days(new.starts_on, new.ends_on, 'contract ' || new.contract_id);
    if exists (select from plan_versions v where v.plan_version in (new.legacy_plan_version, new.usage_plan_version)
                 and (v.status <> 'active' or v.active_from > new.starts_on)) then
      raise exception 'a plan version of contract % is not active on %', new.contract_id, new.starts_on
        using errcode = 'DB005', hint = 'Activate the plan version from that day or an earlier one first.';
    end if;
  end if;
  if new.status = 'ended' and old.status <> 'ended' then
    perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'the one who ends a contract');
    if new.ends_on > old.ends_on then
      raise exception 'contract % ends on % and cannot be prolonged', new.contract_id, old.ends_on
        using errcode = 'DB002', hint = 'Draft another contract from that day.';
    end if;
    perform require_open_days(new.ends_on, old.ends_on, 'the end of contract ' || new.contract_id);
  end if;
  return new;
end $$;
create trigger step_is_allowed before update on contracts
  for each row execute function require_allowed_contract_step();

-- The application moves lives on; what the check and the backtest found is the checker's to write.
grant select on plans, plan_versions, plan_backtests, plan_approvals, approval_thresholds, contracts to daybook_app;
grant insert on plans, plan_approvals to daybook_app;
grant update (status, active_from) on plan_versions to daybook_app;
grant update (status, approver, acknowledged, ends_on) on contracts to daybook_app;
grant select on plan_versions, plan_backtests, contracts to daybook_checker;
grant insert (plan_version, plan, document, currency, status, author, submitted_at, diagnostics) on plan_versions to daybook_checker;
grant insert (plan_version, document, backtest_digest, made_by, made_at) on plan_backtests to daybook_checker;
grant insert (contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, status, author, diagnostics)
  on contracts to daybook_checker;
grant update (diagnostics) on plan_versions to daybook_checker;
grant update (customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, author, diagnostics)
  on contracts to daybook_checker;
revoke execute on function require_actor, require_open_days from public;
grant execute on function require_actor to daybook_app, daybook_checker;
