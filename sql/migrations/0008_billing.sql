-- The month's close: run, charges, invoices, and what was said to Stripe.

create type billing_run_status as enum
  ('open', 'collecting', 'complete', 'rated', 'in_review', 'approved', 'issuing', 'issued', 'closed', 'rating_failed', 'issuing_failed');
create table billing_runs (
  run_id text primary key,
  scope text not null,
  period text not null check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  status billing_run_status not null,
  -- Half-open days of the period; every reader takes them from here.
  period_from date not null,
  period_to date not null,
  -- After this instant incompleteness is an exception; it never closes the period by itself.
  grace_until timestamptz not null,
  -- Grows when inputs change; a writer with an older one changes nothing (promise 9).
  fencing_token integer not null default 1,
  -- sha256 over the pinned checkpoints and contracts; null while collecting.
  inputs_digest text,
  author text not null,
  approver text references principals,
  approved_at timestamptz,
  opened_at timestamptz not null,
  -- Totals per currency and counts, as reviewed: {"usd": {"customers": 12, "total_minor": "123"}}.
  totals text,
  check (period_to > period_from),
  check (status not in ('approved', 'issuing', 'issued', 'closed', 'issuing_failed') or (approver is not null and approved_at is not null))
);
create unique index one_active_run_per_scope on billing_runs (scope, period) where status <> 'closed';
create trigger author_is_not_approver before insert or update on billing_runs
  for each row execute function refuse_self_approval();
-- The sign-off is given in one's own name, by someone whose role it is.
create function require_run_approver() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
  return new;
end $$;
create trigger approver_acts before update on billing_runs for each row
  when (new.status = 'approved' and old.status <> 'approved') execute function require_run_approver();
create trigger only_listed_transitions before insert or update on billing_runs
  for each row execute function enforce_transition('billing_run');
create constraint trigger audited_transitions after insert or update on billing_runs deferrable initially deferred
  for each row execute function audit_transition('billing_run', 'run_id');

-- The digest over what a run would rest on now: the current checkpoints of its days and the contracts in force.
create function run_inputs_digest(of_run text) returns text
language sql stable set search_path = public, pg_temp as $$
  select 'sha256:' || encode(sha256(convert_to(
    coalesce((select string_agg(format('%s/%s/%s@%s %s', c.region, c.source_id, c.day, c.revision, c.digest), E'\n'
                                order by c.region, c.source_id, c.day)
              from checkpoints c where c.day >= r.period_from and c.day < r.period_to and c.status = 'complete'), '')
    || E'\n\n' ||
    coalesce((select string_agg(format('%s %s %s %s %s %s %s', k.contract_id, k.mode, k.legacy_plan_version,
                                       k.usage_plan_version, k.overrides, k.starts_on, k.ends_on), E'\n' order by k.contract_id)
              from contracts k where k.status in ('active', 'ended')
                and k.starts_on < r.period_to and (k.ends_on is null or k.ends_on > r.period_from)), ''), 'UTF8')), 'hex')
  from billing_runs r where r.run_id = of_run
$$;

-- The checkpoints that a run rests on, fixed when it was complete.
create table run_checkpoints (
  run_id text not null references billing_runs,
  fencing_token integer not null,
  checkpoint_id bigint not null references checkpoints,
  primary key (run_id, fencing_token, checkpoint_id)
);

create type run_shard_status as enum ('waiting', 'rated', 'failed');
create table run_shards (
  run_id text not null references billing_runs,
  fencing_token integer not null,
  shard integer not null check (shard >= 0),
  customers text[] not null,
  status run_shard_status not null,
  primary key (run_id, fencing_token, shard)
);
create trigger only_listed_transitions before insert or update on run_shards
  for each row execute function enforce_transition('run_shard');

create type invoice_status as enum
  ('rated', 'held', 'approved', 'drafted', 'verified', 'finalized', 'paid', 'uncollectible', 'void', 'stripe_failed', 'superseded');
create table invoices (
  invoice_id text primary key,
  run_id text not null references billing_runs,
  fencing_token integer not null,
  customer_id text not null references customers,
  period text not null,
  series text not null,
  -- 0, and one more for each invoice of the same obligation that was voided before it.
  generation integer not null default 0 check (generation >= 0),
  status invoice_status not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  subtotal bigint not null,
  total bigint not null,
  -- The rated invoice as canonical JSON: recomputing it must give these bytes (promise 13).
  document text not null,
  document_digest text not null,
  hold_reason text,
  stripe_invoice_id text unique,
  stripe_number text,
  failure_detail text,
  rated_at timestamptz not null,
  check ((status = 'held') <= (hold_reason is not null)),
  check (status not in ('drafted', 'verified', 'finalized', 'paid') or stripe_invoice_id is not null)
);
-- Promise 4: at most one live invoice per obligation.
create unique index one_live_invoice_per_obligation on invoices (customer_id, period, series) where status not in ('void', 'superseded');
create index on invoices (run_id);
create trigger only_listed_transitions before insert or update on invoices
  for each row execute function enforce_transition('invoice');
create constraint trigger audited_transitions after insert or update on invoices deferrable initially deferred
  for each row execute function audit_transition('invoice', 'invoice_id');

create function freeze_invoice() returns trigger language plpgsql as $$
begin
  if (old.customer_id, old.period, old.series, old.currency, old.subtotal, old.total, old.document, old.document_digest)
     is distinct from
     (new.customer_id, new.period, new.series, new.currency, new.subtotal, new.total, new.document, new.document_digest) then
    raise exception 'the amounts of invoice % are immutable', old.invoice_id
      using errcode = 'DB002', hint = 'A correction is an adjustment, never an edit.';
  end if;
  return new;
end $$;
create trigger amounts_are_immutable before update on invoices for each row execute function freeze_invoice();
create trigger invoices_are_kept before delete on invoices for each row execute function refuse_change();

create type charge_purpose as enum ('billed', 'shadow');
-- One rated line. Billed charges belong to an invoice; shadow charges are rated beside it and never billed.
create table charges (
  run_id text not null references billing_runs,
  fencing_token integer not null,
  customer_id text not null references customers,
  purpose charge_purpose not null,
  position integer not null check (position >= 0),
  invoice_id text references invoices,
  contract_id text not null references contracts,
  segment_from date not null,
  segment_to date not null,
  line_key text not null,
  label text not null,
  project_id text,
  currency text not null,
  quantity text,
  -- The exact rational, as a decimal or n/d; the amount is its one rounding (promise 14).
  exact text not null,
  amount bigint not null,
  formula text not null,
  formula_digest text not null,
  plan_version text not null references plan_versions,
  parameters_digest text not null,
  usage_digest text not null,
  -- Names and values that went into the formula, and the tier lines under it, as JSON.
  inputs text not null,
  details text not null,
  primary key (run_id, fencing_token, customer_id, purpose, position),
  check ((purpose = 'billed') = (invoice_id is not null))
);
create index on charges (invoice_id);
create trigger charges_are_immutable before update or delete on charges for each row execute function refuse_change();

-- Promise 2, at commit: the lines of an invoice add up to its subtotal.
create function require_lines_to_add_up() returns trigger language plpgsql as $$
declare
  line_sum numeric;
begin
  select coalesce(sum(amount), 0) into line_sum from charges where invoice_id = new.invoice_id;
  if line_sum <> new.subtotal then
    raise exception 'the lines of invoice % add up to %, its subtotal is %', new.invoice_id, line_sum, new.subtotal
      using errcode = 'DB004';
  end if;
  return null;
end $$;
create constraint trigger lines_add_up after insert on invoices deferrable initially deferred
  for each row execute function require_lines_to_add_up();

-- What was said to Stripe: key and bytes are committed before the call, so that a retry sends the same bytes.
create type stripe_request_status as enum ('committed', 'answered', 'refused');
create table stripe_requests (
  invoice_id text not null references invoices,
  step text not null,
  idempotency_key text not null unique,
  method text not null,
  path text not null,
  body text not null,
  body_digest text not null,
  status stripe_request_status not null,
  response text,
  committed_at timestamptz not null,
  answered_at timestamptz,
  primary key (invoice_id, step)
);
create trigger only_listed_transitions before insert or update on stripe_requests
  for each row execute function enforce_transition('stripe_request');

-- Promise 17: a webhook is applied once and never sets an amount. One that changes nothing says why.
create table stripe_events (
  event_id text primary key,
  type text not null,
  object_id text not null,
  created_at timestamptz not null,
  body_digest text not null,
  outcome text not null check (outcome in ('applied', 'ignored')),
  reason text,
  applied_at timestamptz not null,
  check ((outcome = 'ignored') = (reason is not null))
);

grant select, insert, update on billing_runs, run_shards, invoices, stripe_requests to daybook_app;
grant select, insert on run_checkpoints, charges, stripe_events to daybook_app;
