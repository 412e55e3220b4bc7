-- Keeps an operator's act in the audit log, with the transaction's who and why, before it is done (promise 16).
select audit_append(:action, :subject, :detail::jsonb)::text as appended;
