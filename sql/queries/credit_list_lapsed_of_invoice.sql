-- The credit notes that went with a voided invoice before they stood in Stripe.
select credit_id from credits where invoice_id = :invoice_id and lapsed order by length(credit_id), credit_id;
