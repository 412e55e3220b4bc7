-- The live invoice of an obligation; the index of promise 4 allows one.
select invoice_id, status from invoices
where customer_id = :customer_id and period = :period and series = :series and status not in ('void', 'superseded');
