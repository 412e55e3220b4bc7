-- The runs and customers of approved adjustments that no further invoice will carry, by run.
select a.run_id, array_agg(distinct a.customer_id order by a.customer_id) as "customers!"
from adjustments a
where a.status = 'approved' and not is_billed_again(a.customer_id, a.currency)
group by a.run_id
order by a.run_id;
