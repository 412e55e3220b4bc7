-- Notes that the figures of some checkpoints were judged.
insert into checkpoint_judgements (checkpoint_id, judged_at)
select unnest(:checkpoint_ids::bigint[]), :judged_at
on conflict do nothing;
