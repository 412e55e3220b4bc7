-- What the reconciliation found: every way in which Stripe and Daybook differ about a period, named one by one.

create type stripe_difference_status as enum ('open', 'accepted', 'resolved');
create table stripe_differences (
  difference_id bigint generated always as identity primary key,
  -- What makes two findings one: kind, invoice, copy in Stripe, place on it and both values. Another value is another
  -- difference, which no earlier acceptance covers.
  difference_key text not null,
  period text not null check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  kind text not null,
  -- Ours; null when Stripe has something that is not here.
  invoice_id text,
  -- Stripe's; null when it is missing there.
  stripe_invoice_id text,
  -- The line, the name of the metadata, the credit note: where on the invoice.
  place text,
  local_value text,
  stripe_value text,
  status stripe_difference_status not null,
  found_at timestamptz not null,
  seen_at timestamptz not null,
  ended_at timestamptz,
  accepted_by text references principals,
  why text,
  check (invoice_id is not null or stripe_invoice_id is not null),
  check ((status = 'resolved') = (ended_at is not null)),
  check (status <> 'accepted' or (accepted_by is not null and length(trim(why)) > 0)),
  check (seen_at >= found_at)
);
create unique index one_live_row_per_difference on stripe_differences (difference_key) where status <> 'resolved';
create index on stripe_differences (period);
create trigger only_listed_transitions before insert or update on stripe_differences
  for each row execute function enforce_transition('stripe_difference');
create constraint trigger audited_transitions after insert or update on stripe_differences deferrable initially deferred
  for each row execute function audit_transition('stripe_difference', 'difference_id');
create trigger differences_are_kept before delete on stripe_differences for each row execute function refuse_change();

create function require_accepting_person() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if (old.difference_key, old.period, old.kind, old.invoice_id, old.stripe_invoice_id, old.place, old.local_value, old.stripe_value, old.found_at)
     is distinct from
     (new.difference_key, new.period, new.kind, new.invoice_id, new.stripe_invoice_id, new.place, new.local_value, new.stripe_value, new.found_at) then
    raise exception 'difference % is immutable', old.difference_id using errcode = 'DB002';
  end if;
  if new.status = 'accepted' and old.status <> 'accepted' then
    perform require_actor(new.accepted_by, array['finance', 'approver']::principal_role[], 'the one who accepts a difference');
  end if;
  return new;
end $$;
create trigger a_person_accepts before update on stripe_differences
  for each row execute function require_accepting_person();

grant select, insert, update on stripe_differences to daybook_app;
