-- How the approval of what is under review stands: required as the database will require it, and given by how many people.
select greatest(v.approvals_required, approvals_required_for(v.currency, b.expected_monthly_revenue, b.largest_customer_change)) as "required!",
  (select count(distinct person_behind(a.approver)) from plan_approvals a
   where a.plan_version = v.plan_version and a.backtest_id = v.backtest_id)::int as "given!",
  exists (select from plan_approvals a
          where a.plan_version = v.plan_version and a.backtest_id = v.backtest_id and a.approved_as = 'finance') as "by_finance!"
from plan_versions v join plan_backtests b on b.backtest_id = v.backtest_id
where v.plan_version = :plan_version;
