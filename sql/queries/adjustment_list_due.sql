-- The approved adjustments of a shard's customers for earlier periods, locked to the end of the transaction: the next
-- invoice carries them. Those that wait because an invoice could not take them are due again.
select adjustment_id, customer_id, document from adjustments
where customer_id = any(:customers::text[]) and period < :period and status = 'approved'
order by customer_id, period, length(adjustment_id), adjustment_id
for update;
