-- What is counted, reviewed like prices: a metric, or a version of a usage source, comes into force only through a
-- definition that another person than its author approved.
--
-- Metrics and sources that were there before stay in force; they have no definition. From here on the application's
-- role can put none in force by itself: approving a definition does.

-- The location of a job follows from its source's configuration, which is reviewed. A running older version still
-- writes this column; nothing reads it.
alter table regions alter column bigquery_location drop not null;
comment on column regions.bigquery_location is 'No longer read: a source''s configuration names the location of each region''s dataset.';

create type usage_definition_kind as enum ('metric', 'source');
create type usage_definition_status as enum ('draft', 'in_review', 'approved', 'retired', 'rejected');
create table usage_definitions (
  -- sha256 of the canonical JSON: a definition is its content.
  definition text primary key check (definition = 'sha256:' || encode(sha256(convert_to(document, 'UTF8')), 'hex')),
  kind usage_definition_kind not null,
  -- As people name it: a metric's name, or a source with its region, data-gb/europe-west1.
  name text not null,
  document text not null,
  -- Canonical JSON of a source's configuration, of which the document holds the digest.
  configuration text,
  status usage_definition_status not null,
  author text not null references principals,
  submitted_at timestamptz not null,
  approver text references principals,
  approved_at timestamptz,
  why text,
  check (document::jsonb ->> 'kind' = kind::text),
  check (name = case kind when 'metric' then document::jsonb ->> 'metric'
                          else (document::jsonb ->> 'source') || '/' || (document::jsonb ->> 'region') end),
  check ((kind = 'source') = (configuration is not null)),
  check (kind <> 'source' or document::jsonb ->> 'configurationDigest' = 'sha256:' || encode(sha256(convert_to(configuration, 'UTF8')), 'hex')),
  check ((status in ('approved', 'retired')) = (approver is not null)),
  check ((approver is null) = (approved_at is null))
);
create index on usage_definitions (kind, name);

alter table usage_sources add column definition text references usage_definitions;
comment on column usage_sources.definition is 'The approved definition; null for versions from before there were any.';

create trigger only_listed_transitions before insert or update on usage_definitions
  for each row execute function enforce_transition('usage_definition');
create constraint trigger audited_transitions after insert or update on usage_definitions deferrable initially deferred
  for each row execute function audit_transition('usage_definition', 'definition');
create trigger author_acts before insert on usage_definitions for each row execute function require_author();
-- Promise 23.
create trigger author_is_not_approver before insert or update on usage_definitions
  for each row execute function refuse_self_approval();
create trigger definitions_are_kept before delete on usage_definitions for each row execute function refuse_change();

create function freeze_usage_definition() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if (old.definition, old.kind, old.name, old.document, old.configuration, old.author, old.submitted_at) is distinct from
     (new.definition, new.kind, new.name, new.document, new.configuration, new.author, new.submitted_at)
     or (old.approver is not null and (old.approver, old.approved_at, old.why) is distinct from (new.approver, new.approved_at, new.why)) then
    raise exception 'definition % of % is immutable', old.definition, old.name
      using errcode = 'DB002', hint = 'Submit the change as a new definition.';
  end if;
  return new;
end $$;
create trigger definition_is_immutable before update on usage_definitions
  for each row execute function freeze_usage_definition();

-- Who may take the steps, and on which days.
create function require_allowed_definition_step() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.status = 'approved' and old.status <> 'approved' then
    perform require_actor(new.approver, array['approver', 'finance']::principal_role[], 'approver');
    if new.kind = 'source' then
      perform require_open_days((new.document::jsonb ->> 'activeFrom')::date, null, 'source ' || new.name);
    end if;
  elsif new.status = 'rejected' and old.status <> 'rejected' and person_behind(current_actor()) is distinct from person_behind(new.author) then
    perform require_actor(current_actor(), array['approver', 'finance']::principal_role[], 'the one who rejects a definition');
  elsif new.status = 'retired' and old.status <> 'retired'
        and (new.kind = 'metric' or exists (select from usage_sources where definition = new.definition and active_to is null)) then
    raise exception 'definition % of % is still in force', new.definition, new.name
      using errcode = 'DB001', hint = 'It retires when another definition takes over.';
  end if;
  return new;
end $$;
create trigger step_is_allowed before update on usage_definitions
  for each row execute function require_allowed_definition_step();

create function raise_definition_conflict(problem text) returns void language plpgsql as $$
begin
  raise exception '%', problem using errcode = 'DB010', hint = 'See what is in force: daybook sources list.';
end $$;

-- An approval puts the definition in force: a metric from now on, a source from its first day, on which the version
-- before it ends.
create function put_definition_in_force() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  content jsonb := new.document::jsonb;
  first_day date := content ->> 'activeFrom';
  latest usage_sources;
  other text;
begin
  if new.kind = 'metric' then
    insert into metrics (metric, title, unit, rollup, divisor)
    values (content ->> 'metric', content ->> 'title', content ->> 'unit', (content ->> 'rollup')::rollup, (content ->> 'divisor')::numeric)
    on conflict (metric) do nothing;
    if not found then
      perform raise_definition_conflict(format('metric %s is in force already', new.name));
    end if;
    return null;
  end if;
  -- One approval at a time for the sources of a region: none of them sees half of another's.
  perform pg_advisory_xact_lock(hashtextextended('usage_sources:' || (content ->> 'region'), 0));
  select * into latest from usage_sources
    where source_id = content ->> 'source' and region = content ->> 'region' order by version desc limit 1;
  if latest.active_from >= first_day or latest.active_to > first_day then
    perform raise_definition_conflict(format('%s has a version from %s to %s; a new one begins on a later day than it',
                                             new.name, latest.active_from, coalesce(latest.active_to::text, 'now on')));
  end if;
  select s.source_id into other from usage_sources s
    where s.metric = content ->> 'metric' and s.region = content ->> 'region' and s.source_id <> content ->> 'source'
      and daterange(s.active_from, s.active_to) && daterange(first_day, null) limit 1;
  if other is not null then
    perform raise_definition_conflict(format('%s is counted by the source %s in %s already', content ->> 'metric', other, content ->> 'region'));
  end if;
  update usage_sources set active_to = first_day
    where source_id = latest.source_id and region = latest.region and version = latest.version and active_to is null;
  update usage_definitions set status = 'retired' where definition = latest.definition and status = 'approved';
  insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, definition)
  values (content ->> 'source', coalesce(latest.version, 0) + 1, content ->> 'metric', content ->> 'region',
          new.configuration::jsonb, content ->> 'configurationDigest', first_day, new.definition);
  return null;
end $$;
create trigger approved_is_in_force after update on usage_definitions
  for each row when (new.status = 'approved' and old.status <> 'approved') execute function put_definition_in_force();

-- What counts on a day does not change under a checkpoint: only a version's end may be set, once.
create function freeze_usage_source() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if to_jsonb(old) - 'active_to' is distinct from to_jsonb(new) - 'active_to'
     or (old.active_to is not null and old.active_to is distinct from new.active_to) then
    raise exception 'version % of source % in % is immutable', old.version, old.source_id, old.region
      using errcode = 'DB002', hint = 'Submit the change as a new definition: daybook sources submit FILE.';
  end if;
  return new;
end $$;
create trigger source_is_immutable before update on usage_sources for each row execute function freeze_usage_source();

revoke insert, update on metrics, usage_sources from daybook_app;
grant select on usage_definitions to daybook_app;
grant insert (definition, kind, name, document, configuration, status, author, submitted_at) on usage_definitions to daybook_app;
grant update (status, approver, approved_at, why) on usage_definitions to daybook_app;
