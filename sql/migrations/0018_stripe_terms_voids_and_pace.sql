-- What Stripe is told beside amounts: billing terms, customers, voids; and the pace at which it is told.

-- How the invoices of a contract are collected and taxed. A null means that Stripe charges by itself and nothing falls due.
alter table contracts
  add column collection_method text not null default 'send_invoice' check (collection_method in ('send_invoice', 'charge_automatically')),
  add column days_until_due integer default 30 check (days_until_due between 1 and 365),
  -- stripe_tax leaves tax to Stripe Tax; Daybook's amounts are before tax either way.
  add column tax text not null default 'none' check (tax in ('none', 'stripe_tax')),
  add constraint due_days_belong_to_sent_invoices check ((collection_method = 'send_invoice') = (days_until_due is not null));

create function freeze_billing_terms() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.status <> 'draft' or new.status <> 'draft' then
    raise exception 'the billing terms of contract % are immutable', old.contract_id
      using errcode = 'DB002', hint = 'End it and draft another contract.';
  end if;
  return new;
end $$;
create trigger billing_terms_are_immutable before update on contracts for each row
  when ((old.collection_method, old.days_until_due, old.tax) is distinct from (new.collection_method, new.days_until_due, new.tax))
  execute function freeze_billing_terms();
create trigger author_sets_billing_terms before update of collection_method, days_until_due, tax
  on contracts for each row execute function require_author();
grant insert (collection_method, days_until_due, tax), update (collection_method, days_until_due, tax) on contracts to daybook_checker;

-- A customer is mapped to Stripe once: another mapping would send its invoices to somebody else. Only the owner of the
-- schema can mend one, and that stands in the log too.
create function keep_stripe_mapping() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.stripe_customer_id is not null and current_user = 'daybook_app' then
    raise exception 'customer % is mapped to % and stays so', old.customer_id, old.stripe_customer_id
      using errcode = 'DB002', hint = 'Merge the two in Stripe, or add another customer.';
  end if;
  perform audit_append('customer.mapped', new.customer_id, jsonb_build_object('stripe_customer_id', new.stripe_customer_id));
  return new;
end $$;
create trigger mapping_is_made_once before update on customers for each row
  when (old.stripe_customer_id is distinct from new.stripe_customer_id) execute function keep_stripe_mapping();

-- The request that makes a customer in Stripe: key and bytes committed before the call, like those of an invoice.
create table stripe_customer_requests (
  customer_id text primary key references customers,
  idempotency_key text not null unique,
  method text not null,
  path text not null,
  body text not null,
  body_digest text not null,
  status stripe_request_status not null,
  response text,
  committed_at timestamptz not null,
  answered_at timestamptz
);
create trigger only_listed_transitions before insert or update on stripe_customer_requests
  for each row execute function enforce_transition('stripe_request');

-- Voids (promise 23): one person asks, another approves; only then is Stripe told.
create type invoice_void_status as enum ('asked', 'approved', 'done', 'withdrawn');
create table invoice_voids (
  void_id bigint generated always as identity primary key,
  invoice_id text not null references invoices,
  status invoice_void_status not null,
  author text not null references principals,
  why text not null check (length(trim(why)) > 0),
  asked_at timestamptz not null,
  approver text references principals,
  approved_at timestamptz,
  ended_at timestamptz,
  -- Why a withdrawn one came to nothing.
  outcome text,
  check (status not in ('approved', 'done') or (approver is not null and approved_at is not null)),
  check ((status in ('done', 'withdrawn')) = (ended_at is not null))
);
create unique index one_live_void_per_invoice on invoice_voids (invoice_id) where status in ('asked', 'approved');
create trigger only_listed_transitions before insert or update on invoice_voids
  for each row execute function enforce_transition('invoice_void');
create trigger author_is_not_approver before insert or update on invoice_voids
  for each row execute function refuse_self_approval();
create constraint trigger audited_transitions after insert or update on invoice_voids deferrable initially deferred
  for each row execute function audit_transition('invoice_void', 'invoice_id');
create trigger voids_are_kept before delete on invoice_voids for each row execute function refuse_change();

create function require_void_principals() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform require_actor(new.author, array['operator', 'approver', 'finance']::principal_role[], 'the one who asks for a void');
  elsif (old.invoice_id, old.author, old.why, old.asked_at) is distinct from (new.invoice_id, new.author, new.why, new.asked_at) then
    raise exception 'what was asked about invoice % is immutable', old.invoice_id using errcode = 'DB002';
  elsif new.status = 'approved' and old.status <> 'approved' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'the approver of a void');
  elsif (old.approver, old.approved_at) is distinct from (new.approver, new.approved_at) then
    raise exception 'the approval of the void of invoice % is immutable', old.invoice_id using errcode = 'DB002';
  end if;
  return new;
end $$;
create trigger principals_act before insert or update on invoice_voids
  for each row execute function require_void_principals();

-- An invoice whose draft failed is either issued again or voided, never both: an approved void stops every new attempt.
-- Both lock the invoice's row first; see invoice_lock.sql.
create function refuse_issue_under_void() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select from invoice_voids where invoice_id = new.invoice_id and status = 'approved') then
    raise exception 'invoice % is being voided and is not issued again', new.invoice_id using errcode = 'DB001';
  end if;
  return new;
end $$;
create trigger not_issued_under_void before update on invoices for each row
  when (new.status = 'approved' and old.status <> 'approved') execute function refuse_issue_under_void();

-- The one way from held to approved: the run was signed off with the invoice in it, and the only thing in the way was that
-- Stripe did not know the customer, whom somebody has mapped since. Every other hold is released by a person (promise 23).
create function require_mapped_since() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if old.hold_reason not like 'no\_stripe\_customer:%'
     or exists (select from invoice_holds h where h.invoice_id = new.invoice_id and h.released_by is null)
     or not exists (select from customers c where c.customer_id = new.customer_id and c.stripe_customer_id is not null)
     or not exists (select from billing_runs r where r.run_id = new.run_id and r.status in ('issuing', 'issuing_failed', 'issued')) then
    raise exception 'invoice % is held: %', new.invoice_id, old.hold_reason
      using errcode = 'DB003', hint = 'daybook invoice release ID --why "…", by someone who did not place the hold.';
  end if;
  return new;
end $$;
create trigger mapped_since before update on invoices for each row
  when (old.status = 'held' and new.status = 'approved') execute function require_mapped_since();

-- The pace towards Stripe, shared by every instance: one row for the account ('*') and one for each of its endpoints. A
-- bucket is empty until `empty_until` and then fills at its rate. Unlogged: after a crash of the server the buckets
-- are full again, which costs at most one burst, and no call waits for a flush of the log.
create unlogged table stripe_pace (
  account_mode text not null check (account_mode in ('live', 'test')),
  endpoint text not null,
  empty_until timestamptz not null,
  -- Whoever found the bucket empty comes back at a turn of its own; the next turn begins here.
  next_turn timestamptz not null,
  primary key (account_mode, endpoint)
);

-- Grants up to `wanted` calls of an endpoint now, or says after how many milliseconds to come back. Both the account's
-- bucket and the endpoint's must hold a call. `in_turn`: the caller waited as it was told; others queue behind it. A
-- bucket gains one call every `interval` microseconds and holds `burst`. `at` is the one clock of all instances: the
-- database's.
create function stripe_pace_take(of_mode text, of_endpoint text, wanted integer, in_turn boolean, account_interval integer,
  account_burst integer, endpoint_interval integer, endpoint_burst integer, at timestamptz, out granted integer, out wait_ms integer)
language plpgsql set search_path = public, pg_temp as $$
declare
  us constant interval := interval '1 microsecond';
  account stripe_pace;
  own stripe_pace;
  held integer;
  account_ready timestamptz;
  own_ready timestamptz;
  come_back timestamptz;
begin
  insert into stripe_pace (account_mode, endpoint, empty_until, next_turn)
    select of_mode, e, at - interval '1 hour', at - interval '1 hour' from unnest(array['*', of_endpoint]) e
    where not exists (select from stripe_pace p where p.account_mode = of_mode and p.endpoint = e)
    on conflict do nothing;
  -- Always the account's row first, so that two calls never wait for each other.
  select * into account from stripe_pace where account_mode = of_mode and endpoint = '*' for update;
  select * into own from stripe_pace where account_mode = of_mode and endpoint = of_endpoint for update;
  account.empty_until := greatest(account.empty_until, at - account_burst * account_interval * us);
  own.empty_until := greatest(own.empty_until, at - endpoint_burst * endpoint_interval * us);
  held := least(floor(extract(epoch from at - account.empty_until) * 1000000 / account_interval),
                floor(extract(epoch from at - own.empty_until) * 1000000 / endpoint_interval));
  granted := least(wanted, held);
  wait_ms := 0;
  if granted >= 1 and (in_turn or (account.next_turn <= at and own.next_turn <= at)) then
    update stripe_pace set empty_until = account.empty_until + granted * account_interval * us
      where account_mode = of_mode and endpoint = '*';
    update stripe_pace set empty_until = own.empty_until + granted * endpoint_interval * us
      where account_mode = of_mode and endpoint = of_endpoint;
    return;
  end if;
  granted := 0;
  account_ready := greatest(account.empty_until + account_interval * us, account.next_turn, at);
  own_ready := greatest(own.empty_until + endpoint_interval * us, own.next_turn, at);
  come_back := greatest(account_ready, own_ready);
  -- The queue is at the bucket that is ready last.
  if account_ready > own_ready then
    update stripe_pace set next_turn = come_back + least(wanted, account_burst) * account_interval * us
      where account_mode = of_mode and endpoint = '*';
  else
    update stripe_pace set next_turn = come_back + least(wanted, endpoint_burst) * endpoint_interval * us
      where account_mode = of_mode and endpoint = of_endpoint;
  end if;
  wait_ms := greatest(1, ceil(extract(epoch from come_back - at) * 1000)::integer);
end $$;

-- Empties a bucket until an instant: Stripe answered 429, and every instance waits.
create function stripe_pace_stop(of_mode text, of_endpoint text, until_at timestamptz) returns void
language sql set search_path = public, pg_temp as $$
  insert into stripe_pace (account_mode, endpoint, empty_until, next_turn) values (of_mode, of_endpoint, until_at, until_at)
  on conflict (account_mode, endpoint) do update
  set empty_until = greatest(stripe_pace.empty_until, excluded.empty_until), next_turn = greatest(stripe_pace.next_turn, excluded.next_turn)
$$;

grant select, insert, update on stripe_customer_requests, invoice_voids, stripe_pace to daybook_app;
