-- How many released invoices of a run are not final in Stripe yet.
select count(*)::int as "unissued!" from invoices
where run_id = :run_id and status in ('approved', 'drafted', 'verified', 'stripe_failed');
