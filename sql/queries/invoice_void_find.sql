-- The void of an invoice that is asked for or approved.
select void_id, status, author, why, asked_at, approver from invoice_voids
where invoice_id = :invoice_id and status in ('asked', 'approved');
