-- Versions that a person may mean: by the digest's beginning, or by the plan's name in one of some states. Newest first.
select v.plan_version, v.plan, v.document, v.currency, v.status, v.author, v.submitted_at, v.diagnostics, v.error_count,
  v.backtest_id, b.backtest_digest as "backtest_digest?", v.approvals_required, v.active_from
from plan_versions v left join plan_backtests b on b.backtest_id = v.backtest_id
where starts_with(v.plan_version, :text) or starts_with(v.plan_version, 'sha256' || chr(58) || :text)
  or (v.plan = :text and v.status::text = any(:statuses::text[]))
order by v.submitted_at desc, v.plan_version limit 20;
