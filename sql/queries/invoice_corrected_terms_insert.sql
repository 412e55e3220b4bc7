-- Notes which corrected terms the live invoices of some customers of a run were rated by.
insert into invoice_corrected_terms (invoice_id, contract_id, period, number)
select i.invoice_id, t.contract_id, t.period, t.number
from invoices i
join run_contracts k on k.run_id = i.run_id and k.fencing_token = i.fencing_token and k.customer_id = i.customer_id
join term_corrections t on t.contract_id = k.contract_id and t.period = i.period and t.status = 'approved'
where i.run_id = :run_id and i.fencing_token = :fencing_token and i.customer_id = any(:customers::text[])
  and i.status not in ('superseded', 'void');
