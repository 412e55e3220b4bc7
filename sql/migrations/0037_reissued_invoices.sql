-- A voided invoice leaves its obligation unbilled. It can be billed anew from what its run has pinned: by one person, with
-- the approval of another (promise 23); until then the run cannot be closed unless it is left on purpose.
-- Who had the invoice rated anew in place of a voided one; null for what a run rated by itself.
alter table invoices add column author text references principals;
-- Which rating of the customer in the run, under its token: 1, and one more for each time that it was rated anew.
alter table invoices add column rating_number integer not null default 1;
alter table charges add column rating_number integer not null default 1;

create trigger author_is_not_approver before insert or update on invoices
  for each row execute function refuse_self_approval();

create function require_reissuer() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform require_actor(new.author, array['operator', 'approver', 'finance']::principal_role[], 'the one who bills anew');
  if not exists (select from invoices i where (i.customer_id, i.period, i.series, i.status) = (new.customer_id, new.period, new.series, 'void')) then
    raise exception 'no invoice of % for % was voided: there is nothing to bill anew', new.customer_id, new.period
      using errcode = 'DB005', hint = 'daybook invoice void ID --why "…" comes first.';
  end if;
  return new;
end $$;
create trigger reissuer_acts before insert on invoices for each row
  when (new.author is not null) execute function require_reissuer();

create or replace function freeze_invoice() returns trigger language plpgsql as $$
begin
  if (old.customer_id, old.period, old.series, old.currency, old.subtotal, old.total, old.document, old.document_digest, old.author, old.rating_number)
     is distinct from
     (new.customer_id, new.period, new.series, new.currency, new.subtotal, new.total, new.document, new.document_digest, new.author, new.rating_number) then
    raise exception 'the amounts of invoice % are immutable', old.invoice_id
      using errcode = 'DB002', hint = 'A correction is an adjustment, never an edit.';
  end if;
  return new;
end $$;

-- The voided invoices of a run whose obligations have no live invoice: what they asked for is billed to nobody.
create function unbilled_voids(of_run text) returns table (invoice_id text, customer_id text, currency text, total bigint)
language sql stable security definer set search_path = public, pg_temp as $$
  select distinct on (i.customer_id, i.series) i.invoice_id, i.customer_id, i.currency, i.total
  from invoices i join billing_runs r using (run_id)
  where i.run_id = of_run and i.fencing_token = r.fencing_token and i.status = 'void'
    and not exists (select from invoices o where (o.customer_id, o.period, o.series) = (i.customer_id, i.period, i.series)
                      and o.status not in ('void', 'superseded'))
  order by i.customer_id, i.series, i.generation desc
$$;

create or replace function run_open_things(of_run text) returns table (thing text, state text, why text)
language sql stable security definer set search_path = public, pg_temp as $$
  select i.invoice_id, i.status::text, coalesce(i.hold_reason, i.failure_detail, '')
  from invoices i where i.run_id = of_run and i.status in ('rated', 'held', 'approved', 'drafted', 'verified', 'stripe_failed')
  union all
  select v.invoice_id, 'void', 'billed to nobody; daybook invoice reissue ' || v.invoice_id || ' --why "…" bills it anew'
  from unbilled_voids(of_run) v
  union all
  select 'exception:' || e.exception_id, e.class || ' ' || e.status, e.detail
  from exceptions e where e.status not in ('resolved', 'waived')
    and (e.subject = of_run or e.subject like replace(of_run, '_', '\_') || '#%')
$$;
grant execute on function unbilled_voids(text) to daybook_app, daybook_auditor;
revoke execute on function unbilled_voids from public;
