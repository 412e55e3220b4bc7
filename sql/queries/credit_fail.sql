-- Keeps why a credit could not be given. It is tried again, and looked up before.
update credits set status = 'failed', failure_detail = :failure_detail
where credit_id = :credit_id and status in ('planned', 'committed')
returning credit_id;
