-- Puts a comparison under review; when it differs from the one before, approvals of that are void. No row means no change. Takes the checker's role.
insert into plan_backtests (plan_version, document, backtest_digest, made_by, made_at)
values (:plan_version, :document, :backtest_digest, :made_by, :made_at)
returning backtest_id;
