-- One version by its digest.
select v.plan_version, v.plan, v.document, v.currency, v.status, v.author, v.submitted_at, v.diagnostics, v.error_count,
  v.backtest_id, b.backtest_digest as "backtest_digest?", v.approvals_required, v.active_from
from plan_versions v left join plan_backtests b on b.backtest_id = v.backtest_id
where v.plan_version = :plan_version;
