-- Voids that were approved and not carried out: a crash or Stripe came between.
select invoice_id, approver from invoice_voids where status = 'approved' order by void_id;
