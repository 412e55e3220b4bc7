-- All approvals of a version, and which of them count: those of the backtest that is under review.
select a.approver, person_behind(a.approver) as "person!", a.approved_as, a.acknowledged, a.approved_at, a.why, a.backtest_digest,
  a.backtest_id = v.backtest_id as "valid!"
from plan_approvals a join plan_versions v on v.plan_version = a.plan_version
where a.plan_version = :plan_version order by a.approved_at, a.approver;
