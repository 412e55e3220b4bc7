-- The audit log is sealed daily: what its chain was at the end of each UTC day, in a chain of its own (promise 16).

-- One row per UTC day, from the day of the first entry on. A seal covers every entry up to last_sequence, whatever their
-- instants say: an entry whose clock was behind is covered by the next seal.
create table audit_seals (
  day date primary key,
  last_sequence bigint not null check (last_sequence > 0),
  -- The hash of that entry: with it every entry before it is fixed.
  last_hash bytea not null check (length(last_hash) = 32),
  -- Entries since the seal before; a day without any is sealed too.
  entries bigint not null check (entries >= 0),
  sealed_at timestamptz not null,
  -- The seal of the day before; empty for the first.
  previous_hash bytea not null,
  hash bytea not null unique
);
create trigger audit_seals_are_append_only before update or delete on audit_seals
  for each row execute function refuse_change();
create trigger audit_seals_are_never_truncated before truncate on audit_seals
  for each statement execute function refuse_change();

create function audit_seal_hash(previous_hash bytea, day date, last_sequence bigint, last_hash bytea, entries bigint, sealed_at timestamptz)
returns bytea language sql immutable set search_path = pg_catalog as $$
  select sha256(previous_hash || convert_to(jsonb_build_array(
    to_char(day, 'YYYY-MM-DD'), last_sequence, encode(last_hash, 'hex'), entries,
    to_char(sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text, 'UTF8'))
$$;

-- Seals the days from the one after the last seal through `through_day`, and says how many it sealed. A repeat seals nothing;
-- two callers at once follow each other. A day that is not over at `at` is refused: its seal would say too little.
create function audit_seal(through_day date, at timestamptz) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  last_seal audit_seals;
  head record;
  of_day date;
  sealed integer := 0;
begin
  if through_day >= (at at time zone 'UTC')::date then
    raise exception 'day % is not over at %, and cannot be sealed', through_day, at
      using errcode = 'DB005', hint = 'Seal it after its end.';
  end if;
  -- The lock of audit_append: no entry is on its way while its predecessors are counted.
  perform pg_advisory_xact_lock(hashtext('audit_log'));
  select * into last_seal from audit_seals s order by s.day desc limit 1;
  of_day := coalesce(last_seal.day + 1, (select (l.at at time zone 'UTC')::date from audit_log l order by l.sequence limit 1));
  while of_day <= through_day loop
    select l.sequence, l.hash into head from audit_log l
      where l.sequence >= coalesce(last_seal.last_sequence, 0) and l.at < (of_day + 1)::timestamp at time zone 'UTC'
      order by l.sequence desc limit 1;
    -- Entries whose clock was ahead may leave a day with nothing new: it repeats the seal before.
    head.sequence := coalesce(head.sequence, last_seal.last_sequence);
    head.hash := coalesce(head.hash, last_seal.last_hash);
    insert into audit_seals (day, last_sequence, last_hash, entries, sealed_at, previous_hash, hash)
    values (of_day, head.sequence, head.hash, head.sequence - coalesce(last_seal.last_sequence, 0), at, coalesce(last_seal.hash, '\x'),
            audit_seal_hash(coalesce(last_seal.hash, '\x'), of_day, head.sequence, head.hash,
                            head.sequence - coalesce(last_seal.last_sequence, 0), at))
    returning * into last_seal;
    sealed := sealed + 1;
    of_day := of_day + 1;
  end loop;
  return sealed;
end $$;
revoke execute on function audit_seal from public;
grant execute on function audit_seal to daybook_app;
grant select on audit_seals to daybook_app;
-- The auditor reads everything: this table is older than the default privileges.
grant select on schema_migrations to daybook_auditor;

-- Rows of any table with an author and an approver behind whom one person stands (promise 23). Read from the catalog, so that
-- a new table is checked from its first day. `place` is the row's primary key.
create function self_approvals() returns table (place text, author text, approver text)
language plpgsql stable set search_path = public, pg_temp as $$
declare
  found_table record;
begin
  for found_table in
    select c.oid::regclass as name,
      (select string_agg(format('t.%I::text', a.attname), ' || ''/'' || ' order by array_position(k.conkey, a.attnum))
       from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
       where k.conrelid = c.oid and k.contype = 'p') as key
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and (select count(*) from pg_attribute a where a.attrelid = c.oid and a.attname in ('author', 'approver') and not a.attisdropped) = 2
    order by c.relname
  loop
    return query execute format(
      'select %L || '' '' || %s, t.author::text, t.approver::text from %s t where t.approver is not null and person_behind(t.author::text) = person_behind(t.approver::text)',
      found_table.name, coalesce(found_table.key, quote_literal('(a row)')), found_table.name);
  end loop;
  return query
    select format('invoice_holds %s/%s', h.invoice_id, h.hold), h.placed_by, h.released_by
    from invoice_holds h where h.released_by is not null and person_behind(h.placed_by) = person_behind(h.released_by);
  return query
    select 'plan_approvals ' || a.plan_version || ' by ' || a.approver, v.author, a.approver
    from plan_approvals a join plan_versions v using (plan_version)
    where person_behind(v.author) = person_behind(a.approver);
end $$;
