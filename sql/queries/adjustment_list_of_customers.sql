-- Every adjustment of some customers and a run, in the order in which they came, with what of it was to be given back by
-- credit notes that went with a voided invoice. Locked to the end of the transaction: a rating that is placing one of them
-- is waited for.
select adjustment_id, customer_id, status, inputs_digest, document, lapsed_credits_of(adjustment_id)::bigint as "lapsed!" from adjustments
where customer_id = any(:customers::text[]) and run_id = :run_id
order by customer_id, length(adjustment_id), adjustment_id
for update;
