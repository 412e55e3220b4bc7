-- What a run was rated by, beside the checkpoints that it was rated from: contracts may end and divisors may be corrected
-- later, and a replay must still give the same bytes (promises 6 and 13).

create table run_contracts (
  run_id text not null references billing_runs,
  fencing_token integer not null,
  contract_id text not null references contracts,
  customer_id text not null references customers,
  mode billing_mode not null,
  legacy_plan_version text references plan_versions,
  usage_plan_version text references plan_versions,
  overrides text not null,
  starts_on date not null,
  -- As it was then: null when the contract had no end yet.
  ends_on date,
  primary key (run_id, fencing_token, customer_id, contract_id)
);
create trigger run_contracts_are_kept before update or delete on run_contracts
  for each row execute function refuse_change();

create table run_metrics (
  run_id text not null references billing_runs,
  fencing_token integer not null,
  metric text not null references metrics,
  divisor numeric not null check (divisor > 0),
  primary key (run_id, fencing_token, metric)
);
create trigger run_metrics_are_kept before update or delete on run_metrics
  for each row execute function refuse_change();

-- Days of a customer that the run of the month leaves to off-cycle runs.
create table run_off_cycle_days (
  run_id text not null references billing_runs,
  fencing_token integer not null,
  customer_id text not null references customers,
  from_day date not null,
  to_day date not null,
  primary key (run_id, fencing_token, customer_id, from_day),
  check (to_day > from_day)
);
create trigger run_off_cycle_days_are_kept before update or delete on run_off_cycle_days
  for each row execute function refuse_change();

create function pin_terms(of_run billing_runs) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into run_contracts (run_id, fencing_token, contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on)
  select of_run.run_id, of_run.fencing_token, c.contract_id, c.customer_id, c.mode, c.legacy_plan_version, c.usage_plan_version, c.overrides, c.starts_on, c.ends_on
  from contracts c where run_bills_contract(of_run, c)
  on conflict do nothing;
  insert into run_metrics (run_id, fencing_token, metric, divisor)
  select of_run.run_id, of_run.fencing_token, m.metric, m.divisor from metrics m
  on conflict do nothing;
  insert into run_off_cycle_days (run_id, fencing_token, customer_id, from_day, to_day)
  select of_run.run_id, of_run.fencing_token, c.customer_id, o.period_from, o.period_to
  from billing_runs o join contracts c on c.contract_id = o.contract_id
  where of_run.contract_id is null and o.period = of_run.period
  on conflict do nothing;
$$;
revoke execute on function pin_terms from public;

-- In the statement that pins the checkpoints, so that the digest over the inputs and the terms are of one moment.
create function pin_terms_of_complete_run() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pin_terms(new);
  return null;
end $$;
create trigger terms_are_pinned after update on billing_runs for each row
  when (new.status = 'complete' and old.status = 'collecting') execute function pin_terms_of_complete_run();

-- Runs that were pinned before this migration rest on the terms of today.
do $$
declare
  run billing_runs;
begin
  for run in select * from billing_runs where inputs_digest is not null loop
    perform pin_terms(run);
  end loop;
end $$;

grant select on run_contracts, run_metrics, run_off_cycle_days to daybook_app;
