-- Contracts of the customer, past their draft, that share a day with the range.
select contract_id, starts_on, ends_on from contracts
where customer_id = :customer_id and contract_id <> :contract_id and status <> 'draft'
  and daterange(starts_on, ends_on) && daterange(:starts_on, :ends_on?)
order by starts_on;
