-- The contracts under which the lines of an invoice were rated, with the plan versions that rated them.
select k.contract_id, k.mode, k.starts_on, k.ends_on, k.author, k.approver, array_agg(distinct c.plan_version)::text[] as "plan_versions!"
from charges c join contracts k on k.contract_id = c.contract_id
where c.invoice_id = :invoice_id
group by k.contract_id
order by k.contract_id;
