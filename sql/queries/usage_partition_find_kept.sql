-- What is left of a month whose rows are gone: the figures of its sealing, and the entry that was written when it was dropped.
select p.month, p.status, p.row_count as "row_count!", p.totals as "totals!", p.digest as "digest!", p.detached_at, p.dropped_at,
  l.sequence as "sequence?", l.detail::text as "detail?"
from usage_partitions p
left join audit_log l on l.action = 'usage_rows.dropped' and l.subject = p.month
where p.month = :month and p.status in ('detached', 'dropped');
