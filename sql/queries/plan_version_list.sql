-- Versions with their state and how their review stands, newest first; of one plan when it is named.
select v.plan_version, v.plan, v.document::jsonb ->> 'title' as "title!", v.currency, v.status, v.author, v.submitted_at, v.error_count,
  count_findings(v.diagnostics, 'warning') as "warning_count!", v.approvals_required, v.active_from,
  (select count(distinct person_behind(a.approver)) from plan_approvals a
   where a.plan_version = v.plan_version and a.backtest_id = v.backtest_id)::int as "approvals_given!"
from plan_versions v
where :plan?::text is null or v.plan = :plan?::text
order by v.plan, v.submitted_at desc, v.plan_version;
