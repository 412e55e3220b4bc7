-- The end of the log as the database keeps it beside the log: what was cut off, or put behind it, differs from it.
select sequence, encode(hash, 'hex') as "hash!" from audit_head;
