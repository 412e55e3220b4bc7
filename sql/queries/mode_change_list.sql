-- Every change of the billing mode, the latest first.
select m.next_contract_id, m.previous_contract_id, m.customer_id, c.name as customer_name, m.from_mode, m.to_mode, m.takes_effect_on, m.undoes, m.status,
  m.author, m.approver, m.why, m.proposed_at
from mode_changes m join customers c using (customer_id)
where (:customer_id?::text is null or m.customer_id = :customer_id?)
order by m.takes_effect_on desc, m.customer_id, m.proposed_at desc;
