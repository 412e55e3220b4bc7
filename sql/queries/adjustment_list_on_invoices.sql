-- The adjustments whose lines stand on some invoices, whatever became of them, in the order of their lines.
select c.invoice_id as "invoice_id!", a.document
from (select invoice_id, adjustment_id, min(position) as place from charges
      where invoice_id = any(:invoice_ids::text[]) and purpose = 'adjustment' group by invoice_id, adjustment_id) c
join adjustments a using (adjustment_id)
order by c.invoice_id, c.place;
