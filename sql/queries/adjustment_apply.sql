-- Ends adjustments that stand in full: their invoice is final, and each of their credits is in Stripe. One of the two
-- parameters names what has just become so.
update adjustments a set status = 'applied'
where a.status = 'placed' and (a.adjustment_id = :adjustment_id? or a.invoice_id = :invoice_id?)
  and not exists (select from credits k where k.adjustment_id = a.adjustment_id and k.status not in ('issued', 'cancelled'))
  and (a.invoice_id is null or exists (select from invoices i where i.invoice_id = a.invoice_id and i.status in ('finalized', 'paid', 'uncollectible')))
returning a.adjustment_id;
