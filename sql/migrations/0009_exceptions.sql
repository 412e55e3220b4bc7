-- What needs a retry or a decision.

create type exception_status as enum ('open', 'retrying', 'resolved', 'waived', 'escalated');
create table exceptions (
  exception_id bigint generated always as identity primary key,
  -- Which policy applies: aggregation_failed, period_incomplete, rating_failed, issuing_failed.
  class text not null,
  -- What it is about, in the words of its class: "europe-west1/requests/2026-10-14", an invoice's id.
  subject text not null,
  status exception_status not null,
  reason text not null,
  detail text not null,
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz,
  opened_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  why text,
  check ((status in ('resolved', 'waived')) = (ended_at is not null))
);
create unique index one_live_exception_per_subject on exceptions (class, subject) where status not in ('resolved', 'waived');
create trigger only_listed_transitions before insert or update on exceptions
  for each row execute function enforce_transition('exception');
create constraint trigger audited_transitions after insert or update on exceptions deferrable initially deferred
  for each row execute function audit_transition('exception', 'exception_id');

-- One message per alert key, whoever raises it and however often (alerts never fail the work). A crash between
-- Slack's answer and sent_at sends it again; nothing else does.
create table alerts (
  -- Digest of job, window and error: what makes two alerts one.
  alert_key text primary key,
  severity text not null check (severity in ('information', 'warning', 'critical')),
  title text not null,
  place text not null,
  why text not null,
  -- The command that puts it right.
  recover text not null,
  raised_at timestamptz not null,
  attempts integer not null default 0,
  attempted_at timestamptz,
  -- Nobody else takes it before; null once it is sent or given up.
  next_attempt_at timestamptz,
  sent_at timestamptz,
  last_error text,
  check (sent_at is null or next_attempt_at is null)
);
create index on alerts (next_attempt_at) where next_attempt_at is not null;
create index on alerts (attempted_at);

grant select, insert, update on exceptions, alerts to daybook_app;
