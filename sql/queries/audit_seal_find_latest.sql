-- The latest seal, or no row before the first.
select day, last_sequence, encode(last_hash, 'hex') as "last_hash!", entries, sealed_at, encode(hash, 'hex') as "hash!"
from audit_seals order by day desc limit 1;
