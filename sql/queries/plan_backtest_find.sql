-- One comparison as it was reviewed.
select backtest_id, document, backtest_digest, expected_monthly_revenue as "expected_monthly_revenue!",
  largest_customer_change as "largest_customer_change!", made_by, made_at
from plan_backtests where backtest_id = :backtest_id;
