-- The invoices of some customers of a run under a token that wait for the sign-off and could be rated: those that can be held.
select i.invoice_id, i.customer_id from invoices i
where i.run_id = :run_id and i.fencing_token = :fencing_token and i.customer_id = any(:customers::text[]) and i.status in ('rated', 'held')
  and not exists (select from invoice_holds h where h.invoice_id = i.invoice_id and not h.releasable)
order by i.invoice_id;
