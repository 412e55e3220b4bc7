-- The entries before a sequence number, the latest first; each with whether its hash follows from its content, and whether it continues the entry before it.
select l.sequence, l.at, l.actor, l.action, l.subject, l.why, l.detail, encode(l.hash, 'hex') as "hash!",
  l.hash = audit_hash(l.previous_hash, l.sequence, l.at, l.actor, l.action, l.subject, l.why, l.detail) as "intact!",
  l.previous_hash = coalesce(p.hash, '\x'::bytea) and (p.sequence is not null or l.sequence = 1) as "linked!"
from audit_log l left join audit_log p on p.sequence = l.sequence - 1
where :before?::bigint is null or l.sequence < :before?
order by l.sequence desc
limit :batch_size::int;
