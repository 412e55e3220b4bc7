-- The periods in which an invoice is not at its end, or a difference with Stripe is live: what is compared every night.
select period as "period!" from invoices where status in ('finalized', 'uncollectible', 'stripe_failed') and period >= :oldest
union select period from stripe_differences where status <> 'resolved' and period >= :oldest
order by period;
