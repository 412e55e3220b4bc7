-- Lets a stopped run go on: none of its invoices waits for people any more.
update billing_runs r set status = 'issuing'
where r.run_id = :run_id and r.status = 'issuing_failed'
  and not exists (select from exceptions e join invoices i on i.invoice_id = e.subject and i.run_id = r.run_id
    where e.class = 'issuing_failed' and e.status = 'escalated' and i.status = 'stripe_failed')
returning r.run_id;
