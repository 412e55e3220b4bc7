-- Where the rows of an attempt wait while its source is still being read.

-- One row: one project's usage as the attempt has read it, with who owned the project on that day. Byte order of the
-- names is the order in which the checkpoint's digest is taken, on every machine and in every locale (promise 13).
-- Unlogged: a crash of the server empties it, and the attempt, which counts what it staged, then fails.
create unlogged table usage_staged (
  checkpoint_id bigint not null,
  project_id text collate "C" not null check (project_id <> ''),
  customer_id text,
  quantity numeric not null check (quantity >= 0 and quantity < 'Infinity'),
  primary key (checkpoint_id, project_id)
);

-- Staged rows belong to running attempts only: whoever ends one, in whatever way, clears them.
create function clear_staged_usage() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from usage_staged where checkpoint_id = old.checkpoint_id;
  return null;
end $$;
create trigger staged_usage_is_cleared after update on checkpoints
  for each row when (old.status = 'running' and new.status <> 'running') execute function clear_staged_usage();

grant select, insert on usage_staged to daybook_app;
