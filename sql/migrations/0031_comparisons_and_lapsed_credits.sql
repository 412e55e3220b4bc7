-- Corrections that come to an end whatever becomes of their invoices: what a void takes with it, what waits for an
-- invoice that never comes, and what each compared period comes to (promise 12).

-- What a customer's closed period comes to, as it was last compared: what was billed, what stands and what is still open
-- of its adjustments must add up to it. `shadow` are the lines of the usage plan beside fixed tiers, rated anew.
create table comparisons (
  run_id text not null,
  customer_id text not null references customers,
  rerating integer not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  corrected bigint not null,
  shadow jsonb not null default '[]' check (jsonb_typeof(shadow) = 'array'),
  compared_at timestamptz not null,
  primary key (run_id, customer_id),
  foreign key (run_id, rerating) references reratings
);
grant select, insert, update on comparisons to daybook_app;

-- Who asked for the comparison of a shard that was added later, like the author of a void; null: the rerating's own author.
alter table rerating_shards add column author text;

-- A credit note goes with the invoice that it reduces: one that was not in Stripe yet when its invoice was voided is
-- cancelled, and gives nothing back any more.
alter table credits add column lapsed boolean not null default false;

-- What of the adjustments that stand was to be given back by credit notes on voided invoices, and is not.
create function lapsed_credits_of(of_adjustment text) returns numeric
language sql stable set search_path = public, pg_temp as $$
  select coalesce(sum(k.amount), 0) from credits k join invoices i on i.invoice_id = k.invoice_id
  where k.adjustment_id = of_adjustment and i.status = 'void' and (k.status <> 'cancelled' or k.lapsed)
$$;

-- What a customer was billed by a run: the lines of its live invoices, and the adjustments that have been placed since,
-- without the credit notes that went with a voided invoice.
create or replace function billed_of(of_customer text, of_run text) returns numeric
language sql stable set search_path = public, pg_temp as $$
  select coalesce((select sum(c.amount) from charges c join invoices i using (invoice_id)
                   where i.customer_id = of_customer and i.run_id = of_run and c.purpose = 'billed'
                     and i.status not in ('void', 'superseded')), 0)
       + coalesce((select sum(a.total + lapsed_credits_of(a.adjustment_id)) from adjustments a
                   where a.customer_id = of_customer and a.run_id = of_run and a.status in ('placed', 'applied')), 0)
$$;

-- Whether an invoice of a currency is still to come: from a contract that covers a day after the last period whose run was
-- approved, and was not billed off-cycle already.
create function is_billed_again(of_customer text, in_currency text) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select exists (
    select from contracts k
    join plan_versions v on v.plan_version = case k.mode when 'usage' then k.usage_plan_version else k.legacy_plan_version end
    where k.customer_id = of_customer and k.status in ('approved', 'active', 'ended') and v.currency = in_currency
      and (k.ends_on is null or (k.ends_on > k.starts_on and k.ends_on > (
        select max(r.period_to) from billing_runs r
        where r.contract_id is null and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed'))))
      and not exists (select from billing_runs o where o.contract_id = k.contract_id
        and o.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed')))
$$;

-- As before, and an invoice that was voided while the credit was planned bears it no more: the caller plans anew.
create or replace function require_credit_within_invoice() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  reduced invoices;
  credited numeric;
begin
  if new.kind = 'credit_note' then
    select * into reduced from invoices i where i.invoice_id = new.invoice_id for update;
    if reduced.status in ('void', 'superseded') then
      raise exception 'invoice % was voided while credit % was planned', new.invoice_id, new.credit_id using errcode = '40001';
    end if;
    select coalesce(sum(c.amount), 0) into credited from credits c where c.invoice_id = new.invoice_id and c.status <> 'cancelled';
    if credited + new.amount > reduced.total then
      raise exception 'credit notes of % on invoice % would be above its total of %', credited + new.amount, new.invoice_id, reduced.total
        using errcode = 'DB004', hint = 'What the invoice cannot bear goes to the customer''s balance.';
    end if;
  end if;
  return new;
end $$;

-- As before; a credit that lapsed was placed in full, and what became of it is a correction of its own.
create or replace function require_adjustment_to_stand_in_full() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  standing numeric;
begin
  if new.status not in ('placed', 'applied') or not exists (
    select from adjustments a where a.adjustment_id = new.adjustment_id and a.status = new.status and a.invoice_id is not distinct from new.invoice_id) then
    return null;
  end if;
  select coalesce((select sum(c.amount) from charges c where c.adjustment_id = new.adjustment_id and c.invoice_id = new.invoice_id), 0)
       - coalesce((select sum(k.amount) from credits k where k.adjustment_id = new.adjustment_id and (k.status <> 'cancelled' or k.lapsed)), 0)
    into standing;
  if standing <> new.total then
    raise exception 'adjustment % of % is placed with %', new.adjustment_id, new.total, standing using errcode = 'DB004';
  end if;
  if new.status = 'applied' and exists (select from credits k where k.adjustment_id = new.adjustment_id and k.status not in ('issued', 'cancelled')) then
    raise exception 'adjustment % has credits that are not in Stripe yet', new.adjustment_id using errcode = 'DB004';
  end if;
  return null;
end $$;

-- An invoice that is given up gives back what it carried. A voided one also ends what was still to be corrected of it, and
-- takes the credit notes with it that reduced it; the adjustments that waited for nothing else are at their end.
create or replace function give_adjustments_back() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update credits set status = 'cancelled' where carrier_invoice_id = new.invoice_id and status = 'planned';
  update credits set lapsed = false where carrier_invoice_id = new.invoice_id and lapsed;
  update adjustments a set status = 'superseded'
    where new.status = 'void' and a.customer_id = new.customer_id and a.run_id = new.run_id and a.status in ('proposed', 'approved');
  -- What was corrected again in the meantime is open already, and the newer one was computed with this one placed: both are due.
  update adjustments set status = 'approved', invoice_id = null where invoice_id = new.invoice_id and status in ('placed', 'applied');
  if new.status = 'void' then
    update credits set status = 'cancelled', lapsed = true
      where invoice_id = new.invoice_id and status in ('planned', 'committed', 'failed');
    update adjustments a set status = 'applied'
      where a.status = 'placed' and exists (select from credits k where k.adjustment_id = a.adjustment_id and k.invoice_id = new.invoice_id and k.lapsed)
        and not exists (select from credits k where k.adjustment_id = a.adjustment_id and k.status not in ('issued', 'cancelled'))
        and (a.invoice_id is null or exists (select from invoices i where i.invoice_id = a.invoice_id and i.status in ('finalized', 'paid', 'uncollectible')));
  end if;
  return null;
end $$;

-- The cost so far shows what the invoice will carry.
grant select on adjustments to daybook_visibility;
