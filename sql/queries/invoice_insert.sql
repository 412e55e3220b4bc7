-- Keeps a rated invoice. The index of promise 4 refuses a second live one of the same obligation.
insert into invoices (invoice_id, run_id, fencing_token, customer_id, period, series, generation, status, currency, subtotal, total, document, document_digest, hold_reason, rated_at)
values (:invoice_id, :run_id, :fencing_token, :customer_id, :period, :series, :generation, :status::invoice_status, :currency, :subtotal, :total, :document, :document_digest, :hold_reason?, :rated_at);
