-- What is counted, where, and for whom.

create table regions (
  region text primary key check (region ~ '^[a-z][a-z0-9-]{1,40}$'),
  -- Where the region's BigQuery datasets live; a job must be sent there.
  bigquery_location text not null,
  active_from date not null,
  active_to date,
  check (active_to > active_from)
);

create table customers (
  customer_id text primary key check (customer_id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  name text not null check (length(name) between 1 and 200),
  -- null until the mapping is made; an invoice of an unmapped customer is held.
  stripe_customer_id text unique
);

create table projects (
  project_id text primary key check (length(project_id) between 1 and 100)
);

-- Ownership is dated and never overlaps: a project belongs to one customer at a time. Days are half-open.
create table project_ownerships (
  project_id text not null references projects,
  customer_id text not null references customers,
  owned_from date not null,
  owned_to date,
  check (owned_to > owned_from),
  primary key (project_id, owned_from),
  exclude using gist (project_id with =, daterange(owned_from, owned_to) with &&)
);
create index on project_ownerships (customer_id);

create type rollup as enum ('sum', 'max', 'mean', 'last');

create table metrics (
  metric text primary key check (metric ~ '^[a-z][a-z0-9_]{0,62}$'),
  title text not null,
  -- The billed unit, as plans name it.
  unit text not null,
  rollup rollup not null,
  -- Source units in one billed unit (3600 for GB-seconds billed as GB-hours); applied exactly, after the roll-up.
  divisor numeric not null check (divisor > 0)
);

-- Where a metric comes from in a region. A changed configuration is a new version; versions never overlap.
create table usage_sources (
  source_id text not null check (source_id ~ '^[a-z][a-z0-9-]{0,62}$'),
  version integer not null check (version > 0),
  metric text not null references metrics,
  region text not null references regions,
  configuration jsonb not null,
  configuration_digest text not null,
  active_from date not null,
  active_to date,
  check (active_to > active_from),
  primary key (source_id, region, version),
  exclude using gist (source_id with =, region with =, daterange(active_from, active_to) with &&),
  -- One metric has one source in a region at a time: two would count the same usage twice.
  exclude using gist (metric with =, region with =, daterange(active_from, active_to) with &&)
);

grant select, insert, update on regions, customers, projects, project_ownerships, metrics, usage_sources to daybook_app;
