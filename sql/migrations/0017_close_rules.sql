-- The rules of the close: bounds outside which an invoice is held (promise 24), and when a run may go on without a person.

create type close_rule_kind as enum ('bounds', 'automatic_approval');
create type close_rule_status as enum ('proposed', 'in_force', 'retired', 'withdrawn');
create table close_rules (
  rule_id text primary key check (rule_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  kind close_rule_kind not null,
  -- The currency that it is for; '*' for those that have none of their own, and for automatic approval.
  currency text not null check (currency ~ '^([a-z]{3}|\*)$'),
  -- The terms as canonical JSON; numbers are decimal text, read exactly.
  terms text not null check (jsonb_typeof(terms::jsonb) = 'object'),
  status close_rule_status not null,
  -- Null for the bounds that Daybook comes with.
  author text references principals,
  approver text references principals,
  second_approver text references principals,
  proposed_at timestamptz not null,
  check (kind = 'bounds' or currency = '*'),
  check (second_approver is null or approver is not null),
  check (status not in ('in_force', 'retired') or author is null or approver is not null),
  -- A rule that takes the place of a person takes two of them.
  check (status not in ('in_force', 'retired') or kind = 'bounds' or second_approver is not null)
);
create unique index one_close_rule_in_force on close_rules (kind, currency) where status = 'in_force';
create trigger rules_are_kept before delete on close_rules for each row execute function refuse_change();

-- Promise 23: a rule's author and its approvers are different people, each acting in their own name; terms never change.
create function require_other_rule_approvers() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform require_actor(new.author, array['author', 'finance']::principal_role[], 'author');
    if new.approver is not null then raise exception 'rule % is proposed first', new.rule_id using errcode = 'DB003'; end if;
    return new;
  end if;
  if (old.rule_id, old.kind, old.currency, old.terms, old.author, old.proposed_at)
     is distinct from (new.rule_id, new.kind, new.currency, new.terms, new.author, new.proposed_at)
     or (old.approver is not null and old.approver is distinct from new.approver)
     or (old.second_approver is not null and old.second_approver is distinct from new.second_approver) then
    raise exception 'rule % is immutable', old.rule_id using errcode = 'DB002', hint = 'Propose another rule.';
  end if;
  if old.approver is distinct from new.approver then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
  end if;
  if old.second_approver is distinct from new.second_approver then
    perform require_actor(new.second_approver, array['approver', 'finance']::principal_role[], 'approver');
  end if;
  if new.status in ('retired', 'withdrawn') and old.status <> new.status then
    perform require_actor(current_actor(), array['approver', 'finance', 'author']::principal_role[], 'the one who ends a rule');
  end if;
  if person_behind(new.approver) = person_behind(new.author) or person_behind(new.second_approver) = person_behind(new.author)
     or person_behind(new.second_approver) = person_behind(new.approver) then
    raise exception 'rule % takes approvers who are neither its author nor each other', new.rule_id
      using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
  end if;
  return new;
end $$;

-- The bounds that hold until others are agreed on: 1,000 lines; five times the median of the last six months, from the
-- third month on; three times the last month; differences up to 100 units of the currency are never worth a person.
insert into close_rules (rule_id, kind, currency, terms, status, proposed_at)
values ('default-bounds', 'bounds', '*',
        '{"maxChange":"2","maxLines":1000,"maxTimesMedian":"5","medianOf":6,"medianFrom":3,"tolerance":"100"}', 'in_force', '2026-01-01T00:00:00Z');

-- From here on rules come by proposal and approval alone.
create trigger only_listed_transitions before insert or update on close_rules
  for each row execute function enforce_transition('close_rule');
create constraint trigger audited_transitions after insert or update on close_rules deferrable initially deferred
  for each row execute function audit_transition('close_rule', 'rule_id');
create trigger others_approve before insert or update on close_rules
  for each row execute function require_other_rule_approvers();

alter table billing_runs add column approval_rule text references close_rules;
alter table billing_runs drop constraint billing_runs_check1;
alter table billing_runs add constraint approved_by_somebody check (
  status not in ('approved', 'issuing', 'issued', 'closed', 'issuing_failed')
  or (approved_at is not null and (approver is null) <> (approval_rule is null)));

-- Why a rule of automatic approval does not let a run go on; null when it does. No hold and no exception, every
-- currency within its limit, and within the allowed change against the last period, which there must be.
create function rule_objection(rule close_rules, run billing_runs) returns text
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  terms jsonb := rule.terms::jsonb;
  own record;
  last_total numeric;
begin
  if rule.kind is distinct from 'automatic_approval' or rule.status <> 'in_force' then return 'no rule is in force'; end if;
  if run.contract_id is not null then return 'an off-cycle run takes a person'; end if;
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
revoke execute on function rule_objection from public;
grant execute on function rule_objection to daybook_app;

-- The sign-off: by a person in their own name, or by a rule that two people have approved; for what was reviewed.
create or replace function require_run_approver() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  stands text := run_review_digest(new.run_id);
  rule close_rules;
  objection text;
begin
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

-- An approval without a person is recorded as such, with the rule and the people behind it.
create function audit_rule_approval() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform audit_append('billing_run.approved_by_rule', new.run_id,
    (select jsonb_build_object('rule', rule_id, 'terms', terms, 'approvers', jsonb_build_array(approver, second_approver))
     from close_rules where rule_id = new.approval_rule));
  return null;
end $$;
create constraint trigger audited_rule_approval after update on billing_runs deferrable initially deferred for each row
  when (new.status = 'approved' and old.status <> 'approved' and new.approval_rule is not null) execute function audit_rule_approval();

grant select, insert on close_rules to daybook_app;
grant update (status, approver, second_approver) on close_rules to daybook_app;
