-- One difference.
select difference_id, period, kind, status, stripe_invoice_id, accepted_by from stripe_differences where difference_id = :difference_id;
