-- The next entries of the log in the order of the chain, each with the very texts that its hash was made from.
select sequence, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "at!", actor, action, subject, why,
  detail::text as "detail!", encode(previous_hash, 'hex') as "previous_hash!", encode(hash, 'hex') as "hash!"
from audit_log
where sequence > :after::bigint
order by sequence
limit :batch_size::int;
