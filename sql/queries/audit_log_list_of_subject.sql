-- What was done to one thing, in the order of the chain.
select sequence, at, actor, action, why from audit_log
where subject = :subject and action like :entity::text || '.%'
order by sequence;
