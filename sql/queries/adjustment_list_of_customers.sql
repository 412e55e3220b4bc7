-- Every adjustment of some customers and a run, in the order in which they came.
select adjustment_id, customer_id, status, inputs_digest, document from adjustments
where customer_id = any(:customers::text[]) and run_id = :run_id
order by customer_id, length(adjustment_id), adjustment_id;
