-- Notes a deed that changes no state, with who and why of the transaction.
select audit_append(:action, :subject, :detail::jsonb);
