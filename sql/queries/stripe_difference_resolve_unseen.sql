-- Ends the differences of a period that the reconciliation of this moment no longer saw.
update stripe_differences set status = 'resolved', ended_at = :seen_at
where period = :period and status in ('open', 'accepted') and seen_at < :seen_at
returning difference_id;
