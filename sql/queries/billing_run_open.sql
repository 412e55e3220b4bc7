-- Makes a run when there is none of its scope and period; the unique index lets one win (promise 9).
insert into billing_runs (run_id, scope, period, status, period_from, period_to, grace_until, contract_id, author, opened_at)
values (:run_id, :scope, :period, 'open', :period_from::date, :period_to::date, :grace_until, :contract_id?, :author, :opened_at)
on conflict do nothing
returning run_id;
