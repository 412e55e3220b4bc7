-- Says that an issuing run waits for people: the attempts for one of its invoices are used up.
update billing_runs r set status = 'issuing_failed'
where r.run_id = :run_id and r.status = 'issuing'
  and exists (select from exceptions e join invoices i on i.invoice_id = e.subject and i.run_id = r.run_id
    where e.class = 'issuing_failed' and e.status = 'escalated' and i.status = 'stripe_failed')
returning r.run_id;
