-- Approves those that the policy of their currency lets through; the others wait for a person. A trigger checks the limit again.
update adjustments a set status = 'approved', decided_at = :decided_at
from adjustment_policies p
where a.adjustment_id = any(:adjustment_ids::text[]) and a.status = 'proposed' and p.currency = a.currency
  and adjusted_of(a.customer_id, a.period) <= p.automatic_up_to
returning a.adjustment_id;
