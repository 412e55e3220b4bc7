-- Stripe also sends events about objects that have no id: a balance, the preview of an invoice. They are kept like all others.
alter table stripe_events alter column object_id drop not null;
