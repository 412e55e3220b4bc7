-- Every thing whose state is another than the last one that the log names for it, and every logged thing that is gone.
-- Entries cut off the end of the chain, which the chain itself cannot show, show here.
with logged as (
  select distinct on (t.entity, l.subject) t.entity, l.subject, t.to_state as state, l.sequence
  from audit_log l
  join (select distinct entity, to_state from state_transitions) t on l.action = t.entity || '.' || t.to_state
  where t.entity in ('plan_version', 'contract', 'checkpoint', 'billing_run', 'invoice', 'exception',
    'adjustment', 'credit', 'mode_change', 'term_correction', 'usage_partition', 'retention_hold', 'dead_letter',
    'usage_definition', 'usage_anomaly', 'backfill', 'close_rule', 'invoice_void', 'stripe_difference')
  order by t.entity, l.subject, l.sequence desc
), actual as (
  select 'plan_version' as entity, plan_version as subject, status::text as state from plan_versions
  union all select 'contract', contract_id, status::text from contracts
  union all select 'checkpoint', checkpoint_id::text, status::text from checkpoints where status in ('complete', 'superseded', 'failed')
  union all select 'billing_run', run_id, status::text from billing_runs
  union all select 'invoice', invoice_id, status::text from invoices
  union all select 'exception', exception_id::text, status::text from exceptions
  union all select 'adjustment', adjustment_id, status::text from adjustments
  union all select 'credit', credit_id, status::text from credits
  union all select 'mode_change', next_contract_id, status::text from mode_changes
  union all select 'term_correction', correction_id, status::text from term_corrections
  union all select 'usage_partition', month, status::text from usage_partitions where status <> 'open'
  union all select 'retention_hold', hold_id::text, status::text from retention_holds
  union all select 'dead_letter', dead_letter_id::text, status::text from dead_letters where status <> 'waiting'
  union all select 'usage_definition', definition, status::text from usage_definitions
  union all select 'usage_anomaly', anomaly_id::text, status::text from usage_anomalies
  union all select 'backfill', backfill_id::text, status::text from backfills
  -- A rule without an author came with a migration: no entry tells of its birth.
  union all select 'close_rule', rule_id, status::text from close_rules where author is not null or status <> 'in_force'
  -- The log names the invoice: it may have been asked for again after it was withdrawn.
  union all (select distinct on (invoice_id) 'invoice_void', invoice_id, status::text from invoice_voids order by invoice_id, void_id desc)
  union all select 'stripe_difference', difference_id::text, status::text from stripe_differences
)
select coalesce(a.entity, l.entity) as "entity!", coalesce(a.subject, l.subject) as "subject!",
  a.state as "actual_state?", l.state as "logged_state?", l.sequence as "last_sequence?"
from actual a full join logged l on l.entity = a.entity and l.subject = a.subject
where a.state is distinct from l.state
order by 1, 2;
