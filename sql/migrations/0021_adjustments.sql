-- Adjustments: corrected minus billed, applied once, on the next invoice or as a credit in Stripe (promise 12).

-- How adjustments of a currency are decided and given. Amounts in minor units. A currency without a row always waits for
-- a person, and its credits stand on the next invoice.
create type credit_way as enum ('next_invoice', 'credit_note');
create table adjustment_policies (
  currency text primary key check (currency ~ '^[a-z]{3}$'),
  -- While everything that was ever adjusted of a customer's period, up and down, adds up to at most this, nobody is asked.
  automatic_up_to bigint not null check (automatic_up_to >= 0),
  credits_by credit_way not null
);
insert into adjustment_policies (currency, automatic_up_to, credits_by) values
  ('usd', 10000, 'next_invoice'), ('eur', 10000, 'next_invoice'), ('gbp', 8000, 'next_invoice'), ('jpy', 15000, 'next_invoice');

create type adjustment_status as enum ('proposed', 'approved', 'placed', 'applied', 'rejected', 'superseded');
create table adjustments (
  -- `2026-10/acme/adjustment/1`, numbered within customer and run; of an off-cycle run with its contract before the number.
  adjustment_id text primary key,
  customer_id text not null references customers,
  -- The period that is corrected, and the run that billed it.
  period text not null,
  run_id text not null,
  -- The checkpoints that the corrected figures rest on.
  rerating integer not null,
  -- Over the invoices and adjustments that were billed and over the corrected lines: the same is computed once.
  inputs_digest text not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  billed bigint not null,
  corrected bigint not null,
  total bigint not null check (total = corrected - billed),
  -- The adjustment as canonical JSON: what it corrects, its lines, exact and rounded.
  document text not null,
  document_digest text not null check (document_digest = 'sha256:' || encode(sha256(convert_to(document, 'UTF8')), 'hex')),
  status adjustment_status not null,
  author text not null,
  -- null when the policy decided.
  approver text references principals,
  decided_at timestamptz,
  -- The invoice that it stands on; null while it waits, and when it is given back as credits.
  invoice_id text references invoices,
  proposed_at timestamptz not null,
  foreign key (run_id, rerating) references reratings,
  check ((status in ('approved', 'placed', 'applied', 'rejected')) <= (decided_at is not null)),
  check (invoice_id is null or status in ('placed', 'applied'))
);
create unique index same_inputs_are_computed_once on adjustments (customer_id, run_id, inputs_digest) where status <> 'superseded';
-- A newer change supersedes what is not placed yet. Approved ones may be several: an invoice that is given up gives its own back.
create unique index one_proposed_adjustment on adjustments (customer_id, run_id) where status = 'proposed';
create index on adjustments (invoice_id);
create index on adjustments (status) where status in ('proposed', 'approved', 'placed');
create trigger only_listed_transitions before insert or update on adjustments
  for each row execute function enforce_transition('adjustment');
create constraint trigger audited_transitions after insert or update on adjustments deferrable initially deferred
  for each row execute function audit_transition('adjustment', 'adjustment_id');
create trigger adjustments_are_kept before delete on adjustments for each row execute function refuse_change();

-- What a customer was billed by a run: the lines of its live invoices, and the adjustments that have been placed since.
create function billed_of(of_customer text, of_run text) returns numeric
language sql stable set search_path = public, pg_temp as $$
  select coalesce((select sum(c.amount) from charges c join invoices i using (invoice_id)
                   where i.customer_id = of_customer and i.run_id = of_run and c.purpose = 'billed'
                     and i.status not in ('void', 'superseded')), 0)
       + coalesce((select sum(a.total) from adjustments a
                   where a.customer_id = of_customer and a.run_id = of_run and a.status in ('placed', 'applied')), 0)
$$;

-- What was ever adjusted of a customer's period, up and down.
create function adjusted_of(of_customer text, of_period text) returns numeric
language sql stable set search_path = public, pg_temp as $$
  select coalesce(sum(abs(a.total)), 0) from adjustments a
  where a.customer_id = of_customer and a.period = of_period and a.status not in ('rejected', 'superseded')
$$;

create function require_adjustment_to_add_up() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  line_sum numeric;
  billed_before numeric := billed_of(new.customer_id, new.run_id);
begin
  select coalesce(sum((l ->> 'amount')::numeric), 0) into line_sum from jsonb_array_elements(new.document::jsonb -> 'lines') l;
  if line_sum <> new.total then
    raise exception 'the lines of adjustment % add up to %, its total is %', new.adjustment_id, line_sum, new.total using errcode = 'DB004';
  end if;
  if billed_before <> new.billed then
    raise exception 'adjustment % corrects %, and % was billed', new.adjustment_id, new.billed, billed_before using errcode = 'DB004';
  end if;
  return new;
end $$;
create trigger billed_plus_adjustments_is_corrected before insert on adjustments
  for each row execute function require_adjustment_to_add_up();

-- Promise 23: over the limit another person decides: neither the author, nor who wrote a term that this corrects.
create function require_allowed_adjustment_step() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if to_jsonb(old) - '{status,approver,decided_at,invoice_id}'::text[] is distinct from to_jsonb(new) - '{status,approver,decided_at,invoice_id}'::text[] then
    raise exception 'adjustment % is immutable', old.adjustment_id using errcode = 'DB002', hint = 'A correction of it is another adjustment.';
  end if;
  if old.status <> 'proposed' and (old.approver, old.decided_at) is distinct from (new.approver, new.decided_at) then
    raise exception 'adjustment % was decided before', old.adjustment_id using errcode = 'DB002';
  end if;
  if old.status = 'proposed' and new.status in ('approved', 'rejected') then
    if new.approver is null then
      if new.status = 'rejected' or not exists (select from adjustment_policies p where p.currency = new.currency
                                                  and adjusted_of(new.customer_id, new.period) <= p.automatic_up_to) then
        raise exception 'adjustment % is over the limit of its policy: a person must decide', new.adjustment_id
          using errcode = 'DB003', hint = 'daybook adjustments approve ID, by someone with the role approver or finance.';
      end if;
    else
      perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
      if person_behind(new.author) = person_behind(new.approver)
         or exists (select from term_corrections t join contracts c using (contract_id)
                    where c.customer_id = new.customer_id and t.period = new.period and t.status = 'approved'
                      and person_behind(t.author) = person_behind(new.approver)) then
        raise exception '% has brought about adjustment % and cannot decide on it: a second person must', new.approver, new.adjustment_id
          using errcode = 'DB003', hint = 'Ask someone else with the role approver or finance.';
      end if;
    end if;
  end if;
  return new;
end $$;
create trigger step_is_allowed before update on adjustments for each row execute function require_allowed_adjustment_step();

-- The lines of an adjustment on the invoice that carries it.
alter table charges add column adjustment_id text references adjustments;
alter table charges drop constraint charges_check;
alter table charges add constraint charges_check check ((purpose in ('billed', 'adjustment')) = (invoice_id is not null));
alter table charges add constraint adjustment_lines_name_theirs check ((purpose = 'adjustment') = (adjustment_id is not null));
create unique index adjustment_line_once_per_invoice on charges (invoice_id, adjustment_id, line_key) where purpose = 'adjustment';

-- What is given back in Stripe: a credit note on an invoice, and an entry on the customer's balance for what no invoice can
-- bear. One row is one request: key and bytes are committed before the call.
create type credit_kind as enum ('credit_note', 'balance');
create type credit_status as enum ('planned', 'committed', 'issued', 'failed', 'cancelled');
create table credits (
  credit_id text primary key,
  adjustment_id text not null references adjustments,
  kind credit_kind not null,
  customer_id text not null references customers,
  -- The invoice that a credit note reduces.
  invoice_id text references invoices,
  -- The invoice whose total would have been negative; null when the whole adjustment is given back.
  carrier_invoice_id text references invoices,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  amount bigint not null check (amount > 0),
  status credit_status not null,
  idempotency_key text unique,
  path text,
  body text,
  body_digest text,
  stripe_id text unique,
  failure_detail text,
  planned_at timestamptz not null,
  committed_at timestamptz,
  answered_at timestamptz,
  check ((kind = 'credit_note') = (invoice_id is not null)),
  check (status in ('planned', 'cancelled', 'failed') or (idempotency_key is not null and path is not null and body is not null and body_digest is not null and committed_at is not null)),
  check ((status = 'issued') = (stripe_id is not null))
);
create unique index one_credit_note_per_adjustment_and_invoice on credits (adjustment_id, invoice_id) where kind = 'credit_note' and status <> 'cancelled';
create unique index one_balance_entry_per_adjustment on credits (adjustment_id) where kind = 'balance' and status <> 'cancelled';
create index on credits (invoice_id);
create index on credits (carrier_invoice_id);
create trigger only_listed_transitions before insert or update on credits
  for each row execute function enforce_transition('credit');
create constraint trigger audited_transitions after insert or update on credits deferrable initially deferred
  for each row execute function audit_transition('credit', 'credit_id');
create trigger credits_are_kept before delete on credits for each row execute function refuse_change();

-- Stripe's limit, held here before Stripe is asked: the credit notes of an invoice stay within its total. The lock on the
-- invoice lets two that are planned at once see each other.
create function require_credit_within_invoice() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  invoice_total bigint;
  credited numeric;
begin
  if new.kind = 'credit_note' then
    select i.total into invoice_total from invoices i where i.invoice_id = new.invoice_id for update;
    select coalesce(sum(c.amount), 0) into credited from credits c where c.invoice_id = new.invoice_id and c.status <> 'cancelled';
    if credited + new.amount > invoice_total then
      raise exception 'credit notes of % on invoice % would be above its total of %', credited + new.amount, new.invoice_id, invoice_total
        using errcode = 'DB004', hint = 'What the invoice cannot bear goes to the customer''s balance.';
    end if;
  end if;
  return new;
end $$;
create trigger credit_is_within_its_invoice before insert on credits for each row execute function require_credit_within_invoice();

create function freeze_credit() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if (old.credit_id, old.adjustment_id, old.kind, old.customer_id, old.invoice_id, old.carrier_invoice_id, old.currency, old.amount)
     is distinct from (new.credit_id, new.adjustment_id, new.kind, new.customer_id, new.invoice_id, new.carrier_invoice_id, new.currency, new.amount)
     or old.status = 'issued' then
    raise exception 'credit % is immutable', old.credit_id using errcode = 'DB002';
  end if;
  return new;
end $$;
create trigger amounts_are_immutable before update on credits for each row execute function freeze_credit();

-- Promise 12, at commit: a placed adjustment stands in full, as lines of its invoice less what was taken out of them as
-- credits, or as credits alone.
create function require_adjustment_to_stand_in_full() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  standing numeric;
begin
  if new.status not in ('placed', 'applied') or not exists (
    select from adjustments a where a.adjustment_id = new.adjustment_id and a.status = new.status and a.invoice_id is not distinct from new.invoice_id) then
    return null;
  end if;
  select coalesce((select sum(c.amount) from charges c where c.adjustment_id = new.adjustment_id and c.invoice_id = new.invoice_id), 0)
       - coalesce((select sum(k.amount) from credits k where k.adjustment_id = new.adjustment_id and k.status <> 'cancelled'), 0)
    into standing;
  if standing <> new.total then
    raise exception 'adjustment % of % is placed with %', new.adjustment_id, new.total, standing using errcode = 'DB004';
  end if;
  if new.status = 'applied' and exists (select from credits k where k.adjustment_id = new.adjustment_id and k.status not in ('issued', 'cancelled')) then
    raise exception 'adjustment % has credits that are not in Stripe yet', new.adjustment_id using errcode = 'DB004';
  end if;
  return null;
end $$;
create constraint trigger stands_in_full after update on adjustments deferrable initially deferred
  for each row execute function require_adjustment_to_stand_in_full();

-- An invoice that is given up gives back what it carried; a voided one also ends what was still to be corrected of it.
create function give_adjustments_back() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update credits set status = 'cancelled' where carrier_invoice_id = new.invoice_id and status = 'planned';
  update adjustments a set status = 'superseded'
    where new.status = 'void' and a.customer_id = new.customer_id and a.run_id = new.run_id and a.status in ('proposed', 'approved');
  -- What was corrected again in the meantime is open already, and the newer one was computed with this one placed: both are due.
  update adjustments set status = 'approved', invoice_id = null where invoice_id = new.invoice_id and status in ('placed', 'applied');
  return null;
end $$;
create trigger carried_adjustments_come_back after update on invoices for each row
  when (new.status in ('superseded', 'void') and old.status is distinct from new.status) execute function give_adjustments_back();

grant select on adjustment_policies to daybook_app;
grant select, insert on adjustments, credits to daybook_app;
grant update (status, approver, decided_at, invoice_id) on adjustments to daybook_app;
grant update (status, idempotency_key, path, body, body_digest, stripe_id, failure_detail, committed_at, answered_at) on credits to daybook_app;
