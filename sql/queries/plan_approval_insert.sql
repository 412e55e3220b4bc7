-- Records an approval of what is under review now. Nothing when the approver gave it before.
insert into plan_approvals (plan_version, backtest_id, backtest_digest, approver, approved_as, acknowledged, approved_at, why)
values (:plan_version, :backtest_id, :backtest_digest, :approver, :approved_as, :acknowledged, :approved_at, :why)
on conflict (plan_version, backtest_id, approver) do nothing
returning approver;
