-- What the sign-off stands for: a reviewer sees every hold, and a run is only signed off on the inputs that it was rated on.

-- The digest over what a reviewer of a run sees: its inputs, each live invoice with its state, amount and document, and
-- why each of them is held.
create or replace function run_review_digest(of_run text) returns text
language sql stable set search_path = public, pg_temp as $$
  select 'sha256:' || encode(sha256(convert_to(
    format('%s %s %s', r.run_id, r.fencing_token, r.inputs_digest) || E'\n\n' ||
    coalesce((select string_agg(format('%s %s %s %s %s', i.invoice_id, i.status, i.total, i.currency, i.document_digest), E'\n' order by i.invoice_id)
              from invoices i where i.run_id = r.run_id and i.status not in ('superseded', 'void')), '')
    || coalesce((select E'\n\n' || string_agg(format('%s#%s %s %s', h.invoice_id, h.hold, h.reason, h.detail), E'\n' order by h.invoice_id, h.hold)
              from invoices i join invoice_holds h using (invoice_id)
              where i.run_id = r.run_id and i.status not in ('superseded', 'void') and h.released_by is null), ''), 'UTF8')), 'hex')
  from billing_runs r where r.run_id = of_run
$$;

-- Whether a run rests on other inputs by now than it was rated on: usage or contracts that changed, or a source that was
-- approved since and whose days are neither there nor waived (promise 3).
create function run_has_changed(run billing_runs) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select run_inputs_digest(run.run_id) is distinct from run.inputs_digest
    or exists (
      select from generate_series(run.period_from, run.period_to - 1, interval '1 day') d (day)
      join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
      join regions g on g.region = s.region and g.active_from <= d.day and (g.active_to is null or g.active_to > d.day)
      where not exists (select from checkpoints c where c.day = d.day and c.region = s.region and c.source_id = s.source_id and c.status = 'complete')
        and not exists (select from completeness_waivers w where w.day = d.day and w.region = s.region and w.source_id = s.source_id and w.status = 'approved'))
$$;

-- Why a rule of automatic approval does not let a run go on: also inputs that are others by now.
create or replace function rule_objection(rule close_rules, run billing_runs) returns text
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  terms jsonb := rule.terms::jsonb;
  own record;
  last_total numeric;
begin
  if rule.kind is distinct from 'automatic_approval' or rule.status <> 'in_force' then return 'no rule is in force'; end if;
  if run.contract_id is not null then return 'an off-cycle run takes a person'; end if;
  if run_has_changed(run) then return 'its inputs have changed since it was rated'; end if;
  if exists (select from invoices i join invoice_holds h using (invoice_id) where i.run_id = run.run_id and i.status not in ('superseded', 'void')) then
    return 'an invoice is or was held';
  end if;
  if exists (select from run_open_things(run.run_id) o where o.thing like 'exception:%') then return 'an exception is open'; end if;
  if not exists (select from invoices i where i.run_id = run.run_id and i.status = 'rated') then return 'nothing is billed'; end if;
  for own in select currency, sum(total) as total from invoices where run_id = run.run_id and status not in ('superseded', 'void') group by currency order by currency loop
    if terms -> 'limitsMinor' ->> own.currency is null then return own.currency || ' has no limit'; end if;
    if abs(own.total) > (terms -> 'limitsMinor' ->> own.currency)::numeric then return own.currency || ' is above its limit'; end if;
    select sum(i.total) into last_total from invoices i join billing_runs r using (run_id)
      where r.contract_id is null and r.period = to_char((run.period || '-01')::date - 1, 'YYYY-MM')
        and i.series = 'usage' and i.currency = own.currency and i.status not in ('superseded', 'void');
    if last_total is null then return own.currency || ' has no last period'; end if;
    if abs(own.total - last_total) > abs(last_total) * (terms ->> 'maxChange')::numeric then return own.currency || ' changes more than allowed'; end if;
  end loop;
  return null;
end $$;

-- The sign-off: by a person in their own name, or by a rule that two people have approved; for what was reviewed, and on
-- the inputs that it was rated on. A contract that changes locks the run's row (require_open_days): one of the two sees
-- the other.
create or replace function require_run_approver() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  stands text := run_review_digest(new.run_id);
  rule close_rules;
  objection text;
begin
  if run_has_changed(new) then
    raise exception 'the inputs of run % have changed since it was rated', new.run_id
      using errcode = 'DB005', hint = 'It is rated anew before it is reviewed: daybook run rate PERIOD.';
  end if;
  if new.approval_rule is null then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
  else
    select * into rule from close_rules where rule_id = new.approval_rule for share;
    objection := rule_objection(rule, new);
    if objection is not null then
      raise exception 'rule % does not approve run %: %', new.approval_rule, new.run_id, objection using errcode = 'DB003';
    end if;
  end if;
  if coalesce(new.reviewed_digest, stands) <> stands then
    raise exception 'run % has changed since it was reviewed', new.run_id
      using errcode = 'DB005', hint = 'Review it again: daybook run show PERIOD.';
  end if;
  new.reviewed_digest := stands;
  return new;
end $$;
