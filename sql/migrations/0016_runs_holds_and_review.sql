-- The run as finance signs it: what was reviewed, what is held and by whom it is released, off-cycle runs, the close.

alter table billing_runs
  -- The contract whose last days an off-cycle run bills; null for the run of the month.
  add column contract_id text references contracts,
  -- What the approver saw: the digest over inputs, invoices and holds at the sign-off.
  add column reviewed_digest text,
  add column closed_by text references principals,
  add column closed_at timestamptz,
  -- Invoices and exceptions that the close leaves open on purpose, by id; why stands in the log.
  add column left_open text[] not null default '{}',
  add check ((contract_id is not null) = (scope like 'off-cycle:%')),
  add check (contract_id is null or scope = 'off-cycle:' || contract_id);
-- A contract's last days are billed off cycle once, also after that run has been closed.
create unique index one_off_cycle_run_per_contract on billing_runs (contract_id) where contract_id is not null;

-- Whether a contract has days in a run.
create function run_bills_contract(run billing_runs, contract contracts) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select contract.status in ('active', 'ended')
    and contract.starts_on < run.period_to
    and (contract.ends_on is null or (contract.ends_on > run.period_from and contract.ends_on > contract.starts_on))
    and case when run.contract_id is not null then contract.contract_id = run.contract_id
        else not exists (select from billing_runs o where o.contract_id = contract.contract_id and o.period = run.period) end
$$;

-- The digest over what a run would rest on now: the current checkpoints of its days and the contracts that it bills.
-- The run of the month does not bill a contract whose last days have an off-cycle run (promises 5 and 7).
create or replace function run_inputs_digest(of_run text) returns text
language sql stable set search_path = public, pg_temp as $$
  select 'sha256:' || encode(sha256(convert_to(
    coalesce((select string_agg(format('%s/%s/%s@%s %s', c.region, c.source_id, c.day, c.revision, c.digest), E'\n'
                                order by c.region, c.source_id, c.day)
              from checkpoints c where c.day >= r.period_from and c.day < r.period_to and c.status = 'complete'), '')
    || E'\n\n' ||
    coalesce((select string_agg(format('%s %s %s %s %s %s %s', k.contract_id, k.mode, k.legacy_plan_version,
                                       k.usage_plan_version, k.overrides, k.starts_on, k.ends_on), E'\n' order by k.contract_id)
              from contracts k where run_bills_contract(r, k)), ''), 'UTF8')), 'hex')
  from billing_runs r where r.run_id = of_run
$$;

-- Days are closed by the run of the month; an off-cycle run closes those of its own contract alone.
create or replace function require_open_days(from_day date, to_day date, subject text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  closed_period text;
begin
  perform from billing_runs r where r.contract_id is null and daterange(r.period_from, r.period_to) && daterange(from_day, to_day) for share;
  select max(r.period) into closed_period from billing_runs r
    where r.contract_id is null and daterange(r.period_from, r.period_to) && daterange(from_day, to_day)
      and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed');
  if closed_period is not null then
    raise exception '% would change %, which is closed', subject, closed_period
      using errcode = 'DB005', hint = 'Choose a day after the last closed period.';
  end if;
end $$;

-- An off-cycle run bills days that the run of the month has not billed yet, of a contract that has ended inside it.
create function require_off_cycle_days() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  contract contracts;
begin
  select * into contract from contracts where contract_id = new.contract_id for update;
  if contract.status not in ('active', 'ended') or contract.ends_on is distinct from new.period_to
     or new.period_from <> greatest(contract.starts_on, date_trunc('month', new.period_to - 1)::date)
     or to_char(new.period_from, 'YYYY-MM') <> new.period then
    raise exception 'the days from % to % are not the last ones of contract % in %', new.period_from, new.period_to, new.contract_id, new.period
      using errcode = 'DB005', hint = 'End the contract first; its days are those up to its end.';
  end if;
  perform require_open_days(new.period_from, new.period_to, 'the off-cycle run of contract ' || new.contract_id);
  return new;
end $$;
create trigger off_cycle_days_are_open before insert on billing_runs for each row
  when (new.contract_id is not null) execute function require_off_cycle_days();

-- What an off-cycle run bills stays what it is.
create function keep_off_cycle_end() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select from billing_runs r where r.contract_id = new.contract_id) then
    raise exception 'contract % has an off-cycle run, and its end stays %', new.contract_id, old.ends_on
      using errcode = 'DB005', hint = 'Draft another contract from that day.';
  end if;
  return new;
end $$;
create trigger off_cycle_end_is_kept before update of ends_on on contracts for each row
  when (old.ends_on is distinct from new.ends_on) execute function keep_off_cycle_end();

-- Why an invoice waits for a person, and who let it go on.
create table invoice_holds (
  invoice_id text not null references invoices,
  hold integer not null check (hold > 0),
  -- One word: mixed_currencies, above_trailing_median, usage_anomaly, unmapped_customer, by_hand.
  reason text not null check (length(reason) > 0),
  detail text not null,
  -- False when the customer could not be rated: there is nothing to release, it is rated again.
  releasable boolean not null,
  placed_by text not null,
  placed_at timestamptz not null,
  released_by text references principals,
  released_at timestamptz,
  released_why text check (length(released_why) > 0),
  primary key (invoice_id, hold),
  check ((released_by is null) = (released_at is null) and (released_by is null) = (released_why is null)),
  check (releasable or released_by is null)
);

-- Promise 23: who caused a hold does not release it, whatever account is used. A hold is released once.
create function require_other_releaser() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.placed_by is distinct from current_actor() or new.released_by is not null then
      raise exception 'a hold on invoice % is placed in one''s own name, and released later', new.invoice_id using errcode = 'DB003';
    end if;
    return new;
  end if;
  if old.released_by is not null
     or (to_jsonb(old) - '{released_by,released_at,released_why}'::text[]) is distinct from (to_jsonb(new) - '{released_by,released_at,released_why}'::text[]) then
    raise exception 'hold % of invoice % is immutable', old.hold, old.invoice_id using errcode = 'DB002';
  end if;
  perform require_actor(new.released_by, array['approver', 'finance']::principal_role[], 'the one who releases');
  if person_behind(new.placed_by) = person_behind(new.released_by) then
    raise exception '% placed the hold on invoice % and cannot release it: a second person must', new.released_by, new.invoice_id
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
  end if;
  return new;
end $$;
create trigger another_releases before insert or update on invoice_holds
  for each row execute function require_other_releaser();
create trigger holds_are_kept before delete on invoice_holds for each row execute function refuse_change();

create function audit_hold() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform audit_append(case when tg_op = 'INSERT' then 'invoice.hold_placed' else 'invoice.hold_released' end, new.invoice_id,
                       jsonb_build_object('hold', new.hold, 'reason', new.reason, 'detail', new.detail));
  return null;
end $$;
create constraint trigger audited_holds after insert or update on invoice_holds deferrable initially deferred
  for each row execute function audit_hold();

-- The own approval of an invoice that was released when its run was signed off already; null for the others.
alter table invoices add column approver text references principals;

create function require_released() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  run billing_runs;
begin
  if exists (select from invoice_holds h where h.invoice_id = new.invoice_id and h.released_by is null) then
    raise exception 'invoice % is held', new.invoice_id
      using errcode = 'DB003', hint = 'daybook invoice release ID --why "…", by someone who did not place the hold.';
  end if;
  if old.status = 'held' then
    if not exists (select from invoice_holds h where h.invoice_id = new.invoice_id) then
      raise exception 'invoice % could not be rated: there is nothing to release', new.invoice_id
        using errcode = 'DB003', hint = 'Mend the cause and rate again: daybook run rate PERIOD.';
    end if;
    return new;
  end if;
  select * into run from billing_runs where run_id = new.run_id for share;
  case run.status
    when 'approved' then null; -- The run's own sign-off.
    when 'issuing', 'issuing_failed', 'issued' then
      perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
      if person_behind(new.approver) = person_behind(run.author)
         or exists (select from invoice_holds h where h.invoice_id = new.invoice_id and person_behind(h.released_by) = person_behind(new.approver)) then
        raise exception '% released invoice % or made its run and cannot approve it: a second person must', new.approver, new.invoice_id
          using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
      end if;
    else
      raise exception 'invoice % is approved with its run, which is %', new.invoice_id, run.status
        using errcode = 'DB005', hint = 'daybook run approve PERIOD --why "…"';
  end case;
  return new;
end $$;
create trigger held_until_released before update on invoices for each row
  when ((old.status = 'held' and new.status = 'rated') or (old.status = 'rated' and new.status = 'approved'))
  execute function require_released();

-- The digest over what a reviewer of a run sees: its inputs, and each live invoice with its state, amount and document.
create function run_review_digest(of_run text) returns text
language sql stable set search_path = public, pg_temp as $$
  select 'sha256:' || encode(sha256(convert_to(
    format('%s %s %s', r.run_id, r.fencing_token, r.inputs_digest) || E'\n\n' ||
    coalesce((select string_agg(format('%s %s %s %s %s', i.invoice_id, i.status, i.total, i.currency, i.document_digest), E'\n' order by i.invoice_id)
              from invoices i where i.run_id = r.run_id and i.status not in ('superseded', 'void')), ''), 'UTF8')), 'hex')
  from billing_runs r where r.run_id = of_run
$$;

-- What of a run is not at its end: invoices on their way or waiting for a person, and live exceptions about the run.
create function run_open_things(of_run text) returns table (thing text, state text, why text)
language sql stable security definer set search_path = public, pg_temp as $$
  select i.invoice_id, i.status::text, coalesce(i.hold_reason, i.failure_detail, '')
  from invoices i where i.run_id = of_run and i.status in ('rated', 'held', 'approved', 'drafted', 'verified', 'stripe_failed')
  union all
  select 'exception:' || e.exception_id, e.class || ' ' || e.status, e.detail
  from exceptions e where e.status not in ('resolved', 'waived')
    and (e.subject = of_run or e.subject like replace(of_run, '_', '\_') || '#%')
$$;
revoke execute on function run_open_things from public;
grant execute on function run_open_things to daybook_app, daybook_auditor;

-- A closed run is final: every invoice is, or was left open on purpose, and so is every exception of the run.
create function require_nothing_open() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  open_thing text;
begin
  perform require_actor(new.closed_by, array['finance']::principal_role[], 'the one who closes a run');
  select min(o.thing) into open_thing from run_open_things(new.run_id) o where o.thing <> all (new.left_open);
  if open_thing is not null then
    raise exception 'run % cannot be closed: % is open', new.run_id, open_thing
      using errcode = 'DB005', hint = 'Bring it to its end, or leave it on purpose: daybook run close PERIOD --leave ID --why "…".';
  end if;
  return new;
end $$;
create trigger nothing_is_open before update on billing_runs for each row
  when (new.status = 'closed' and old.status <> 'closed') execute function require_nothing_open();

grant select, insert on invoice_holds to daybook_app;
grant update (released_by, released_at, released_why) on invoice_holds to daybook_app;
