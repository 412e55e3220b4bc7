-- The divisors of the metrics as the run of an invoice pinned them.
select m.metric, m.divisor
from invoices i join run_metrics m on m.run_id = i.run_id and m.fencing_token = i.fencing_token
where i.invoice_id = :invoice_id;
