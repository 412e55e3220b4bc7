-- What may still change once a period's run is approved: its usage, a contract term that was wrong, and, until then,
-- the billing mode.

-- A line of an invoice that corrects an earlier one; see 0021.
alter type charge_purpose add value 'adjustment';

-- Raises unless the run that bills the contract in the period is approved: what is still open is changed where it stands.
create function require_closed_period(of_contract text, of_period text, subject text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from billing_runs r where r.period = of_period and (r.contract_id is null or r.contract_id = of_contract)
    and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed') for share;
  if not found then
    raise exception '% corrects %, whose run is not approved', subject, of_period
      using errcode = 'DB005', hint = 'End the contract and draft another from that day; the run takes it up.';
  end if;
end $$;
revoke execute on function require_closed_period from public;

-- What a contract should have said in a period that is closed. The contract stays as it was billed; the period is rated
-- anew on these terms, and the difference is an adjustment.
create type term_correction_status as enum ('draft', 'approved', 'rejected', 'superseded');
create table term_corrections (
  contract_id text not null references contracts,
  period text not null check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  number integer not null check (number > 0),
  -- Its name in the log: `acme-2026/2026-10/1`.
  correction_id text not null generated always as (contract_id || '/' || period || '/' || number::text) stored unique,
  -- null: as the contract says.
  legacy_plan_version text references plan_versions,
  usage_plan_version text references plan_versions,
  -- In place of the contract's overrides, not beside them.
  overrides text not null check (jsonb_typeof(overrides::jsonb) = 'object'),
  status term_correction_status not null,
  author text not null references principals,
  approver text references principals,
  why text not null check (length(why) between 1 and 2000),
  diagnostics jsonb not null check (are_findings(diagnostics)),
  error_count integer not null generated always as (count_findings(diagnostics, 'error')) stored,
  acknowledged text[] not null default '{}',
  drafted_at timestamptz not null,
  primary key (contract_id, period, number),
  check (status in ('draft', 'rejected') or approver is not null),
  check (status in ('draft', 'rejected') or error_count = 0)
);
create unique index one_draft_per_contract_and_period on term_corrections (contract_id, period) where status = 'draft';
create unique index one_correction_in_force on term_corrections (contract_id, period) where status = 'approved';
create trigger only_listed_transitions before insert or update on term_corrections
  for each row execute function enforce_transition('term_correction');
create constraint trigger audited_transitions after insert or update on term_corrections deferrable initially deferred
  for each row execute function audit_transition('term_correction', 'correction_id');
create trigger author_acts before insert on term_corrections for each row execute function require_author();
create trigger author_is_not_approver before insert or update on term_corrections
  for each row execute function refuse_self_approval();
create trigger term_corrections_are_kept before delete on term_corrections for each row execute function refuse_change();

create function require_allowed_term_correction() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  missing text[];
  subject text := 'the correction of contract ' || new.contract_id;
begin
  if tg_op = 'INSERT' then
    perform require_closed_period(new.contract_id, new.period, subject);
    if not exists (select from contracts c join billing_runs r on r.period = new.period and r.contract_id is null
                   where c.contract_id = new.contract_id and c.status in ('active', 'ended')
                     and c.starts_on < r.period_to and (c.ends_on is null or (c.ends_on > r.period_from and c.ends_on > c.starts_on))) then
      raise exception '% names %, in which the contract was not in force', subject, new.period using errcode = 'DB005';
    end if;
    return new;
  end if;
  -- Generated columns have no value yet in a trigger before the row.
  if to_jsonb(old) - '{status,approver,acknowledged,error_count,correction_id}'::text[] is distinct from to_jsonb(new) - '{status,approver,acknowledged,error_count,correction_id}'::text[]
     or (old.status <> 'draft' and (old.approver, old.acknowledged) is distinct from (new.approver, new.acknowledged)) then
    raise exception '% is immutable', subject using errcode = 'DB002', hint = 'Draft another correction.';
  end if;
  if new.status in ('approved', 'rejected') and old.status = 'draft' then
    perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'approver');
  end if;
  if new.status = 'approved' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    missing := unacknowledged_warnings(new.diagnostics, new.acknowledged);
    if missing <> '{}' then
      raise exception '% has warnings that were not acknowledged: %', subject, array_to_string(missing, ', ')
        using errcode = 'DB003', hint = 'Acknowledge each by its code.';
    end if;
    if exists (select from plan_versions v where v.plan_version in (new.legacy_plan_version, new.usage_plan_version)
                 and v.status not in ('active', 'retired')) then
      raise exception 'a plan version of % was never active', subject using errcode = 'DB005', hint = 'Activate the plan version first.';
    end if;
  end if;
  return new;
end $$;
create trigger step_is_allowed before insert or update on term_corrections
  for each row execute function require_allowed_term_correction();

grant select on term_corrections to daybook_app, daybook_checker;
grant update (status, approver, acknowledged) on term_corrections to daybook_app;
grant insert (contract_id, period, number, legacy_plan_version, usage_plan_version, overrides, status, author, why, diagnostics, drafted_at)
  on term_corrections to daybook_checker;

-- The digest over what a closed period would be rated on now: the run's own when no term was corrected.
create function period_inputs_digest(of_run text) returns text
language sql stable set search_path = public, pg_temp as $$
  select case when t.terms is null then run_inputs_digest(of_run)
    else 'sha256:' || encode(sha256(convert_to(run_inputs_digest(of_run) || E'\n\n' || t.terms, 'UTF8')), 'hex') end
  from (select string_agg(format('%s#%s', k.contract_id, k.number), E'\n' order by k.contract_id) as terms
        from term_corrections k join billing_runs r on r.period = k.period and (r.contract_id is null or r.contract_id = k.contract_id)
        where r.run_id = of_run and k.status = 'approved') t
$$;

-- A rerating: the period of an approved run, rated anew because its inputs are no longer those that it was billed on.
-- One for each state of the inputs, numbered within the run.
create table reratings (
  run_id text not null references billing_runs,
  rerating integer not null check (rerating > 0),
  inputs_digest text not null,
  -- Who brought the change: the service that saw late usage, or the author of a corrected term.
  author text not null,
  cause text not null check (cause in ('late_usage', 'corrected_terms')),
  opened_at timestamptz not null,
  primary key (run_id, rerating),
  unique (run_id, inputs_digest)
);
create trigger reratings_are_immutable before update or delete on reratings for each row execute function refuse_change();

-- The checkpoints that a rerating rests on.
create table rerating_checkpoints (
  run_id text not null,
  rerating integer not null,
  checkpoint_id bigint not null references checkpoints,
  primary key (run_id, rerating, checkpoint_id),
  foreign key (run_id, rerating) references reratings
);
create index on rerating_checkpoints (checkpoint_id);
create trigger rerating_checkpoints_are_immutable before update or delete on rerating_checkpoints
  for each row execute function refuse_change();

-- The customers whose usage or terms differ, in shards that are compared in one transaction each.
create type rerating_shard_status as enum ('waiting', 'compared');
create table rerating_shards (
  run_id text not null,
  rerating integer not null,
  shard integer not null check (shard >= 0),
  customers text[] not null,
  status rerating_shard_status not null,
  primary key (run_id, rerating, shard),
  foreign key (run_id, rerating) references reratings
);
create trigger only_listed_transitions before insert or update on rerating_shards
  for each row execute function enforce_transition('rerating_shard');

grant select, insert on reratings, rerating_checkpoints to daybook_app;
grant select, insert, update on rerating_shards to daybook_app;

-- A change of the billing mode: the next contract from the first of a month, proposed by one person, approved by another,
-- and rolled back by a change of its own as long as no run of that month is approved.
create type mode_change_status as enum ('proposed', 'approved', 'rejected', 'rolled_back');
create table mode_changes (
  -- The contract that brings the new mode.
  next_contract_id text primary key references contracts,
  previous_contract_id text not null references contracts,
  customer_id text not null references customers,
  from_mode billing_mode not null,
  to_mode billing_mode not null,
  -- The first day of a period.
  takes_effect_on date not null check (extract(day from takes_effect_on) = 1),
  -- Set for a roll-back: the change that it undoes.
  undoes text references mode_changes,
  status mode_change_status not null,
  author text not null references principals,
  approver text references principals,
  why text not null check (length(why) between 1 and 2000),
  proposed_at timestamptz not null,
  check (from_mode <> to_mode),
  check (status in ('proposed', 'rejected') or approver is not null)
);
create unique index one_proposed_mode_change_per_customer on mode_changes (customer_id) where status = 'proposed';
create unique index one_roll_back_per_mode_change on mode_changes (undoes) where status in ('proposed', 'approved');
create trigger only_listed_transitions before insert or update on mode_changes
  for each row execute function enforce_transition('mode_change');
create constraint trigger audited_transitions after insert or update on mode_changes deferrable initially deferred
  for each row execute function audit_transition('mode_change', 'next_contract_id');
create trigger author_acts before insert on mode_changes for each row execute function require_author();
create trigger author_is_not_approver before insert or update on mode_changes
  for each row execute function refuse_self_approval();
create trigger mode_changes_are_kept before delete on mode_changes for each row execute function refuse_change();

create function require_allowed_mode_change() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if not exists (select from contracts n join contracts p on p.contract_id = new.previous_contract_id and p.customer_id = n.customer_id
                   where n.contract_id = new.next_contract_id and n.customer_id = new.customer_id and n.mode = new.to_mode
                     and p.mode = new.from_mode and n.starts_on = new.takes_effect_on and n.status = 'draft') then
      raise exception 'the change of mode % does not say what its contracts say', new.next_contract_id using errcode = 'DB005';
    end if;
    return new;
  end if;
  if to_jsonb(old) - '{status,approver}'::text[] is distinct from to_jsonb(new) - '{status,approver}'::text[]
     or (old.status <> 'proposed' and old.approver is distinct from new.approver) then
    raise exception 'the change of mode % is immutable', old.next_contract_id using errcode = 'DB002', hint = 'Propose another.';
  end if;
  perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'the one who decides on a change of mode');
  if new.status = 'approved' and old.status = 'proposed' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    perform require_open_days(new.takes_effect_on, (new.takes_effect_on + interval '1 month')::date, 'the change of mode ' || new.next_contract_id);
  end if;
  if new.status = 'rolled_back' then
    perform require_open_days(new.takes_effect_on, (new.takes_effect_on + interval '1 month')::date, 'the roll-back of ' || new.next_contract_id);
    if not exists (select from mode_changes u where u.undoes = new.next_contract_id and u.status = 'approved') then
      raise exception 'the change of mode % has no approved roll-back', new.next_contract_id
        using errcode = 'DB003', hint = 'A roll-back is proposed by one person and approved by another.';
    end if;
  end if;
  return new;
end $$;
create trigger step_is_allowed before insert or update on mode_changes
  for each row execute function require_allowed_mode_change();

grant select, insert on mode_changes to daybook_app;
grant update (status, approver) on mode_changes to daybook_app;

-- The guardrails of the fixed tiers, whoever approves and by which way.
create function guard_legacy_contract() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.status <> 'approved' or old.status <> 'draft' then
    return new;
  end if;
  if exists (select from plan_versions v where v.plan_version = new.legacy_plan_version
               and coalesce(v.document::jsonb -> 'metrics', '{}') <> '{}') then
    raise exception 'contract % would bill %, which meters usage, as a fixed tier', new.contract_id, new.legacy_plan_version
      using errcode = 'DB005', hint = 'A legacy plan has no metrics: it bills its flat amount, whatever is used.';
  end if;
  if new.mode = 'legacy' and new.overrides::jsonb <> '{}' then
    raise exception 'contract % overrides a fixed tier', new.contract_id
      using errcode = 'DB005', hint = 'A fixed tier is what it is: choose another tier, or put overrides on a usage plan.';
  end if;
  if new.mode <> 'usage'
     and exists (select from contracts c where c.customer_id = new.customer_id and c.contract_id <> new.contract_id and c.mode = 'usage'
                   and c.status in ('active', 'ended') and (c.ends_on is null or c.ends_on > c.starts_on))
     and not exists (select from mode_changes m where m.next_contract_id = new.contract_id and m.status in ('proposed', 'approved')) then
    raise exception 'customer % has been on usage, and contract % would bill a fixed tier again', new.customer_id, new.contract_id
      using errcode = 'DB003', hint = 'Give a reason for it: daybook contracts change-mode CONTRACT --to legacy --why "…".';
  end if;
  return new;
end $$;
create trigger legacy_is_guarded before update on contracts for each row execute function guard_legacy_contract();

-- In shadow mode the fixed tier is billed whatever becomes of the usage plan beside it: why that could not be rated is
-- kept here, and the shadow report shows it.
create table shadow_refusals (
  run_id text not null references billing_runs,
  fencing_token integer not null,
  customer_id text not null references customers,
  contract_id text not null references contracts,
  reason text not null,
  detail text not null,
  primary key (run_id, fencing_token, contract_id)
);
create trigger shadow_refusals_are_immutable before update or delete on shadow_refusals for each row execute function refuse_change();
grant select, insert on shadow_refusals to daybook_app;
