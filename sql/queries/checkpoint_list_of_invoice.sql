-- The checkpoints that the invoice's run rests on, for some metrics: those without a row of the customer too, for they are the evidence of its zeros.
select c.checkpoint_id, c.region, c.source_id, c.source_version, c.metric, c.day, c.status, c.revision as "revision!", c.row_count as "row_count!",
  c.total as "total!", c.digest as "digest!", c.evidence as "evidence!", c.finished_at as "finished_at!", s.configuration_digest
from invoices i
join run_checkpoints p on p.run_id = i.run_id and p.fencing_token = i.fencing_token
join checkpoints c on c.checkpoint_id = p.checkpoint_id
join usage_sources s on s.source_id = c.source_id and s.region = c.region and s.version = c.source_version
where i.invoice_id = :invoice_id and c.metric = any(:metrics::text[])
order by c.metric, c.region, c.source_id, c.day;
