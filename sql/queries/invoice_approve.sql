-- The own approval of an invoice whose run was signed off before it was released. A trigger refuses who released it.
update invoices set status = 'approved', approver = :approver where invoice_id = :invoice_id and status = 'rated'
returning invoice_id;
