-- Contracts put customers on plan versions, between two days.

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

create trigger author_is_not_approver before insert or update on contracts
  for each row execute function refuse_self_approval();

create trigger only_listed_transitions before insert or update on contracts
  for each row execute function enforce_transition('contract');
create constraint trigger audited_transitions after insert or update on contracts deferrable initially deferred
  for each row execute function audit_transition('contract', 'contract_id');

create trigger author_acts before insert on contracts for each row execute function require_author();
create trigger author_acts_again before update of customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, author, diagnostics
  on contracts for each row execute function require_author();

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

grant select on contracts to daybook_app;
grant update (status, approver, acknowledged, ends_on) on contracts to daybook_app;
grant select on contracts to daybook_checker;
grant insert (contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, status, author, diagnostics)
  on contracts to daybook_checker;
grant update (customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, author, diagnostics)
  on contracts to daybook_checker;
