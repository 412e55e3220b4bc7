-- How many invoices a period has had, in every state.
select count(*)::int as "invoices!" from invoices where period = :period;
