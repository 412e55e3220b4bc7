-- Retires the held invoices of a run whose customers could not be rated, so that they are rated anew.
update invoices i set status = 'superseded'
where i.run_id = :run_id and i.fencing_token = :fencing_token and i.status = 'held'
  and exists (select from invoice_holds h where h.invoice_id = i.invoice_id and not h.releasable)
returning i.customer_id;
