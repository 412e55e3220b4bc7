-- Asks for an invoice to be voided. Nothing when a void of it is asked for or approved already.
insert into invoice_voids (invoice_id, status, author, why, asked_at) values (:invoice_id, 'asked', :author, :why, :asked_at)
on conflict (invoice_id) where status in ('asked', 'approved') do nothing
returning void_id;
