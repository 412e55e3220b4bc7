-- The first seal begins with the earliest entry of the log, not with the first: a clock that was ahead once must not put
-- the sealing off.
create or replace function audit_seal(through_day date, at timestamptz) returns integer
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
  of_day := coalesce(last_seal.day + 1, (select (min(l.at) at time zone 'UTC')::date from audit_log l));
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
