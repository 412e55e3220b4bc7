-- Facts leave through the outbox and enter through the inbox (promises 10 and 11).

create table outbox (
  event_id uuid primary key,
  topic text not null,
  -- The message body exactly as it is published.
  body text not null,
  occurred_at timestamptz not null,
  published_at timestamptz
);
create index outbox_unpublished on outbox (occurred_at) where published_at is null;

-- One row per message that a subscription has dealt with. The row is written in the transaction of its effect.
create table inbox (
  subscription text not null,
  event_id uuid not null,
  outcome text not null check (outcome in ('applied', 'superseded')),
  received_at timestamptz not null,
  primary key (subscription, event_id)
);

create type dead_letter_status as enum ('waiting', 'replayed', 'discarded');
create table dead_letters (
  dead_letter_id bigint generated always as identity primary key,
  subscription text not null,
  message_id text not null,
  -- The message's data for reading; characters that text cannot hold are replaced.
  message text not null,
  -- The same, byte for byte in base64, so that it can go back as it came.
  data_base64 text not null,
  reason text not null,
  status dead_letter_status not null,
  received_at timestamptz not null,
  unique (subscription, message_id)
);
create trigger only_listed_transitions before insert or update on dead_letters
  for each row execute function enforce_transition('dead_letter');

grant select, insert, update on outbox, dead_letters to daybook_app;
grant select, insert on inbox to daybook_app;
