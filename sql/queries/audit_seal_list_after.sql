-- The seals after a day, in their order, each with the very texts that its hash was made from.
select day, last_sequence, encode(last_hash, 'hex') as "last_hash!", entries,
  to_char(sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "sealed_at!",
  encode(previous_hash, 'hex') as "previous_hash!", encode(hash, 'hex') as "hash!"
from audit_seals
where :after?::date is null or day > :after?
order by day;
