-- What a version would replace: the version of the same plan that is in force, or was before it. Another version always.
select v.plan_version, v.plan, v.document, v.currency, v.status, v.author, v.submitted_at, v.diagnostics, v.error_count,
  v.backtest_id, b.backtest_digest as "backtest_digest?", v.approvals_required, v.active_from
from plan_versions v left join plan_backtests b on b.backtest_id = v.backtest_id
where v.plan = :plan and v.plan_version <> :plan_version and v.active_from is not null
  and (:active_from?::date is null or v.active_from < :active_from?::date)
order by v.active_from desc, v.submitted_at desc limit 1;
