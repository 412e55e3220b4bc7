// Generated from sql/queries by "npm run generate", with types as the database describes them. Do not edit.
import type { Query } from './query.ts';

export type AdjustmentStatus = 'proposed' | 'approved' | 'placed' | 'applied' | 'rejected' | 'superseded';
export type BackfillCellStatus = 'waiting' | 'running' | 'changed' | 'unchanged' | 'failed';
export type BackfillStatus = 'proposed' | 'running' | 'complete' | 'failed' | 'rejected';
export type BillingMode = 'legacy' | 'shadow' | 'usage';
export type BillingRunStatus = 'open' | 'collecting' | 'complete' | 'rated' | 'in_review' | 'approved' | 'issuing' | 'issued' | 'closed' | 'rating_failed' | 'issuing_failed';
export type ChargePurpose = 'billed' | 'shadow' | 'adjustment';
export type CheckpointStatus = 'running' | 'complete' | 'unchanged' | 'failed' | 'superseded';
export type CloseRuleKind = 'bounds' | 'automatic_approval';
export type CloseRuleStatus = 'proposed' | 'in_force' | 'retired' | 'withdrawn';
export type ContractStatus = 'draft' | 'approved' | 'active' | 'ended';
export type CreditKind = 'credit_note' | 'balance';
export type CreditStatus = 'planned' | 'committed' | 'issued' | 'failed' | 'cancelled';
export type CreditWay = 'next_invoice' | 'credit_note';
export type DeadLetterStatus = 'waiting' | 'replayed' | 'discarded';
export type ExceptionStatus = 'open' | 'retrying' | 'resolved' | 'waived' | 'escalated';
export type InvoiceStatus = 'rated' | 'held' | 'approved' | 'drafted' | 'verified' | 'finalized' | 'paid' | 'uncollectible' | 'void' | 'stripe_failed' | 'superseded';
export type InvoiceVoidStatus = 'asked' | 'approved' | 'done' | 'withdrawn';
export type ModeChangeStatus = 'proposed' | 'approved' | 'rejected' | 'rolled_back';
export type PlanVersionStatus = 'draft' | 'checked' | 'in_review' | 'approved' | 'active' | 'retired' | 'rejected';
export type PrincipalKind = 'person' | 'service';
export type PrincipalRole = 'viewer' | 'operator' | 'author' | 'approver' | 'finance';
export type ReratingShardStatus = 'waiting' | 'compared';
export type RetentionHoldStatus = 'in_force' | 'released';
export type Rollup = 'sum' | 'max' | 'mean' | 'last';
export type RunShardStatus = 'waiting' | 'rated' | 'failed';
export type StripeDifferenceStatus = 'open' | 'accepted' | 'resolved';
export type StripeRequestStatus = 'committed' | 'answered' | 'refused';
export type TermCorrectionStatus = 'draft' | 'approved' | 'rejected' | 'superseded';
export type UsageAnomalyKind = 'project_vanished' | 'volume_zero' | 'volume_low' | 'volume_high';
export type UsageAnomalyStatus = 'open' | 'released' | 'cleared';
export type UsageDefinitionKind = 'metric' | 'source';
export type UsageDefinitionStatus = 'draft' | 'in_review' | 'approved' | 'retired' | 'rejected';
export type UsagePartitionStatus = 'open' | 'sealed' | 'detached' | 'dropped';
export type WaiverStatus = 'proposed' | 'approved' | 'rejected';

/**
 * Ends adjustments that stand in full: their invoice is final, and each of their credits is in Stripe. One of the two
 * parameters names what has just become so.
 */
export const adjustmentApply: Query<{ readonly adjustment_id: string | null; readonly invoice_id: string | null }, { readonly adjustment_id: string }> = {
  name: 'adjustment_apply',
  parameters: ['adjustment_id', 'invoice_id'],
  text: `update adjustments a set status = 'applied'
where a.status = 'placed' and (a.adjustment_id = $1 or a.invoice_id = $2)
  and not exists (select from credits k where k.adjustment_id = a.adjustment_id and k.status not in ('issued', 'cancelled'))
  and (a.invoice_id is null or exists (select from invoices i where i.invoice_id = a.invoice_id and i.status in ('finalized', 'paid', 'uncollectible')))
returning a.adjustment_id`,
};

/**
 * Approves those that the policy of their currency lets through; the others wait for a person. A trigger checks the limit again.
 */
export const adjustmentApproveByPolicy: Query<{ readonly decided_at: Date; readonly adjustment_ids: readonly string[] }, { readonly adjustment_id: string }> = {
  name: 'adjustment_approve_by_policy',
  parameters: ['decided_at', 'adjustment_ids'],
  text: `update adjustments a set status = 'approved', decided_at = $1
from adjustment_policies p
where a.adjustment_id = any($2::text[]) and a.status = 'proposed' and p.currency = a.currency
  and adjusted_of(a.customer_id, a.period) <= p.automatic_up_to
returning a.adjustment_id`,
};

/**
 * A person's decision on a proposed adjustment. A trigger refuses who brought it about; no row means that it is not proposed.
 */
export const adjustmentDecide: Query<{ readonly decision: AdjustmentStatus; readonly approver: string; readonly decided_at: Date; readonly adjustment_id: string }, { readonly adjustment_id: string }> = {
  name: 'adjustment_decide',
  parameters: ['decision', 'approver', 'decided_at', 'adjustment_id'],
  text: `update adjustments set status = $1::adjustment_status, approver = $2, decided_at = $3
where adjustment_id = $4 and status = 'proposed'
returning adjustment_id`,
};

/**
 * One adjustment with the customer's name.
 */
export const adjustmentFind: Query<{ readonly adjustment_id: string }, { readonly adjustment_id: string; readonly customer_id: string; readonly customer_name: string; readonly period: string; readonly run_id: string; readonly rerating: number; readonly inputs_digest: string; readonly currency: string; readonly billed: bigint; readonly corrected: bigint; readonly total: bigint; readonly document: string; readonly document_digest: string; readonly status: AdjustmentStatus; readonly author: string; readonly approver: string | null; readonly decided_at: Date | null; readonly invoice_id: string | null; readonly proposed_at: Date; readonly cause: string; readonly rerated_at: Date }> = {
  name: 'adjustment_find',
  parameters: ['adjustment_id'],
  text: `select a.adjustment_id, a.customer_id, c.name as customer_name, a.period, a.run_id, a.rerating, a.inputs_digest, a.currency, a.billed, a.corrected, a.total,
  a.document, a.document_digest, a.status, a.author, a.approver, a.decided_at, a.invoice_id, a.proposed_at, g.cause, g.opened_at as rerated_at
from adjustments a join customers c using (customer_id) join reratings g using (run_id, rerating)
where a.adjustment_id = $1`,
};

/**
 * Keeps the adjustments of a shard in one statement, from a JSON array whose amounts are text.
 */
export const adjustmentInsert: Query<{ readonly period: string; readonly run_id: string; readonly rerating: number; readonly author: string; readonly proposed_at: Date; readonly adjustments: string }, Record<never, never>> = {
  name: 'adjustment_insert',
  parameters: ['period', 'run_id', 'rerating', 'author', 'proposed_at', 'adjustments'],
  text: `insert into adjustments (adjustment_id, customer_id, period, run_id, rerating, inputs_digest, currency, billed, corrected, total,
  document, document_digest, status, author, proposed_at)
select a.adjustment_id, a.customer_id, $1, $2, $3::int, a.inputs_digest, a.currency, a.billed, a.corrected, a.total,
  a.document, a.document_digest, 'proposed', $4, $5::timestamptz
from jsonb_to_recordset($6::jsonb) a (adjustment_id text, customer_id text, inputs_digest text, currency text, billed bigint,
  corrected bigint, total bigint, document text, document_digest text)`,
};

/**
 * Adjustments with what a person looks at, the latest period first; superseded ones only when asked for by their status.
 */
export const adjustmentList: Query<{ readonly period: string | null; readonly customer_id: string | null; readonly status: AdjustmentStatus | null }, { readonly adjustment_id: string; readonly customer_id: string; readonly customer_name: string; readonly period: string; readonly currency: string; readonly billed: bigint; readonly corrected: bigint; readonly total: bigint; readonly status: AdjustmentStatus; readonly author: string; readonly approver: string | null; readonly invoice_id: string | null; readonly proposed_at: Date }> = {
  name: 'adjustment_list',
  parameters: ['period', 'customer_id', 'status'],
  text: `select a.adjustment_id, a.customer_id, c.name as customer_name, a.period, a.currency, a.billed, a.corrected, a.total, a.status, a.author, a.approver,
  a.invoice_id, a.proposed_at
from adjustments a join customers c using (customer_id)
where ($1::text is null or a.period = $1)
  and ($2::text is null or a.customer_id = $2)
  and case when $3::adjustment_status is null then a.status <> 'superseded' else a.status = $3 end
order by a.period desc, a.customer_id, length(a.adjustment_id), a.adjustment_id`,
};

/**
 * The approved adjustments of a shard's customers for earlier periods, locked to the end of the transaction: the next
 * invoice carries them. Those that wait because an invoice could not take them are due again.
 */
export const adjustmentListDue: Query<{ readonly customers: readonly string[]; readonly period: string }, { readonly adjustment_id: string; readonly customer_id: string; readonly document: string }> = {
  name: 'adjustment_list_due',
  parameters: ['customers', 'period'],
  text: `select adjustment_id, customer_id, document from adjustments
where customer_id = any($1::text[]) and period < $2 and status = 'approved'
order by customer_id, period, length(adjustment_id), adjustment_id
for update`,
};

/**
 * The runs and customers of approved adjustments that no further invoice will carry, by run.
 */
export const adjustmentListLeftOver: Query<Record<never, never>, { readonly run_id: string; readonly customers: readonly string[] }> = {
  name: 'adjustment_list_left_over',
  parameters: [],
  text: `select a.run_id, array_agg(distinct a.customer_id order by a.customer_id) as "customers"
from adjustments a
where a.status = 'approved' and not is_billed_again(a.customer_id, a.currency)
group by a.run_id
order by a.run_id`,
};

/**
 * Every adjustment of some customers and a run, in the order in which they came, with what of it was to be given back by
 * credit notes that went with a voided invoice. Locked to the end of the transaction: a rating that is placing one of them
 * is waited for.
 */
export const adjustmentListOfCustomers: Query<{ readonly customers: readonly string[]; readonly run_id: string }, { readonly adjustment_id: string; readonly customer_id: string; readonly status: AdjustmentStatus; readonly inputs_digest: string; readonly document: string; readonly lapsed: bigint }> = {
  name: 'adjustment_list_of_customers',
  parameters: ['customers', 'run_id'],
  text: `select adjustment_id, customer_id, status, inputs_digest, document, lapsed_credits_of(adjustment_id)::bigint as "lapsed" from adjustments
where customer_id = any($1::text[]) and run_id = $2
order by customer_id, length(adjustment_id), adjustment_id
for update`,
};

/**
 * The adjustments that correct an invoice's lines, with where each stands.
 */
export const adjustmentListOfInvoice: Query<{ readonly invoice_id: string }, { readonly adjustment_id: string; readonly status: AdjustmentStatus; readonly currency: string; readonly total: bigint; readonly invoice_id: string | null; readonly proposed_at: Date }> = {
  name: 'adjustment_list_of_invoice',
  parameters: ['invoice_id'],
  text: `select a.adjustment_id, a.status, a.currency, a.total, a.invoice_id, a.proposed_at
from adjustments a join invoices i on i.customer_id = a.customer_id and i.run_id = a.run_id
where i.invoice_id = $1
  and exists (select from jsonb_array_elements(a.document::jsonb -> 'corrects') c where c ->> 'invoice' = i.invoice_id)
order by length(a.adjustment_id), a.adjustment_id`,
};

/**
 * The adjustments whose lines stand on an invoice, whatever became of it, with what of each is given back as credits.
 */
export const adjustmentListOnInvoice: Query<{ readonly invoice_id: string }, { readonly adjustment_id: string; readonly period: string; readonly status: AdjustmentStatus; readonly currency: string; readonly total: bigint; readonly document: string; readonly credited: bigint }> = {
  name: 'adjustment_list_on_invoice',
  parameters: ['invoice_id'],
  text: `select a.adjustment_id, a.period, a.status, a.currency, a.total, a.document,
  coalesce((select sum(c.amount) from charges c where c.invoice_id = $1 and c.adjustment_id = a.adjustment_id), 0)::bigint - a.total as "credited"
from adjustments a
where a.adjustment_id in (select c.adjustment_id from charges c where c.invoice_id = $1 and c.purpose = 'adjustment')
order by (select min(c.position) from charges c where c.invoice_id = $1 and c.adjustment_id = a.adjustment_id)`,
};

/**
 * The adjustments whose lines stand on some invoices, whatever became of them, in the order of their lines.
 */
export const adjustmentListOnInvoices: Query<{ readonly invoice_ids: readonly string[] }, { readonly invoice_id: string; readonly document: string }> = {
  name: 'adjustment_list_on_invoices',
  parameters: ['invoice_ids'],
  text: `select c.invoice_id as "invoice_id", a.document
from (select invoice_id, adjustment_id, min(position) as place from charges
      where invoice_id = any($1::text[]) and purpose = 'adjustment' group by invoice_id, adjustment_id) c
join adjustments a using (adjustment_id)
order by c.invoice_id, c.place`,
};

/**
 * The adjustments that a customer's invoice of a period and series carries or would carry, in the order in which it takes
 * them: those that stand on it once it is rated, and until then those that are due, unless an earlier period's invoice is
 * still to come. Nothing is locked.
 */
export const adjustmentListToCarry: Query<{ readonly period: string; readonly series: string; readonly customer_id: string }, { readonly adjustment_id: string; readonly document: string }> = {
  name: 'adjustment_list_to_carry',
  parameters: ['period', 'series', 'customer_id'],
  text: `select a.adjustment_id, a.document
from adjustments a
left join invoices i on i.customer_id = a.customer_id and i.period = $1 and i.series = $2 and i.status in ('rated', 'held')
where a.customer_id = $3 and case when i.invoice_id is not null then a.status = 'placed' and a.invoice_id = i.invoice_id
  else a.status = 'approved' and a.period < $1 and not exists (
    select from billing_runs r where r.contract_id is null and r.period > a.period and r.period < $1
      and r.status not in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed')) end
order by a.period, length(a.adjustment_id), a.adjustment_id`,
};

/**
 * Approved adjustments that stand nowhere, locked, with how their currency's credits are given and whether an invoice of
 * that currency is still to come for the customer.
 */
export const adjustmentListToPlace: Query<{ readonly adjustment_ids: readonly string[] }, { readonly adjustment_id: string; readonly customer_id: string; readonly period: string; readonly currency: string; readonly total: bigint; readonly credits_by: CreditWay; readonly billed_again: boolean }> = {
  name: 'adjustment_list_to_place',
  parameters: ['adjustment_ids'],
  text: `select a.adjustment_id, a.customer_id, a.period, a.currency, a.total,
  coalesce(p.credits_by, 'next_invoice') as "credits_by", is_billed_again(a.customer_id, a.currency) as "billed_again"
from adjustments a left join adjustment_policies p on p.currency = a.currency
where a.adjustment_id = any($1::text[]) and a.status = 'approved'
order by length(a.adjustment_id), a.adjustment_id
for update of a`,
};

/**
 * Puts approved adjustments on invoices (or, without one, as credits alone), in one statement for two lists of equal length.
 */
export const adjustmentPlace: Query<{ readonly adjustment_ids: readonly string[]; readonly invoice_ids: readonly string[] }, { readonly adjustment_id: string }> = {
  name: 'adjustment_place',
  parameters: ['adjustment_ids', 'invoice_ids'],
  text: `update adjustments a set status = 'placed', invoice_id = p.invoice_id
from (select unnest($1::text[]) as adjustment_id, nullif(unnest($2::text[]), '') as invoice_id) p
where a.adjustment_id = p.adjustment_id and a.status = 'approved'
returning a.adjustment_id`,
};

/**
 * Retires adjustments that stand nowhere yet, because a newer change covers what they corrected.
 */
export const adjustmentSupersede: Query<{ readonly adjustment_ids: readonly string[] }, { readonly adjustment_id: string }> = {
  name: 'adjustment_supersede',
  parameters: ['adjustment_ids'],
  text: `update adjustments set status = 'superseded' where adjustment_id = any($1::text[]) and status in ('proposed', 'approved')
returning adjustment_id`,
};

/**
 * Takes the alert that has waited longest and gives its sender until :claimed_until. No row: none is due, or the last message is less than a second old.
 */
export const alertClaimNext: Query<{ readonly now: Date; readonly claimed_until: Date }, { readonly alert_key: string; readonly severity: string; readonly title: string; readonly place: string; readonly why: string; readonly recover: string; readonly attempts: number }> = {
  name: 'alert_claim_next',
  parameters: ['now', 'claimed_until'],
  text: `update alerts set attempts = attempts + 1, attempted_at = $1::timestamptz, next_attempt_at = $2::timestamptz
where alert_key = (
  select alert_key from alerts
  where next_attempt_at <= $1
  order by raised_at, alert_key limit 1)
  and not exists (select from alerts where attempted_at > $1::timestamptz - interval '1 second' and attempted_at <= $1)
returning alert_key, severity, title, place, why, recover, attempts`,
};

/**
 * Alerts that have not reached anybody.
 */
export const alertCountUnsent: Query<Record<never, never>, { readonly alerts: number }> = {
  name: 'alert_count_unsent',
  parameters: [],
  text: `select count(*)::int as "alerts" from alerts where sent_at is null`,
};

/**
 * The alerts that Slack has not taken, the latest first.
 */
export const alertListUnsent: Query<Record<never, never>, { readonly alert_key: string; readonly severity: string; readonly title: string; readonly place: string; readonly why: string; readonly recover: string; readonly raised_at: Date; readonly attempts: number; readonly last_error: string | null; readonly next_attempt_at: Date | null }> = {
  name: 'alert_list_unsent',
  parameters: [],
  text: `select alert_key, severity, title, place, why, recover, raised_at, attempts, last_error, next_attempt_at
from alerts where sent_at is null order by raised_at desc, alert_key limit 100`,
};

/**
 * Lets one sender at a time look for the next alert, to the end of its transaction; two would send two messages in one second.
 */
export const alertLock: Query<Record<never, never>, { readonly pg_advisory_xact_lock: unknown | null }> = {
  name: 'alert_lock',
  parameters: [],
  text: `select pg_advisory_xact_lock(hashtext('alerts'))`,
};

/**
 * Records why an alert could not be sent and when it is tried again; null gives it up.
 */
export const alertMarkFailed: Query<{ readonly last_error: string; readonly next_attempt_at: Date | null; readonly alert_key: string }, Record<never, never>> = {
  name: 'alert_mark_failed',
  parameters: ['last_error', 'next_attempt_at', 'alert_key'],
  text: `update alerts set last_error = $1, next_attempt_at = $2::timestamptz
where alert_key = $3 and sent_at is null`,
};

/**
 * Records that Slack took an alert.
 */
export const alertMarkSent: Query<{ readonly sent_at: Date; readonly alert_key: string }, Record<never, never>> = {
  name: 'alert_mark_sent',
  parameters: ['sent_at', 'alert_key'],
  text: `update alerts set sent_at = $1, next_attempt_at = null, last_error = null
where alert_key = $2 and sent_at is null`,
};

/**
 * Keeps an alert to be sent. One that was raised before under the same key stays as it is.
 */
export const alertRaise: Query<{ readonly alert_key: string; readonly severity: string; readonly title: string; readonly place: string; readonly why: string; readonly recover: string; readonly raised_at: Date }, { readonly alert_key: string }> = {
  name: 'alert_raise',
  parameters: ['alert_key', 'severity', 'title', 'place', 'why', 'recover', 'raised_at'],
  text: `insert into alerts (alert_key, severity, title, place, why, recover, raised_at, next_attempt_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
on conflict (alert_key) do nothing
returning alert_key`,
};

/**
 * Keeps an operator's act in the audit log, with the transaction's who and why, before it is done (promise 16).
 */
export const auditAppendOperation: Query<{ readonly action: string; readonly subject: string; readonly detail: string }, { readonly appended: string | null }> = {
  name: 'audit_append_operation',
  parameters: ['action', 'subject', 'detail'],
  text: `select audit_append($1, $2, $3::jsonb)::text as appended`,
};

/**
 * The end of the log as the database keeps it beside the log: what was cut off, or put behind it, differs from it.
 */
export const auditHeadFind: Query<Record<never, never>, { readonly sequence: bigint; readonly hash: string }> = {
  name: 'audit_head_find',
  parameters: [],
  text: `select sequence, encode(hash, 'hex') as "hash" from audit_head`,
};

/**
 * Notes a deed that changes no state, with who and why of the transaction.
 */
export const auditLogAppend: Query<{ readonly action: string; readonly subject: string; readonly detail: string }, { readonly audit_append: unknown | null }> = {
  name: 'audit_log_append',
  parameters: ['action', 'subject', 'detail'],
  text: `select audit_append($1, $2, $3::jsonb)`,
};

/**
 * Every thing of which a figure is another than the one that the log last noted with its state: changed in its table beside
 * the log. Entries from before figures were noted are passed over.
 */
export const auditLogFindAlteredFacts: Query<Record<never, never>, { readonly entity: string; readonly subject: string; readonly fact: string; readonly sequence: bigint; readonly actual: string | null; readonly noted: string | null }> = {
  name: 'audit_log_find_altered_facts',
  parameters: [],
  text: `with noted as (
  select distinct on (l.action, l.subject) split_part(l.action, '.', 1) as entity, l.subject, l.sequence, l.detail -> 'noted' as facts
  from audit_log l
  where l.detail ? 'noted' and split_part(l.action, '.', 1) in ('checkpoint', 'invoice', 'adjustment', 'credit')
  order by l.action, l.subject, l.sequence desc
), actual as (
  select 'checkpoint' as entity, checkpoint_id::text as subject,
    jsonb_build_object('row_count', row_count, 'total', total, 'digest', digest) as facts
  from checkpoints
  union all
  select 'invoice', invoice_id,
    jsonb_build_object('currency', currency, 'subtotal', subtotal, 'total', total, 'document_digest', document_digest)
  from invoices
  union all
  select 'adjustment', adjustment_id,
    jsonb_build_object('currency', currency, 'billed', billed, 'corrected', corrected, 'total', total, 'document_digest', document_digest)
  from adjustments
  union all
  select 'credit', credit_id,
    jsonb_build_object('kind', kind, 'currency', currency, 'amount', amount, 'invoice_id', invoice_id, 'adjustment_id', adjustment_id)
  from credits
)
select n.entity as "entity", n.subject as "subject", f.name as "fact", max(n.sequence) as "sequence",
  a.facts ->> f.name as "actual", f.value as "noted"
from noted n
join actual a on a.entity = n.entity and a.subject = n.subject
cross join lateral jsonb_each_text(n.facts) f (name, value)
where a.facts -> f.name is distinct from n.facts -> f.name
group by n.entity, n.subject, f.name, f.value, a.facts
order by 1, 2, 3`,
};

/**
 * Every thing whose state is another than the last one that the log names for it, and every logged thing that is gone.
 * Entries cut off the end of the chain, which the chain itself cannot show, show here.
 */
export const auditLogFindDisagreements: Query<Record<never, never>, { readonly entity: string; readonly subject: string; readonly actual_state: string | null; readonly logged_state: string | null; readonly last_sequence: bigint | null }> = {
  name: 'audit_log_find_disagreements',
  parameters: [],
  text: `with logged as (
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
select coalesce(a.entity, l.entity) as "entity", coalesce(a.subject, l.subject) as "subject",
  a.state as "actual_state", l.state as "logged_state", l.sequence as "last_sequence"
from actual a full join logged l on l.entity = a.entity and l.subject = a.subject
where a.state is distinct from l.state
order by 1, 2`,
};

/**
 * The next entries of the log in the order of the chain, each with the very texts that its hash was made from.
 */
export const auditLogListAfter: Query<{ readonly after: bigint; readonly batch_size: number }, { readonly sequence: bigint; readonly at: string; readonly actor: string; readonly action: string; readonly subject: string; readonly why: string; readonly detail: string; readonly previous_hash: string; readonly hash: string }> = {
  name: 'audit_log_list_after',
  parameters: ['after', 'batch_size'],
  text: `select sequence, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "at", actor, action, subject, why,
  detail::text as "detail", encode(previous_hash, 'hex') as "previous_hash", encode(hash, 'hex') as "hash"
from audit_log
where sequence > $1::bigint
order by sequence
limit $2::int`,
};

/**
 * The entries before a sequence number, the latest first; each with whether its hash follows from its content, and whether it continues the entry before it.
 */
export const auditLogListBefore: Query<{ readonly before: bigint | null; readonly batch_size: number }, { readonly sequence: bigint; readonly at: Date; readonly actor: string; readonly action: string; readonly subject: string; readonly why: string; readonly detail: unknown; readonly hash: string; readonly intact: boolean; readonly linked: boolean }> = {
  name: 'audit_log_list_before',
  parameters: ['before', 'batch_size'],
  text: `select l.sequence, l.at, l.actor, l.action, l.subject, l.why, l.detail, encode(l.hash, 'hex') as "hash",
  l.hash = audit_hash(l.previous_hash, l.sequence, l.at, l.actor, l.action, l.subject, l.why, l.detail) as "intact",
  l.previous_hash = coalesce(p.hash, '\\x'::bytea) and (p.sequence is not null or l.sequence = 1) as "linked"
from audit_log l left join audit_log p on p.sequence = l.sequence - 1
where $1::bigint is null or l.sequence < $1
order by l.sequence desc
limit $2::int`,
};

/**
 * What was done to one thing, in the order of the chain.
 */
export const auditLogListOfSubject: Query<{ readonly subject: string; readonly entity: string }, { readonly sequence: bigint; readonly at: Date; readonly actor: string; readonly action: string; readonly why: string }> = {
  name: 'audit_log_list_of_subject',
  parameters: ['subject', 'entity'],
  text: `select sequence, at, actor, action, why from audit_log
where subject = $1 and action like $2::text || '.%'
order by sequence`,
};

/**
 * Seals the days from the last seal through a day that is over, and says how many it sealed; a repeat seals nothing.
 */
export const auditSealAppend: Query<{ readonly through_day: string; readonly sealed_at: Date }, { readonly sealed: number }> = {
  name: 'audit_seal_append',
  parameters: ['through_day', 'sealed_at'],
  text: `select audit_seal($1::date, $2::timestamptz) as "sealed"`,
};

/**
 * The latest seal, or no row before the first.
 */
export const auditSealFindLatest: Query<Record<never, never>, { readonly day: string; readonly last_sequence: bigint; readonly last_hash: string; readonly entries: bigint; readonly sealed_at: Date; readonly hash: string }> = {
  name: 'audit_seal_find_latest',
  parameters: [],
  text: `select day, last_sequence, encode(last_hash, 'hex') as "last_hash", entries, sealed_at, encode(hash, 'hex') as "hash"
from audit_seals order by day desc limit 1`,
};

/**
 * The seals after a day, in their order, each with the very texts that its hash was made from.
 */
export const auditSealListAfter: Query<{ readonly after: string | null }, { readonly day: string; readonly last_sequence: bigint; readonly last_hash: string; readonly entries: bigint; readonly sealed_at: string; readonly previous_hash: string; readonly hash: string }> = {
  name: 'audit_seal_list_after',
  parameters: ['after'],
  text: `select day, last_sequence, encode(last_hash, 'hex') as "last_hash", entries,
  to_char(sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "sealed_at",
  encode(previous_hash, 'hex') as "previous_hash", encode(hash, 'hex') as "hash"
from audit_seals
where $1::date is null or day > $1
order by day`,
};

/**
 * Lets a proposed backfill run, by somebody else than its author: a trigger sees to that. No row means that none is proposed.
 */
export const backfillApprove: Query<{ readonly approver: string; readonly backfill_id: bigint }, { readonly backfill_id: bigint }> = {
  name: 'backfill_approve',
  parameters: ['approver', 'backfill_id'],
  text: `update backfills set status = 'running', approver = $1 where backfill_id = $2 and status = 'proposed'
returning backfill_id`,
};

/**
 * Takes the next cell of a running backfill under a new token: one that waits, or one whose lease has run out. What was
 * current at the first claim is kept, so that a worker that comes after a crash still knows what the backfill changed. A day that
 * was closed since the backfill began needs the approval that the backfill has not.
 */
export const backfillCellClaim: Query<{ readonly lease_until: Date; readonly backfill_id: bigint; readonly now: Date }, { readonly region: string; readonly source_id: string; readonly day: string; readonly fencing_token: number; readonly needs_approval: boolean }> = {
  name: 'backfill_cell_claim',
  parameters: ['lease_until', 'backfill_id', 'now'],
  text: `update backfill_cells c set status = 'running', fencing_token = c.fencing_token + 1, lease_until = $1,
  revision_before = case when c.fencing_token > 0 then c.revision_before else
    (select k.revision from checkpoints k where k.day = c.day and k.region = c.region and k.source_id = c.source_id and k.status = 'complete') end
from (
  select n.region, n.source_id, n.day, b.approver from backfill_cells n join backfills b using (backfill_id)
  where n.backfill_id = $2 and b.status = 'running' and (n.status = 'waiting' or (n.status = 'running' and n.lease_until <= $3))
  order by n.day, n.region, n.source_id limit 1 for update of n skip locked) next
where c.backfill_id = $2 and c.region = next.region and c.source_id = next.source_id and c.day = next.day
returning c.region, c.source_id, c.day, c.fencing_token, (next.approver is null and is_closed_day(c.day)) as "needs_approval"`,
};

/**
 * Ends a cell that was read: changed when there is another revision than at the first claim. No row means that it was taken over.
 */
export const backfillCellEnd: Query<{ readonly backfill_id: bigint; readonly region: string; readonly source_id: string; readonly day: string; readonly fencing_token: number }, { readonly status: BackfillCellStatus; readonly revision_before: number | null; readonly revision_after: number }> = {
  name: 'backfill_cell_end',
  parameters: ['backfill_id', 'region', 'source_id', 'day', 'fencing_token'],
  text: `update backfill_cells c
set status = case when k.revision is distinct from c.revision_before then 'changed' else 'unchanged' end::backfill_cell_status,
  revision_after = k.revision, lease_until = null
from checkpoints k
where c.backfill_id = $1 and c.region = $2 and c.source_id = $3 and c.day = $4::date and c.fencing_token = $5 and c.status = 'running'
  and k.day = c.day and k.region = c.region and k.source_id = c.source_id and k.status = 'complete'
returning c.status as "status", c.revision_before, c.revision_after as "revision_after"`,
};

/**
 * Ends a cell that could not be read, with the named reason. No row means that it was taken over.
 */
export const backfillCellFail: Query<{ readonly failure_reason: string; readonly failure_detail: string; readonly backfill_id: bigint; readonly region: string; readonly source_id: string; readonly day: string; readonly fencing_token: number }, { readonly day: string }> = {
  name: 'backfill_cell_fail',
  parameters: ['failure_reason', 'failure_detail', 'backfill_id', 'region', 'source_id', 'day', 'fencing_token'],
  text: `update backfill_cells set status = 'failed', failure_reason = $1, failure_detail = $2, lease_until = null
where backfill_id = $3 and region = $4 and source_id = $5 and day = $6::date and fencing_token = $7 and status = 'running'
returning day`,
};

/**
 * Lets a cell wait again whose attempt another attempt has overtaken.
 */
export const backfillCellGiveBack: Query<{ readonly backfill_id: bigint; readonly region: string; readonly source_id: string; readonly day: string; readonly fencing_token: number }, { readonly day: string }> = {
  name: 'backfill_cell_give_back',
  parameters: ['backfill_id', 'region', 'source_id', 'day', 'fencing_token'],
  text: `update backfill_cells set status = 'waiting', lease_until = null
where backfill_id = $1 and region = $2 and source_id = $3 and day = $4::date and fencing_token = $5 and status = 'running'
returning day`,
};

/**
 * Gives a backfill its cells: every one that its days require.
 */
export const backfillCellInsertRequired: Query<{ readonly backfill_id: bigint }, { readonly day: string }> = {
  name: 'backfill_cell_insert_required',
  parameters: ['backfill_id'],
  text: `insert into backfill_cells (backfill_id, region, source_id, day, status)
select b.backfill_id, s.region, s.source_id, d.day::date, 'waiting'
from backfills b
cross join lateral generate_series(b.from_day, b.to_day - 1, interval '1 day') d (day)
join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
join regions r on r.region = s.region and r.active_from <= d.day and (r.active_to is null or r.active_to > d.day)
where b.backfill_id = $1 and (b.region is null or b.region = s.region) and (b.source_id is null or b.source_id = s.source_id)
on conflict do nothing
returning day`,
};

/**
 * The cells of a backfill with what became of them.
 */
export const backfillCellList: Query<{ readonly backfill_id: bigint }, { readonly region: string; readonly source_id: string; readonly day: string; readonly status: BackfillCellStatus; readonly revision_before: number | null; readonly revision_after: number | null; readonly failure_reason: string | null; readonly failure_detail: string | null }> = {
  name: 'backfill_cell_list',
  parameters: ['backfill_id'],
  text: `select region, source_id, day, status, revision_before, revision_after, failure_reason, failure_detail
from backfill_cells where backfill_id = $1 order by region, source_id, day`,
};

/**
 * Prolongs a lease. No row means that the cell was taken over.
 */
export const backfillCellRenew: Query<{ readonly lease_until: Date; readonly backfill_id: bigint; readonly region: string; readonly source_id: string; readonly day: string; readonly fencing_token: number }, { readonly day: string }> = {
  name: 'backfill_cell_renew',
  parameters: ['lease_until', 'backfill_id', 'region', 'source_id', 'day', 'fencing_token'],
  text: `update backfill_cells set lease_until = $1
where backfill_id = $2 and region = $3 and source_id = $4 and day = $5::date and fencing_token = $6 and status = 'running'
returning day`,
};

/**
 * Ends a running backfill that has no cell left to read. No row means that there is one, or that it was ended before.
 */
export const backfillEnd: Query<{ readonly ended_at: Date; readonly backfill_id: bigint }, { readonly status: BackfillStatus }> = {
  name: 'backfill_end',
  parameters: ['ended_at', 'backfill_id'],
  text: `update backfills b set ended_at = $1,
  status = case when exists (select from backfill_cells c where c.backfill_id = b.backfill_id and c.status = 'failed') then 'failed' else 'complete' end::backfill_status
where b.backfill_id = $2 and b.status = 'running'
  and not exists (select from backfill_cells c where c.backfill_id = b.backfill_id and c.status in ('waiting', 'running'))
returning b.status`,
};

/**
 * A backfill with how far it has come.
 */
export const backfillFind: Query<{ readonly backfill_id: bigint }, { readonly backfill_id: bigint; readonly from_day: string; readonly to_day: string; readonly region: string | null; readonly source_id: string | null; readonly status: BackfillStatus; readonly author: string; readonly approver: string | null; readonly why: string; readonly opened_at: Date; readonly ended_at: Date | null; readonly cells: number; readonly changed: number; readonly unchanged: number; readonly failed: number; readonly running: number; readonly next_lease_end: Date | null }> = {
  name: 'backfill_find',
  parameters: ['backfill_id'],
  text: `select b.backfill_id, b.from_day, b.to_day, b.region, b.source_id, b.status, b.author, b.approver, b.why, b.opened_at, b.ended_at,
  count(c.day)::int as "cells",
  (count(*) filter (where c.status = 'changed'))::int as "changed", (count(*) filter (where c.status = 'unchanged'))::int as "unchanged",
  (count(*) filter (where c.status = 'failed'))::int as "failed", (count(*) filter (where c.status = 'running'))::int as "running",
  min(c.lease_until) as "next_lease_end"
from backfills b left join backfill_cells c using (backfill_id)
where b.backfill_id = $1
group by b.backfill_id`,
};

/**
 * The latest closed period that some days reach into: a rerun there needs a second person.
 */
export const backfillFindClosed: Query<{ readonly from_day: string; readonly to_day: string }, { readonly period: string | null }> = {
  name: 'backfill_find_closed',
  parameters: ['from_day', 'to_day'],
  text: `select max(period) as "period" from billing_runs
where scope = 'month' and daterange(period_from, period_to) && daterange($1::date, $2::date)
  and status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed')`,
};

/**
 * The backfill of a scope that is not done, if there is one.
 */
export const backfillFindLive: Query<{ readonly from_day: string; readonly to_day: string; readonly region: string | null; readonly source_id: string | null }, { readonly backfill_id: bigint; readonly status: BackfillStatus }> = {
  name: 'backfill_find_live',
  parameters: ['from_day', 'to_day', 'region', 'source_id'],
  text: `select backfill_id, status from backfills
where from_day = $1::date and to_day = $2::date and region is not distinct from $3::text and source_id is not distinct from $4::text
  and status in ('proposed', 'running')`,
};

/**
 * The latest backfills that touch a range of days, with how far they have come.
 */
export const backfillList: Query<{ readonly to_day: string; readonly from_day: string; readonly most: number }, { readonly backfill_id: bigint; readonly from_day: string; readonly to_day: string; readonly region: string | null; readonly source_id: string | null; readonly status: BackfillStatus; readonly author: string; readonly approver: string | null; readonly why: string; readonly opened_at: Date; readonly ended_at: Date | null; readonly cells: number; readonly changed: number; readonly unchanged: number; readonly failed: number }> = {
  name: 'backfill_list',
  parameters: ['to_day', 'from_day', 'most'],
  text: `select b.backfill_id, b.from_day, b.to_day, b.region, b.source_id, b.status, b.author, b.approver, b.why, b.opened_at, b.ended_at,
  count(c.day)::int as "cells",
  (count(*) filter (where c.status = 'changed'))::int as "changed", (count(*) filter (where c.status = 'unchanged'))::int as "unchanged",
  (count(*) filter (where c.status = 'failed'))::int as "failed"
from backfills b left join backfill_cells c using (backfill_id)
where b.from_day < $1::date and b.to_day > $2::date
group by b.backfill_id
order by b.backfill_id desc limit $3::int`,
};

/**
 * The backfills that have cells to be read, the oldest first.
 */
export const backfillListRunning: Query<Record<never, never>, { readonly backfill_id: bigint }> = {
  name: 'backfill_list_running',
  parameters: [],
  text: `select backfill_id from backfills where status = 'running' order by backfill_id`,
};

/**
 * Opens a backfill. No row means that one of the same scope is not done yet.
 */
export const backfillOpen: Query<{ readonly from_day: string; readonly to_day: string; readonly region: string | null; readonly source_id: string | null; readonly status: BackfillStatus; readonly author: string; readonly why: string; readonly opened_at: Date }, { readonly backfill_id: bigint }> = {
  name: 'backfill_open',
  parameters: ['from_day', 'to_day', 'region', 'source_id', 'status', 'author', 'why', 'opened_at'],
  text: `insert into backfills (from_day, to_day, region, source_id, status, author, why, opened_at)
values ($1::date, $2::date, $3, $4, $5, $6, $7, $8)
on conflict do nothing
returning backfill_id`,
};

/**
 * Rejects a proposed backfill, or takes it back. No row means that none is proposed.
 */
export const backfillReject: Query<{ readonly ended_at: Date; readonly backfill_id: bigint }, { readonly backfill_id: bigint }> = {
  name: 'backfill_reject',
  parameters: ['ended_at', 'backfill_id'],
  text: `update backfills set status = 'rejected', ended_at = $1 where backfill_id = $2 and status = 'proposed'
returning backfill_id`,
};

/**
 * Takes up a backfill that ended with failures, and lets its failed cells wait again. No row means that it did not end so.
 */
export const backfillResume: Query<{ readonly backfill_id: bigint }, { readonly day: string }> = {
  name: 'backfill_resume',
  parameters: ['backfill_id'],
  text: `with resumed as (
  update backfills set status = 'running', ended_at = null where backfill_id = $1 and status = 'failed' returning backfill_id
)
update backfill_cells c set status = 'waiting', failure_reason = null, failure_detail = null
from resumed r where c.backfill_id = r.backfill_id and c.status = 'failed'
returning c.day`,
};

/**
 * The periods in which an invoice is not at its end, or a difference with Stripe is live: what is compared every night.
 */
export const billingPeriodListUnsettled: Query<{ readonly oldest: string }, { readonly period: string }> = {
  name: 'billing_period_list_unsettled',
  parameters: ['oldest'],
  text: `select period as "period" from invoices where status in ('finalized', 'uncollectible', 'stripe_failed') and period >= $1
union select period from stripe_differences where status <> 'resolved' and period >= $1
order by period`,
};

/**
 * The one statement that moves a run on. No row means that it was not in the expected state or has a newer token.
 */
export const billingRunAdvance: Query<{ readonly to_status: BillingRunStatus; readonly run_id: string; readonly fencing_token: number; readonly from_status: BillingRunStatus }, { readonly run_id: string }> = {
  name: 'billing_run_advance',
  parameters: ['to_status', 'run_id', 'fencing_token', 'from_status'],
  text: `update billing_runs set status = $1::billing_run_status
where run_id = $2 and fencing_token = $3 and status = $4::billing_run_status
returning run_id`,
};

/**
 * The sign-off, by a person or by a rule. A trigger refuses the author, a rule that does not allow it, and a digest that is
 * not what stands now; no row means that the run is not in review.
 */
export const billingRunApprove: Query<{ readonly approver: string | null; readonly approval_rule: string | null; readonly approved_at: Date; readonly reviewed_digest: string | null; readonly run_id: string }, { readonly fencing_token: number }> = {
  name: 'billing_run_approve',
  parameters: ['approver', 'approval_rule', 'approved_at', 'reviewed_digest', 'run_id'],
  text: `update billing_runs set status = 'approved', approver = $1, approval_rule = $2, approved_at = $3, reviewed_digest = $4
where run_id = $5 and status = 'in_review'
returning fencing_token`,
};

/**
 * Closes an issued run. A trigger refuses when anything is open that is not left on purpose; no row means that it is not issued.
 */
export const billingRunClose: Query<{ readonly closed_by: string; readonly closed_at: Date; readonly left_open: readonly string[]; readonly run_id: string }, { readonly run_id: string }> = {
  name: 'billing_run_close',
  parameters: ['closed_by', 'closed_at', 'left_open', 'run_id'],
  text: `update billing_runs set status = 'closed', closed_by = $1, closed_at = $2, left_open = $3
where run_id = $4 and status = 'issued'
returning run_id`,
};

/**
 * Inputs changed before the approval: the run collects again under a new token, and whoever holds the old one changes nothing.
 */
export const billingRunDropBack: Query<{ readonly run_id: string }, { readonly fencing_token: number }> = {
  name: 'billing_run_drop_back',
  parameters: ['run_id'],
  text: `update billing_runs set status = 'collecting', fencing_token = fencing_token + 1, inputs_digest = null, totals = null
where run_id = $1 and status in ('complete', 'rated', 'in_review', 'rating_failed')
returning fencing_token`,
};

/**
 * A run as it stands, with the digest over what a reviewer sees of it now, and whether its inputs are others by now.
 */
export const billingRunFind: Query<{ readonly run_id: string }, { readonly run_id: string; readonly scope: string; readonly period: string; readonly status: BillingRunStatus; readonly period_from: string; readonly period_to: string; readonly grace_until: Date; readonly fencing_token: number; readonly inputs_digest: string | null; readonly author: string; readonly approver: string | null; readonly approval_rule: string | null; readonly approved_at: Date | null; readonly opened_at: Date; readonly totals: string | null; readonly contract_id: string | null; readonly reviewed_digest: string | null; readonly closed_by: string | null; readonly closed_at: Date | null; readonly left_open: readonly string[]; readonly review_digest: string; readonly has_changed: boolean }> = {
  name: 'billing_run_find',
  parameters: ['run_id'],
  text: `select run_id, scope, period, status, period_from, period_to, grace_until, fencing_token, inputs_digest, author, approver, approval_rule, approved_at, opened_at, totals,
  contract_id, reviewed_digest, closed_by, closed_at, left_open, run_review_digest(run_id) as "review_digest",
  (inputs_digest is not null and run_has_changed(r)) as "has_changed"
from billing_runs r where run_id = $1`,
};

/**
 * Whether usage, contracts or required sources have changed since the run was pinned.
 */
export const billingRunInputsChanged: Query<{ readonly run_id: string }, { readonly changed: boolean }> = {
  name: 'billing_run_inputs_changed',
  parameters: ['run_id'],
  text: `select run_has_changed(r) as "changed" from billing_runs r where r.run_id = $1`,
};

/**
 * Every run, the latest period first.
 */
export const billingRunList: Query<Record<never, never>, { readonly run_id: string; readonly period: string; readonly status: BillingRunStatus; readonly fencing_token: number; readonly author: string; readonly approver: string | null; readonly approved_at: Date | null; readonly totals: string | null }> = {
  name: 'billing_run_list',
  parameters: [],
  text: `select run_id, period, status, fencing_token, author, approver, approved_at, totals from billing_runs order by period desc, run_id`,
};

/**
 * The runs before their sign-off whose usage, contracts or required sources have changed since they were pinned.
 */
export const billingRunListChanged: Query<Record<never, never>, { readonly run_id: string }> = {
  name: 'billing_run_list_changed',
  parameters: [],
  text: `select r.run_id from billing_runs r
where r.status in ('complete', 'rated', 'in_review', 'rating_failed') and run_has_changed(r)
order by r.run_id`,
};

/**
 * The runs whose corrections rest on an invoice: its own when it was corrected, those whose adjustments it carried, and
 * those whose credit notes reduce it. The latest first, in which order their locks are taken.
 */
export const billingRunListCorrectedByInvoice: Query<{ readonly invoice_id: string }, { readonly run_id: string; readonly period: string; readonly customer_id: string }> = {
  name: 'billing_run_list_corrected_by_invoice',
  parameters: ['invoice_id'],
  text: `select r.run_id, r.period, i.customer_id
from invoices i join billing_runs r on exists (
  select from adjustments a where a.customer_id = i.customer_id and a.run_id = r.run_id
    and (a.run_id = i.run_id
      or exists (select from charges c where c.invoice_id = i.invoice_id and c.adjustment_id = a.adjustment_id)
      or exists (select from credits k where k.invoice_id = i.invoice_id and k.adjustment_id = a.adjustment_id)))
where i.invoice_id = $1
order by r.period desc, r.run_id`,
};

/**
 * The runs that rest on a checkpoint under their current token.
 */
export const billingRunListOfCheckpoint: Query<{ readonly checkpoint_id: bigint }, { readonly run_id: string; readonly period: string; readonly status: BillingRunStatus }> = {
  name: 'billing_run_list_of_checkpoint',
  parameters: ['checkpoint_id'],
  text: `select r.run_id, r.period, r.status
from run_checkpoints p join billing_runs r on r.run_id = p.run_id and r.fencing_token = p.fencing_token
where p.checkpoint_id = $1 order by r.run_id`,
};

/**
 * The off-cycle runs of a period with the days and the customer that each bills, in the order in which they are locked.
 */
export const billingRunListOffCycle: Query<{ readonly period: string }, { readonly run_id: string; readonly status: BillingRunStatus; readonly period_from: string; readonly period_to: string; readonly contract_id: string; readonly customer_id: string }> = {
  name: 'billing_run_list_off_cycle',
  parameters: ['period'],
  text: `select r.run_id, r.status, r.period_from, r.period_to, k.contract_id, k.customer_id
from billing_runs r join contracts k on k.contract_id = r.contract_id
where r.period = $1
order by r.run_id`,
};

/**
 * What of a run is not at its end: invoices on their way or waiting for a person, and live exceptions about the run.
 */
export const billingRunListOpenThings: Query<{ readonly run_id: string }, { readonly thing: string; readonly state: string; readonly why: string }> = {
  name: 'billing_run_list_open_things',
  parameters: ['run_id'],
  text: `select thing as "thing", state as "state", why as "why" from run_open_things($1) order by thing`,
};

/**
 * Runs that collect after their grace, and about which nobody was told, or was told and the usage came: they lack other
 * usage since.
 */
export const billingRunListOverdue: Query<{ readonly now: Date }, { readonly run_id: string; readonly period: string; readonly period_from: string; readonly period_to: string; readonly grace_until: Date }> = {
  name: 'billing_run_list_overdue',
  parameters: ['now'],
  text: `select r.run_id, r.period, r.period_from, r.period_to, r.grace_until from billing_runs r
where r.status in ('open', 'collecting') and r.grace_until <= $1
  and not exists (select from exceptions e where e.class = 'period_incomplete' and e.subject = r.run_id and e.status <> 'resolved')
order by r.run_id`,
};

/**
 * How far each run that is not closed has come: its shards, and of the invoices that were released those that are final in Stripe.
 */
export const billingRunListProgress: Query<Record<never, never>, { readonly run_id: string; readonly period: string; readonly status: BillingRunStatus; readonly shards: number; readonly rated_shards: number; readonly released: number; readonly issued: number }> = {
  name: 'billing_run_list_progress',
  parameters: [],
  text: `select r.run_id, r.period, r.status,
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token) as "shards",
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.status = 'rated') as "rated_shards",
  (select count(*)::int from invoices i where i.run_id = r.run_id and i.status in ('approved', 'drafted', 'verified', 'finalized', 'paid', 'uncollectible', 'void', 'stripe_failed')) as "released",
  (select count(*)::int from invoices i where i.run_id = r.run_id and i.status in ('finalized', 'paid', 'uncollectible', 'void')) as "issued"
from billing_runs r
where r.status <> 'closed'
order by r.period, r.run_id`,
};

/**
 * The rules of automatic approval that are in force, each with why it does not let a run go on; null when it does.
 */
export const billingRunListRuleObjections: Query<{ readonly run_id: string }, { readonly rule_id: string; readonly objection: string | null }> = {
  name: 'billing_run_list_rule_objections',
  parameters: ['run_id'],
  text: `select c.rule_id, rule_objection(c, r) as "objection"
from close_rules c cross join billing_runs r
where r.run_id = $1 and c.kind = 'automatic_approval' and c.status = 'in_force'
order by c.rule_id`,
};

/**
 * The run, locked to the end of the transaction against whoever else moves it on. Rows that refer to the run are written
 * meanwhile: shards that end at the same moment wait for each other here, and never in a circle.
 */
export const billingRunLock: Query<{ readonly run_id: string }, { readonly run_id: string; readonly period: string; readonly status: BillingRunStatus; readonly period_from: string; readonly period_to: string; readonly fencing_token: number; readonly author: string; readonly contract_id: string | null }> = {
  name: 'billing_run_lock',
  parameters: ['run_id'],
  text: `select run_id, period, status, period_from, period_to, fencing_token, author, contract_id from billing_runs where run_id = $1 for no key update`,
};

/**
 * The runs before their sign-off that bill a day of some open anomalies, locked to the end of the transaction in the order
 * of their ids. Also those that still collect: one that is pinned and rated meanwhile would not see the anomalies.
 */
export const billingRunLockOfAnomalies: Query<{ readonly anomaly_ids: readonly bigint[] }, { readonly run_id: string; readonly period: string; readonly status: BillingRunStatus; readonly period_from: string; readonly period_to: string; readonly fencing_token: number }> = {
  name: 'billing_run_lock_of_anomalies',
  parameters: ['anomaly_ids'],
  text: `select r.run_id, r.period, r.status, r.period_from, r.period_to, r.fencing_token
from billing_runs r
where r.status in ('open', 'collecting', 'complete', 'rating_failed', 'rated', 'in_review')
  and exists (select from usage_anomalies a
    where a.anomaly_id = any($1::bigint[]) and a.status = 'open' and a.day >= r.period_from and a.day < r.period_to
      and (r.contract_id is null or a.customer_id = (select k.customer_id from contracts k where k.contract_id = r.contract_id)))
order by r.run_id
for no key update of r`,
};

/**
 * The runs that bill a customer a day, locked to the end of the transaction in the order of their ids.
 */
export const billingRunLockOverDay: Query<{ readonly day: string; readonly customer_id: string }, { readonly run_id: string; readonly status: BillingRunStatus; readonly period_from: string; readonly period_to: string; readonly fencing_token: number }> = {
  name: 'billing_run_lock_over_day',
  parameters: ['day', 'customer_id'],
  text: `select r.run_id, r.status, r.period_from, r.period_to, r.fencing_token
from billing_runs r
where r.period_from <= $1::date and r.period_to > $1::date
  and (r.contract_id is null or $2 = (select k.customer_id from contracts k where k.contract_id = r.contract_id))
order by r.run_id
for no key update of r`,
};

/**
 * Makes a run when there is none of its scope and period; the unique index lets one win (promise 9).
 */
export const billingRunOpen: Query<{ readonly run_id: string; readonly scope: string; readonly period: string; readonly period_from: string; readonly period_to: string; readonly grace_until: Date; readonly contract_id: string | null; readonly author: string; readonly opened_at: Date }, { readonly run_id: string }> = {
  name: 'billing_run_open',
  parameters: ['run_id', 'scope', 'period', 'period_from', 'period_to', 'grace_until', 'contract_id', 'author', 'opened_at'],
  text: `insert into billing_runs (run_id, scope, period, status, period_from, period_to, grace_until, contract_id, author, opened_at)
values ($1, $2, $3, 'open', $4::date, $5::date, $6, $7, $8, $9)
on conflict do nothing
returning run_id`,
};

/**
 * Fixes what a complete run rests on: the current checkpoints of its days, and the digest over them and the contracts in force.
 */
export const billingRunPin: Query<{ readonly run_id: string }, { readonly run_id: string }> = {
  name: 'billing_run_pin',
  parameters: ['run_id'],
  text: `with pinned as (
  insert into run_checkpoints (run_id, fencing_token, checkpoint_id)
  select r.run_id, r.fencing_token, c.checkpoint_id
  from billing_runs r join checkpoints c on c.day >= r.period_from and c.day < r.period_to and c.status = 'complete'
  where r.run_id = $1
)
update billing_runs set status = 'complete', inputs_digest = run_inputs_digest(run_id)
where run_id = $1 and status = 'collecting'
returning run_id`,
};

/**
 * Lets a stopped run go on: none of its invoices waits for people any more.
 */
export const billingRunResumeIssuing: Query<{ readonly run_id: string }, { readonly run_id: string }> = {
  name: 'billing_run_resume_issuing',
  parameters: ['run_id'],
  text: `update billing_runs r set status = 'issuing'
where r.run_id = $1 and r.status = 'issuing_failed'
  and not exists (select from exceptions e join invoices i on i.invoice_id = e.subject and i.run_id = r.run_id
    where e.class = 'issuing_failed' and e.status = 'escalated' and i.status = 'stripe_failed')
returning r.run_id`,
};

/**
 * Keeps the totals that the reviewer is shown.
 */
export const billingRunSetTotals: Query<{ readonly totals: string; readonly run_id: string; readonly fencing_token: number }, { readonly run_id: string }> = {
  name: 'billing_run_set_totals',
  parameters: ['totals', 'run_id', 'fencing_token'],
  text: `update billing_runs set totals = $1 where run_id = $2 and fencing_token = $3 and status in ('complete', 'in_review')
returning run_id`,
};

/**
 * How far a run has come: what it rests on, and its shards under the current token.
 */
export const billingRunShowProgress: Query<{ readonly run_id: string }, { readonly pinned_checkpoints: number; readonly shards: number; readonly rated_shards: number; readonly failed_shards: number }> = {
  name: 'billing_run_show_progress',
  parameters: ['run_id'],
  text: `select
  (select count(*)::int from run_checkpoints p where p.run_id = r.run_id and p.fencing_token = r.fencing_token) as "pinned_checkpoints",
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token) as "shards",
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.status = 'rated') as "rated_shards",
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.status = 'failed') as "failed_shards"
from billing_runs r
where r.run_id = $1`,
};

/**
 * Says that an issuing run waits for people: the attempts for one of its invoices are used up.
 */
export const billingRunStopIssuing: Query<{ readonly run_id: string }, { readonly run_id: string }> = {
  name: 'billing_run_stop_issuing',
  parameters: ['run_id'],
  text: `update billing_runs r set status = 'issuing_failed'
where r.run_id = $1 and r.status = 'issuing'
  and exists (select from exceptions e join invoices i on i.invoice_id = e.subject and i.run_id = r.run_id
    where e.class = 'issuing_failed' and e.status = 'escalated' and i.status = 'stripe_failed')
returning r.run_id`,
};

/**
 * Promise 8: triggers of our tables that are switched off, unique indexes and constraints that do not hold, and sealed months
 * without what seals them.
 */
export const breachListDisabledGuards: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_disabled_guards',
  parameters: ['most'],
  text: `select format('trigger %s on %s', t.tgname, c.relname) as "place", 'is switched off' as "what"
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = 'public'::regnamespace and t.tgenabled in ('D', 'R')
union all
select format('index %s on %s', i.indexrelid::regclass, i.indrelid::regclass), 'is not valid'
from pg_index i join pg_class c on c.oid = i.indrelid
where c.relnamespace = 'public'::regnamespace and i.indisunique and not (i.indisvalid and i.indisready)
union all
select format('constraint %s on %s', k.conname, k.conrelid::regclass), 'was not checked against the rows that there are'
from pg_constraint k
where k.connamespace = 'public'::regnamespace and not k.convalidated
union all
select format('trigger %s on %s', name, usage_partition_name(p.month)), 'is gone, and the month is sealed'
from usage_partitions p cross join unnest(array['month_is_sealed', 'month_is_never_truncated']) name
where p.status = 'sealed' and not exists (select from pg_trigger t where t.tgrelid = to_regclass(usage_partition_name(p.month)) and t.tgname = name)
order by 1
limit $1::int`,
};

/**
 * Promise 3: cells with several current checkpoints.
 */
export const breachListDoubledCheckpoints: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_doubled_checkpoints',
  parameters: ['most'],
  text: `select format('%s/%s/%s', region, source_id, day) as "place",
  format('%s checkpoints are current: %s', count(*), string_agg(checkpoint_id::text, ', ' order by checkpoint_id)) as "what"
from checkpoints where status = 'complete'
group by region, source_id, day having count(*) > 1
order by 1
limit $1::int`,
};

/**
 * Promise 4: obligations with several live invoices, and invoices in Stripe that several of ours stand for.
 */
export const breachListDoubledInvoices: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_doubled_invoices',
  parameters: ['most'],
  text: `select format('%s/%s/%s', period, customer_id, series) as "place",
  format('%s live invoices: %s', count(*), string_agg(invoice_id, ', ' order by invoice_id)) as "what"
from invoices where status not in ('void', 'superseded')
group by customer_id, period, series having count(*) > 1
union all
select stripe_invoice_id, format('is the copy of %s invoices: %s', count(*), string_agg(invoice_id, ', ' order by invoice_id))
from invoices where stripe_invoice_id is not null
group by stripe_invoice_id having count(*) > 1
order by 1
limit $1::int`,
};

/**
 * Promise 6: documents, formulas and lines that are not what their digests were made from, or that differ between a charge and
 * the document of its invoice.
 */
export const breachListOtherDigests: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_other_digests',
  parameters: ['most'],
  text: `with lines as (
  select i.invoice_id, l.line, l.ordinality - 1 as position, i.document::jsonb -> 'segments' -> (l.line ->> 'segment')::int as segment
  from invoices i cross join lateral jsonb_array_elements(i.document::jsonb -> 'lines') with ordinality l (line, ordinality)
), pairs as (
  select coalesce(c.invoice_id, l.invoice_id) as invoice_id, coalesce(c.line_key, l.line ->> 'key') as line_key,
    case
      when c.invoice_id is null then 'stands in the document and has no charge'
      when l.invoice_id is null then 'has a charge and does not stand in the document'
      when (c.line_key, c.label, c.project_id, c.quantity, c.exact, c.amount::text, c.formula, c.formula_digest)
        is distinct from (l.line ->> 'key', l.line ->> 'label', l.line ->> 'project', l.line ->> 'quantity', l.line ->> 'exact', l.line ->> 'amount',
                          l.line -> 'formula' ->> 'text', l.line -> 'formula' ->> 'digest')
        or c.inputs::jsonb <> l.line -> 'inputs' or c.details::jsonb <> l.line -> 'details' then 'differs between charge and document'
      when (c.contract_id, c.plan_version, c.parameters_digest, c.usage_digest, c.segment_from::text, c.segment_to::text)
        is distinct from (l.segment ->> 'contract', l.segment ->> 'planVersion', l.segment ->> 'parametersDigest', l.segment ->> 'usageDigest',
                          l.segment ->> 'from', l.segment ->> 'to') then 'names other digests than its segment in the document'
    end as what
  from (select * from charges where purpose = 'billed') c
  full join lines l on l.invoice_id = c.invoice_id and l.position = c.position
)
select format('%s line %s', invoice_id, line_key) as "place", what as "what" from pairs where what is not null
union all
select invoice_id, 'its document is not what its digest was made from' from invoices
where document_digest <> 'sha256:' || encode(sha256(convert_to(document, 'UTF8')), 'hex')
union all
select format('%s#%s %s %s line %s', run_id, fencing_token, customer_id, purpose, line_key), 'its formula is not what its digest was made from'
from charges where formula_digest <> 'sha256:' || encode(sha256(convert_to(formula, 'UTF8')), 'hex')
union all
select 'plan version ' || plan_version, 'is not the digest of its document' from plan_versions
where plan_version <> 'sha256:' || encode(sha256(convert_to(document, 'UTF8')), 'hex')
order by 1, 2
limit $1::int`,
};

/**
 * Promise 5: values of metrics in lines, shadow lines too, that are not the roll-up of the rows in the checkpoints of their run.
 * Lines whose month retention has dropped cannot be compared here any more.
 */
export const breachListOtherQuantities: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_other_quantities',
  parameters: ['most'],
  text: `with billed as (
  select c.run_id, c.fencing_token, c.customer_id, c.rating_number, c.purpose, c.position, c.line_key, c.project_id, c.segment_from, c.segment_to,
    m.metric, v.document::jsonb -> 'metrics' -> m.metric ->> 'rollup' as rollup, i.value as billed,
    split_part(i.value, '/', 1)::numeric as top, coalesce(nullif(split_part(i.value, '/', 2), ''), '1')::numeric as bottom, m.divisor
  from charges c
  join plan_versions v on v.plan_version = c.plan_version
  cross join lateral jsonb_each_text(c.inputs::jsonb) i
  join run_metrics m on m.run_id = c.run_id and m.fencing_token = c.fencing_token and m.metric = i.key
  where v.document::jsonb -> 'metrics' ? i.key
    and to_regclass('usage_daily_' || to_char(c.segment_from, 'YYYYMM')) is not null
), days as (
  select p.run_id, p.fencing_token, u.customer_id, u.metric, u.project_id, u.day, sum(u.quantity) as quantity
  from run_checkpoints p join usage_daily u on u.checkpoint_id = p.checkpoint_id
  where u.customer_id is not null
  group by p.run_id, p.fencing_token, u.customer_id, u.metric, u.project_id, u.day
), totals as (
  select b.run_id, b.fencing_token, b.customer_id, b.rating_number, b.purpose, b.position, b.metric, d.day, sum(d.quantity) as quantity
  from billed b join days d on d.run_id = b.run_id and d.fencing_token = b.fencing_token and d.customer_id = b.customer_id
    and d.metric = b.metric and d.day >= b.segment_from and d.day < b.segment_to and (b.project_id is null or d.project_id = b.project_id)
  group by b.run_id, b.fencing_token, b.customer_id, b.rating_number, b.purpose, b.position, b.metric, d.day
), rolled as (
  select b.run_id, b.fencing_token, b.customer_id, b.rating_number, b.purpose, b.line_key, b.metric, b.rollup, b.billed, b.top, b.bottom,
    coalesce(case b.rollup when 'max' then max(t.quantity) when 'last' then sum(t.quantity) filter (where t.day = b.segment_to - 1)
             else sum(t.quantity) end, 0) as quantity,
    b.divisor * case b.rollup when 'mean' then b.segment_to - b.segment_from else 1 end as parts
  from billed b left join totals t on t.run_id = b.run_id and t.fencing_token = b.fencing_token and t.customer_id = b.customer_id
    and t.rating_number = b.rating_number and t.purpose = b.purpose and t.position = b.position and t.metric = b.metric
  group by b.run_id, b.fencing_token, b.customer_id, b.rating_number, b.purpose, b.position, b.line_key, b.metric, b.rollup, b.billed, b.top, b.bottom,
    b.divisor, b.segment_from, b.segment_to
)
select format('%s#%s %s %s line %s, %s', run_id, fencing_token, customer_id, purpose, line_key, metric) as "place",
  format('the line has %s, and its rows roll up (%s) to %s%s', billed, rollup, trim_scale(quantity),
         case parts when 1 then '' else ' / ' || trim_scale(parts) end) as "what"
from rolled
where quantity * bottom <> top * parts
order by 1
limit $1::int`,
};

/**
 * Promise 14: lines that are not their exact value rounded once to the minor unit, half away from zero; and lines whose tiers
 * do not add up to them. A currency without an exponent is a breach of its own. A correction is the difference of two lines
 * that were each rounded once, not the rounding of their difference: promise 12 holds those.
 */
export const breachListOtherRounding: Query<{ readonly currencies: readonly string[]; readonly exponents: readonly number[]; readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_other_rounding',
  parameters: ['currencies', 'exponents', 'most'],
  text: `with lines as (
  select format('%s#%s %s %s line %s', c.run_id, c.fencing_token, c.customer_id, c.purpose, c.line_key) as place,
    c.amount::numeric as amount, c.exact, c.currency, c.details, e.exponent,
    split_part(c.exact, '/', 1)::numeric * 10::numeric ^ e.exponent as top,
    coalesce(nullif(split_part(c.exact, '/', 2), ''), '1')::numeric as bottom
  from charges c
  left join unnest($1::text[], $2::int[]) e (currency, exponent) on e.currency = c.currency
  where c.purpose <> 'adjustment'
)
select place as "place",
  case when exponent is null then format('%s is no currency that is known here', currency)
    else format('is %s minor units of %s for exactly %s', amount, currency, exact) end as "what"
from lines
where exponent is null or sign(amount) * sign(top) < 0
  or 2 * abs(amount) * bottom > 2 * abs(top) + bottom or 2 * abs(top) + bottom >= 2 * (abs(amount) + 1) * bottom
union all
select place, format('its tiers add up to %s, and it is %s', d.sum, amount)
from lines cross join lateral (select sum((part ->> 'amount')::numeric) as sum from jsonb_array_elements(details::jsonb) part) d
where d.sum <> amount
order by 1
limit $3::int`,
};

/**
 * Promise 18: checkpoints that are current or that a run rests on, whose rows are not as many, or do not add up to as much, as
 * when they were kept, or are not those that their digest was made from: the canonical JSON of usage/staging.ts. Months that
 * retention has dropped are left out: what it dropped stands in the audit log.
 */
export const breachListOtherRows: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_other_rows',
  parameters: ['most'],
  text: `with wanted as (
  select c.checkpoint_id, c.region, c.source_id, c.day, c.revision, c.row_count, c.total, c.digest,
    format('{"configuration":%s,"day":"%s","metric":%s,"region":%s,"rows":[', to_json(s.configuration_digest), c.day, to_json(c.metric), to_json(c.region)) as before,
    format('],"source":%s}', to_json(c.source_id)) as after
  from checkpoints c
  join usage_sources s on s.source_id = c.source_id and s.region = c.region and s.version = c.source_version
  where c.status in ('complete', 'superseded') and to_regclass('usage_daily_' || to_char(c.day, 'YYYYMM')) is not null
    and (c.status = 'complete' or exists (select from run_checkpoints p where p.checkpoint_id = c.checkpoint_id))
), found as (
  -- Each checkpoint's text becomes its digest at once: the rows of two years are never held together.
  select w.checkpoint_id, count(u.day) as rows, coalesce(sum(u.quantity), 0) as total,
    'sha256:' || encode(sha256(convert_to(w.before || coalesce(string_agg(
      '[' || to_json(u.project_id) || ',' || coalesce(to_json(u.customer_id)::text, 'null') || ',"' || u.quantity || '"]', ','
      order by u.project_id collate "C"), '') || w.after, 'UTF8')), 'hex') as digest
  from wanted w left join usage_daily u on u.day = w.day and u.checkpoint_id = w.checkpoint_id
  group by w.checkpoint_id, w.before, w.after
)
select format('%s/%s/%s@%s', w.region, w.source_id, w.day, w.revision) as "place",
  case when f.rows <> w.row_count or f.total <> w.total
    then format('has %s rows, %s in all, and was kept with %s rows, %s', f.rows, trim_scale(f.total), w.row_count, trim_scale(w.total))
    else 'its rows are not those that its digest was made from' end as "what"
from wanted w join found f using (checkpoint_id)
where f.rows <> w.row_count or f.total <> w.total or f.digest <> w.digest
order by 1
limit $1::int`,
};

/**
 * Promise 8: rows of the table of transitions that the code does not list, and listed ones that it lacks.
 */
export const breachListOtherTransitions: Query<{ readonly entities: readonly string[]; readonly from_states: readonly string[]; readonly to_states: readonly string[]; readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_other_transitions',
  parameters: ['entities', 'from_states', 'to_states', 'most'],
  text: `select format('state_transitions %s: "%s" to "%s"', entity, from_state, to_state) as "place",
  case when l.entity is null then 'the database allows it, and the code does not list it' else 'the code lists it, and the database refuses it' end as "what"
from state_transitions t
full join unnest($1::text[], $2::text[], $3::text[]) l (entity, from_state, to_state) using (entity, from_state, to_state)
where t.entity is null or l.entity is null
order by 1
limit $4::int`,
};

/**
 * Promise 23: what one person both wrote and approved, in any table that has an author and an approver, whatever accounts were used.
 */
export const breachListSelfApprovals: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_self_approvals',
  parameters: ['most'],
  text: `select place as "place", format('%s wrote it, and %s approved it: one person stands behind both', author, approver) as "what"
from self_approvals()
order by 1
limit $1::int`,
};

/**
 * Promise 9: periods with several active runs, and live invoices and pins that do not carry the token of their run.
 */
export const breachListStaleWriters: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_stale_writers',
  parameters: ['most'],
  text: `select scope || ' ' || period as "place", format('%s active runs: %s', count(*), string_agg(run_id, ', ' order by run_id)) as "what"
from billing_runs where status <> 'closed' group by scope, period having count(*) > 1
union all
select i.invoice_id, format('is %s under token %s, and run %s has token %s', i.status, i.fencing_token, r.run_id, r.fencing_token)
from invoices i join billing_runs r using (run_id)
where i.status not in ('superseded', 'void') and i.fencing_token <> r.fencing_token
union all
select distinct format('%s#%s', p.run_id, p.fencing_token), format('is pinned, and the run has only come to token %s', r.fencing_token)
from run_checkpoints p join billing_runs r using (run_id) where p.fencing_token > r.fencing_token
order by 1
limit $1::int`,
};

/**
 * Promise 11: facts published before an instant that a subscription, which was there by then, has neither applied nor put aside;
 * and messages that were put aside without a reason.
 */
export const breachListUnansweredMessages: Query<{ readonly older_than: Date; readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_unanswered_messages',
  parameters: ['older_than', 'most'],
  text: `with subscriptions as (
  select subscription, split_part(subscription, '.', 1) || '.' || split_part(subscription, '.', 2) as topic, min(received_at) as since
  from inbox group by subscription
), aside as (
  select subscription, case when pg_input_is_valid(message, 'jsonb') then message::jsonb ->> 'id' end as event_id from dead_letters
)
select format('%s %s', s.subscription, o.event_id) as "place",
  format('was published at %s and is neither applied nor put aside', to_char(o.published_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')) as "what"
from outbox o
join subscriptions s on s.topic = o.topic and o.occurred_at >= s.since
where o.published_at < $1::timestamptz
  and not exists (select from inbox i where i.subscription = s.subscription and i.event_id = o.event_id)
  and not exists (select from aside a where a.subscription = s.subscription and a.event_id = o.event_id::text)
union all
select format('%s %s', subscription, message_id), 'was put aside without a reason' from dead_letters where trim(reason) = ''
order by 1
limit $2::int`,
};

/**
 * Promise 5: usage in a monthly run that is on no invoice of it, that no exception names, and that no off-cycle run bills.
 */
export const breachListUnbilledUsage: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_unbilled_usage',
  parameters: ['most'],
  text: `select format('%s#%s', r.run_id, r.fencing_token) as "place",
  format('%s rows of %s are on no invoice, and no exception says so', count(*), coalesce(u.customer_id, 'nobody')) as "what"
from billing_runs r
join run_checkpoints p on p.run_id = r.run_id and p.fencing_token = r.fencing_token
join usage_daily u on u.checkpoint_id = p.checkpoint_id
where r.scope = 'month' and r.status not in ('open', 'collecting', 'complete', 'rating_failed')
  and not exists (select from invoices i where i.run_id = r.run_id and i.fencing_token = r.fencing_token and i.customer_id = u.customer_id)
  and not exists (select from run_off_cycle_days o where o.run_id = r.run_id and o.fencing_token = r.fencing_token
                    and o.customer_id = u.customer_id and u.day >= o.from_day and u.day < o.to_day)
  and not exists (select from exceptions e where e.class = 'unbilled_usage' and e.subject = r.run_id)
group by r.run_id, r.fencing_token, u.customer_id
order by 1, u.customer_id
limit $1::int`,
};

/**
 * Promise 12: adjustments that are not what their digest was made from or do not add up; placed ones that do not stand in
 * full, as lines of their invoice and as credits; and periods of a customer where what was billed, what stands and what is
 * still open of its adjustments is not what it was last compared to. A rejected difference stays, and one whose comparison
 * is still to come is left out. Before comparisons were kept, the last adjustment says what is right.
 */
export const breachListUnequalCorrections: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_unequal_corrections',
  parameters: ['most'],
  text: `with standing as (
  select a.adjustment_id, a.status, a.total,
    coalesce((select sum(c.amount) from charges c where c.adjustment_id = a.adjustment_id and c.invoice_id = a.invoice_id), 0)
      - coalesce((select sum(k.amount) from credits k where k.adjustment_id = a.adjustment_id and (k.status <> 'cancelled' or k.lapsed)), 0) as placed
  from adjustments a where a.status in ('placed', 'applied')
), latest as (
  select distinct on (a.customer_id, a.run_id) a.customer_id, a.run_id, a.corrected from adjustments a
  where a.status in ('approved', 'placed', 'applied')
    and not exists (select from invoices i where i.customer_id = a.customer_id and i.run_id = a.run_id and i.status = 'void')
  order by a.customer_id, a.run_id, length(a.adjustment_id) desc, a.adjustment_id desc
), figures as (
  select run_id, customer_id, coalesce(c.corrected, l.corrected) as corrected, billed_of(customer_id, run_id) as billed,
    coalesce((select sum(a.total) from adjustments a where a.customer_id = coalesce(c.customer_id, l.customer_id)
                and a.run_id = coalesce(c.run_id, l.run_id) and a.status in ('proposed', 'approved')), 0) as still_open
  from comparisons c full join latest l using (run_id, customer_id)
)
select 'adjustment ' || adjustment_id as "place", 'its document is not what its digest was made from' as "what"
from adjustments where document_digest <> 'sha256:' || encode(sha256(convert_to(document, 'UTF8')), 'hex')
union all
select 'adjustment ' || a.adjustment_id, format('corrects %s to %s by %s, and its lines add up to %s', a.billed, a.corrected, a.total, d.sum)
from adjustments a
cross join lateral (select coalesce(sum((l ->> 'amount')::numeric), 0) as sum from jsonb_array_elements(a.document::jsonb -> 'lines') l) d
where a.total <> d.sum or a.total <> a.corrected - a.billed
union all
select 'adjustment ' || adjustment_id, format('is %s with %s, and stands with %s', status, total, placed)
from standing where placed <> total
union all
select format('%s %s', f.run_id, f.customer_id), format('%s stand and %s are open, and %s is right', f.billed, f.still_open, f.corrected)
from figures f
where f.billed + f.still_open <> f.corrected
  and not exists (select from adjustments a where a.customer_id = f.customer_id and a.run_id = f.run_id and a.status = 'rejected'
                    and a.corrected = f.corrected and a.billed = f.billed + f.still_open)
  and not exists (select from rerating_shards s where s.run_id = f.run_id and s.status = 'waiting' and f.customer_id = any(s.customers))
order by 1, 2
limit $1::int`,
};

/**
 * Promise 2: invoices whose lines do not add up to their subtotal and total, in one currency.
 */
export const breachListUnequalSums: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_unequal_sums',
  parameters: ['most'],
  text: `select i.invoice_id as "place",
  format('its lines add up to %s, its subtotal is %s and its total %s%s', coalesce(sum(c.amount), 0), i.subtotal, i.total,
         case when bool_or(c.currency <> i.currency) then ', and they are in several currencies' else '' end) as "what"
from invoices i left join charges c on c.invoice_id = i.invoice_id
group by i.invoice_id
having coalesce(sum(c.amount), 0) <> i.subtotal or i.total <> i.subtotal or bool_or(c.currency <> i.currency)
order by i.invoice_id
limit $1::int`,
};

/**
 * Promise 8: logged moves that the table of transitions does not list, and moves that do not begin where the one before ended.
 * A void is logged under its invoice, and may be asked for again once the one before came to its end.
 */
export const breachListUnlistedTransitions: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_unlisted_transitions',
  parameters: ['most'],
  text: `with moves as (
  select sequence, split_part(action, '.', 1) as entity, subject, detail ->> 'from' as from_state, detail ->> 'to' as to_state
  from audit_log where detail ? 'from' and detail ? 'to'
), final as (
  select distinct entity, to_state as state from state_transitions t
  where not exists (select from state_transitions n where n.entity = t.entity and n.from_state = t.to_state)
), linked as (
  select *, lag(to_state) over (partition by entity, subject order by sequence) as before from moves
)
select format('entry %s, %s %s', sequence, entity, subject) as "place",
  case when before <> from_state then format('went from "%s" to "%s" when it was "%s"', from_state, to_state, before)
    else format('went from "%s" to "%s", which is not allowed', from_state, to_state) end as "what"
from linked m
where (before <> from_state
    and not (m.entity = 'invoice_void' and from_state = '' and exists (select from final f where f.entity = m.entity and f.state = m.before)))
  or not exists (select from state_transitions t where t.entity = m.entity and t.from_state = m.from_state and t.to_state = m.to_state)
order by sequence
limit $1::int`,
};

/**
 * Promise 3: cells that a priced run required and rests on no or on several checkpoints of, without a waiver.
 */
export const breachListUnpinnedCells: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_unpinned_cells',
  parameters: ['most'],
  text: `with priced as (
  select distinct h.run_id, h.fencing_token, r.period_from, r.period_to
  from run_shards h join billing_runs r using (run_id)
), pinned as (
  select p.run_id, p.fencing_token, c.region, c.source_id, c.day, count(*) as checkpoints,
    count(*) filter (where c.status not in ('complete', 'superseded')) as incomplete
  from run_checkpoints p join checkpoints c using (checkpoint_id)
  group by p.run_id, p.fencing_token, c.region, c.source_id, c.day
)
select format('%s#%s %s/%s/%s', h.run_id, h.fencing_token, s.region, s.source_id, d.day::date) as "place",
  format('the run rests on %s checkpoints of it, %s of them incomplete', coalesce(p.checkpoints, 0), coalesce(p.incomplete, 0)) as "what"
from priced h
cross join lateral generate_series(h.period_from, h.period_to - 1, interval '1 day') d (day)
join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
join regions g on g.region = s.region and g.active_from <= d.day and (g.active_to is null or g.active_to > d.day)
left join pinned p on p.run_id = h.run_id and p.fencing_token = h.fencing_token
  and p.region = s.region and p.source_id = s.source_id and p.day = d.day::date
left join completeness_waivers w on w.region = s.region and w.source_id = s.source_id and w.day = d.day::date and w.status = 'approved'
where coalesce(p.checkpoints, 0) > 1 or p.incomplete > 0 or (p.checkpoints is null and w.day is null)
order by 1
limit $1::int`,
};

/**
 * Promise 10: facts that nobody has published since before an instant.
 */
export const breachListUnpublishedFacts: Query<{ readonly older_than: Date; readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_unpublished_facts',
  parameters: ['older_than', 'most'],
  text: `select format('%s %s', topic, event_id) as "place", format('became true at %s and is not published', to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')) as "what"
from outbox where published_at is null and occurred_at < $1::timestamptz
order by occurred_at, event_id
limit $2::int`,
};

/**
 * Promise 24: invoices that went on although a hold on them was not released, and released holds that nobody gave a reason for.
 */
export const breachListUnreleasedHolds: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_unreleased_holds',
  parameters: ['most'],
  text: `select format('%s hold %s', i.invoice_id, h.hold) as "place", format('is %s, and its hold "%s" was not released', i.status, h.reason) as "what"
from invoices i join invoice_holds h using (invoice_id)
where i.status not in ('rated', 'held', 'superseded', 'void') and h.released_by is null
union all
select format('%s hold %s', h.invoice_id, h.hold), 'was released without a reason'
from invoice_holds h where h.released_by is not null and coalesce(trim(h.released_why), '') = ''
order by 1
limit $1::int`,
};

/**
 * Promise 5: usage of an invoice's customer that is in no segment of the invoice or in no metric of its plan, and is not among
 * the exclusions that the invoice states, by rows and quantity; and exclusions that no usage stands behind.
 */
export const breachListUnstatedExclusions: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_unstated_exclusions',
  parameters: ['most'],
  text: `with rated as (
  select i.invoice_id, i.run_id, i.fencing_token, i.customer_id, i.document::jsonb as document
  from invoices i
  where i.series = 'usage' and i.hold_reason is null
    and to_regclass('usage_daily_' || replace(i.period, '-', '')) is not null
), segments as (
  select r.invoice_id, s."from" as from_day, s."to" as to_day, v.document::jsonb -> 'metrics' as metrics
  from rated r cross join lateral jsonb_to_recordset(r.document -> 'segments') s ("planVersion" text, "from" date, "to" date)
  join plan_versions v on v.plan_version = s."planVersion"
), used as (
  select r.invoice_id, u.metric,
    case when s.invoice_id is not null then 'metric_not_in_plan' when o.customer_id is not null then 'billed_off_cycle' else 'no_contract' end as reason,
    count(*) as rows, sum(u.quantity) as quantity
  from rated r
  join run_checkpoints p on p.run_id = r.run_id and p.fencing_token = r.fencing_token
  join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.customer_id = r.customer_id
  left join segments s on s.invoice_id = r.invoice_id and u.day >= s.from_day and u.day < s.to_day
  left join run_off_cycle_days o on o.run_id = r.run_id and o.fencing_token = r.fencing_token and o.customer_id = r.customer_id
    and u.day >= o.from_day and u.day < o.to_day
  where s.invoice_id is null or not s.metrics ? u.metric
  group by 1, 2, 3
), stated as (
  select r.invoice_id, e.metric, e.reason, sum(e.rows) as rows, sum(e.quantity) as quantity
  from rated r cross join lateral jsonb_to_recordset(r.document -> 'exclusions') e (metric text, rows bigint, quantity numeric, reason text)
  group by 1, 2, 3
)
select format('%s %s', invoice_id, metric) as "place",
  format('%s rows, %s in all, are in no line (%s), and the invoice states %s rows, %s', coalesce(u.rows, 0), coalesce(trim_scale(u.quantity), 0),
         reason, coalesce(s.rows, 0), coalesce(trim_scale(s.quantity), 0)) as "what"
from used u full join stated s using (invoice_id, metric, reason)
where u.rows is distinct from s.rows or u.quantity is distinct from s.quantity
order by 1
limit $1::int`,
};

/**
 * Promise 7: monthly runs that are not their month, runs of one scope that overlap, rows outside the day of their checkpoint,
 * and segments of an invoice that overlap or leave its period.
 */
export const breachListUntiledDays: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_untiled_days',
  parameters: ['most'],
  text: `with segments as (
  select i.invoice_id, s.ordinality, r.period_from, r.period_to, (s.segment ->> 'from')::date as from_day, (s.segment ->> 'to')::date as to_day
  from invoices i join billing_runs r using (run_id)
  cross join lateral jsonb_array_elements(i.document::jsonb -> 'segments') with ordinality s (segment, ordinality)
)
select 'run ' || run_id as "place", format('covers %s until %s, and its period is %s', period_from, period_to, period) as "what"
from billing_runs
where scope = 'month' and (period_from <> (period || '-01')::date or period_to <> ((period || '-01')::date + interval '1 month')::date)
union all
select 'run ' || a.run_id, format('overlaps run %s of the same scope', b.run_id)
from billing_runs a join billing_runs b on a.scope = b.scope and a.run_id < b.run_id and a.scope = 'month'
  and daterange(a.period_from, a.period_to) && daterange(b.period_from, b.period_to) and a.status <> 'closed' and b.status <> 'closed'
union all
select 'invoice ' || a.invoice_id, format('has a segment from %s until %s outside of its run', a.from_day, a.to_day)
from segments a where a.from_day < a.period_from or a.to_day > a.period_to or a.to_day <= a.from_day
union all
select 'invoice ' || a.invoice_id, format('bills days from %s twice', greatest(a.from_day, b.from_day))
from segments a join segments b on a.invoice_id = b.invoice_id and a.ordinality < b.ordinality
  and daterange(a.from_day, a.to_day) && daterange(b.from_day, b.to_day)
union all
select 'checkpoint ' || c.checkpoint_id, format('%s of its rows are of another day, region or metric', count(*))
from checkpoints c join usage_daily u on u.checkpoint_id = c.checkpoint_id
where (u.day, u.region, u.metric) is distinct from (c.day, c.region, c.metric)
group by c.checkpoint_id
order by 1, 2
limit $1::int`,
};

/**
 * Promise 17: invoices whose amounts are not those that they were rated with, and events that were applied to no invoice of ours.
 */
export const breachListWebhookAmounts: Query<{ readonly most: number }, { readonly place: string; readonly what: string }> = {
  name: 'breach_list_webhook_amounts',
  parameters: ['most'],
  text: `select invoice_id as "place", format('is %s of %s %s, and was rated as %s of %s %s', subtotal, total, currency,
  document::jsonb ->> 'subtotal', document::jsonb ->> 'total', document::jsonb ->> 'currency') as "what"
from invoices
where (subtotal::text, total::text, currency) is distinct from (document::jsonb ->> 'subtotal', document::jsonb ->> 'total', document::jsonb ->> 'currency')
union all
select 'Stripe event ' || e.event_id, format('was applied to %s, which is no invoice here', e.object_id)
from stripe_events e
where e.outcome = 'applied' and e.object_id like 'in\\_%' and not exists (select from invoices i where i.stripe_invoice_id = e.object_id)
order by 1
limit $1::int`,
};

/**
 * Writes the charges of a shard in one statement, from a JSON array whose amounts are text.
 */
export const chargeInsertMany: Query<{ readonly run_id: string; readonly fencing_token: number; readonly charges: string }, Record<never, never>> = {
  name: 'charge_insert_many',
  parameters: ['run_id', 'fencing_token', 'charges'],
  text: `insert into charges (run_id, fencing_token, customer_id, rating_number, purpose, position, invoice_id, contract_id, segment_from, segment_to,
  line_key, label, project_id, currency, quantity, exact, amount, formula, formula_digest, plan_version, parameters_digest, usage_digest, inputs, details, adjustment_id)
select $1, $2::int, r.customer_id, r.rating_number, r.purpose, r.position, r.invoice_id, r.contract_id, r.segment_from, r.segment_to,
  r.line_key, r.label, r.project_id, r.currency, r.quantity, r.exact, r.amount, r.formula, r.formula_digest, r.plan_version, r.parameters_digest, r.usage_digest, r.inputs, r.details, r.adjustment_id
from jsonb_to_recordset($3::jsonb) r (customer_id text, rating_number int, purpose charge_purpose, position int, invoice_id text, contract_id text, segment_from date, segment_to date,
  line_key text, label text, project_id text, currency text, quantity text, exact text, amount bigint, formula text, formula_digest text, plan_version text,
  parameters_digest text, usage_digest text, inputs text, details text, adjustment_id text)`,
};

/**
 * What changed in a run's live invoices against those of another period, line by line, with both sums of the customer:
 * segments added up, quantities as they were written, terms as the digests of formula and parameters. One side is null
 * where a line has come or gone.
 */
export const chargeListDifferences: Query<{ readonly run_id: string; readonly series: string; readonly previous_period: string }, { readonly customer_id: string; readonly customer_name: string; readonly currency: string; readonly line: string; readonly project: string; readonly label: string; readonly old_amount: bigint | null; readonly new_amount: bigint | null; readonly old_quantity: string | null; readonly new_quantity: string | null; readonly same_terms: boolean; readonly old_total: bigint | null; readonly new_total: bigint | null }> = {
  name: 'charge_list_differences',
  parameters: ['run_id', 'series', 'previous_period'],
  text: `with lines as (
  select i.customer_id, i.currency, split_part(c.line_key, ':', 1) as line, coalesce(c.project_id, '') as project, i.run_id = $1 as is_own,
    min(c.label) as label, sum(c.amount)::bigint as amount,
    string_agg(coalesce(c.quantity, ''), ' + ' order by c.segment_from) as quantity,
    string_agg(distinct c.formula_digest || c.parameters_digest, ' ') as terms
  from invoices i join charges c using (invoice_id)
  where i.status not in ('void', 'superseded')
    and (i.run_id = $1 or (i.series = $2 and i.period = $3))
  group by 1, 2, 3, 4, 5
), compared as (
  select customer_id, currency, line, project, coalesce(n.label, o.label) as label, o.amount as old_amount, n.amount as new_amount,
    o.quantity as old_quantity, n.quantity as new_quantity, o.terms is not distinct from n.terms as same_terms,
    (sum(o.amount) over customer)::bigint as old_total, (sum(n.amount) over customer)::bigint as new_total
  from (select * from lines where not is_own) o
  full join (select * from lines where is_own) n using (customer_id, currency, line, project)
  window customer as (partition by customer_id, currency)
)
select customer_id as "customer_id", u.name as customer_name, currency as "currency", line as "line", project as "project", label as "label",
  old_amount as "old_amount", new_amount as "new_amount", old_quantity as "old_quantity", new_quantity as "new_quantity",
  same_terms as "same_terms", old_total as "old_total", new_total as "new_total"
from compared join customers u using (customer_id)
where old_amount is distinct from new_amount
order by 1, 2, 3, 4`,
};

/**
 * The lines of some customers in a run under a token, billed and shadow, in their order, with everything that was fixed when they were rated.
 */
export const chargeListOfCustomers: Query<{ readonly run_id: string; readonly fencing_token: number; readonly customers: readonly string[] }, { readonly customer_id: string; readonly rating_number: number; readonly purpose: ChargePurpose; readonly position: number; readonly invoice_id: string | null; readonly contract_id: string; readonly segment_from: string; readonly segment_to: string; readonly line_key: string; readonly label: string; readonly project_id: string | null; readonly currency: string; readonly quantity: string | null; readonly exact: string; readonly amount: bigint; readonly formula: string; readonly formula_digest: string; readonly plan_version: string; readonly parameters_digest: string; readonly usage_digest: string; readonly inputs: string; readonly details: string; readonly adjustment_id: string | null }> = {
  name: 'charge_list_of_customers',
  parameters: ['run_id', 'fencing_token', 'customers'],
  text: `select customer_id, rating_number, purpose, position, invoice_id, contract_id, segment_from, segment_to, line_key, label, project_id, currency, quantity, exact, amount,
  formula, formula_digest, plan_version, parameters_digest, usage_digest, inputs, details, adjustment_id
from charges
where run_id = $1 and fencing_token = $2 and customer_id = any($3::text[])
order by customer_id, rating_number, purpose, position`,
};

/**
 * The lines of an invoice in their order, with everything that was fixed when they were rated (promise 6).
 */
export const chargeListOfInvoice: Query<{ readonly invoice_id: string }, { readonly position: number; readonly purpose: ChargePurpose; readonly adjustment_id: string | null; readonly contract_id: string; readonly segment_from: string; readonly segment_to: string; readonly line_key: string; readonly label: string; readonly project_id: string | null; readonly currency: string; readonly quantity: string | null; readonly exact: string; readonly amount: bigint; readonly formula: string; readonly formula_digest: string; readonly plan_version: string; readonly parameters_digest: string; readonly usage_digest: string; readonly inputs: string; readonly details: string }> = {
  name: 'charge_list_of_invoice',
  parameters: ['invoice_id'],
  text: `select position, purpose, adjustment_id, contract_id, segment_from, segment_to, line_key, label, project_id, currency, quantity, exact, amount,
  formula, formula_digest, plan_version, parameters_digest, usage_digest, inputs, details
from charges
where invoice_id = $1
order by position`,
};

/**
 * The lines of some invoices, with the title of their plan, in the byte order of the invoices' ids and then in their own.
 */
export const chargeListOfInvoices: Query<{ readonly invoice_ids: readonly string[] }, { readonly invoice_id: string; readonly position: number; readonly line_key: string; readonly label: string; readonly project_id: string | null; readonly contract_id: string; readonly segment_from: string; readonly segment_to: string; readonly plan: string; readonly plan_version: string; readonly formula: string; readonly quantity: string | null; readonly exact: string; readonly amount: bigint; readonly formula_digest: string; readonly parameters_digest: string; readonly usage_digest: string; readonly adjustment_id: string | null }> = {
  name: 'charge_list_of_invoices',
  parameters: ['invoice_ids'],
  text: `select c.invoice_id as "invoice_id", c.position, c.line_key, c.label, c.project_id, c.contract_id, c.segment_from, c.segment_to,
  v.plan, c.plan_version, c.formula, c.quantity, c.exact, c.amount, c.formula_digest, c.parameters_digest, c.usage_digest, c.adjustment_id
from charges c join plan_versions v using (plan_version)
where c.invoice_id = any($1::text[])
order by c.invoice_id collate "C", c.position`,
};

/**
 * Fails attempts, at whatever cell, that began before an instant and never ended: their worker is gone, and what they
 * staged goes with them.
 */
export const checkpointAbandonLeft: Query<{ readonly finished_at: Date; readonly started_before: Date }, Record<never, never>> = {
  name: 'checkpoint_abandon_left',
  parameters: ['finished_at', 'started_before'],
  text: `update checkpoints set status = 'failed', failure_reason = 'abandoned', failure_detail = 'its worker never came back', finished_at = $1
where checkpoint_id in (select checkpoint_id from checkpoints where status = 'running' and started_at < $2 for update skip locked)`,
};

/**
 * Fails an attempt that somebody began and left: from here on its writer is fenced out.
 */
export const checkpointAbandonRunning: Query<{ readonly finished_at: Date; readonly day: string; readonly region: string; readonly source_id: string }, Record<never, never>> = {
  name: 'checkpoint_abandon_running',
  parameters: ['finished_at', 'day', 'region', 'source_id'],
  text: `update checkpoints set status = 'failed', failure_reason = 'abandoned', failure_detail = 'a newer attempt took over', finished_at = $1
where day = $2::date and region = $3 and source_id = $4 and status = 'running'`,
};

/**
 * Ends an attempt with its figures. No row means that the attempt was fenced out in the meantime.
 */
export const checkpointComplete: Query<{ readonly revision: number; readonly row_count: number; readonly total: string; readonly digest: string; readonly evidence: string; readonly finished_at: Date; readonly checkpoint_id: bigint }, { readonly checkpoint_id: bigint }> = {
  name: 'checkpoint_complete',
  parameters: ['revision', 'row_count', 'total', 'digest', 'evidence', 'finished_at', 'checkpoint_id'],
  text: `update checkpoints
set status = 'complete', revision = $1, row_count = $2, total = $3::numeric, digest = $4, evidence = $5, finished_at = $6
where checkpoint_id = $7 and status = 'running'
returning checkpoint_id`,
};

/**
 * Ends an attempt that found the same data as the current checkpoint. No row means that the attempt was fenced out.
 */
export const checkpointEndUnchanged: Query<{ readonly digest: string; readonly evidence: string; readonly finished_at: Date; readonly checkpoint_id: bigint }, { readonly checkpoint_id: bigint }> = {
  name: 'checkpoint_end_unchanged',
  parameters: ['digest', 'evidence', 'finished_at', 'checkpoint_id'],
  text: `update checkpoints set status = 'unchanged', digest = $1, evidence = $2, finished_at = $3
where checkpoint_id = $4 and status = 'running'
returning checkpoint_id`,
};

/**
 * Ends an attempt that could not be billed from, with the named reason. No row means that the attempt was fenced out.
 */
export const checkpointFail: Query<{ readonly failure_reason: string; readonly failure_detail: string; readonly evidence: string; readonly finished_at: Date; readonly checkpoint_id: bigint }, { readonly checkpoint_id: bigint }> = {
  name: 'checkpoint_fail',
  parameters: ['failure_reason', 'failure_detail', 'evidence', 'finished_at', 'checkpoint_id'],
  text: `update checkpoints set status = 'failed', failure_reason = $1, failure_detail = $2, evidence = $3, finished_at = $4
where checkpoint_id = $5 and status = 'running'
returning checkpoint_id`,
};

/**
 * One checkpoint with the version of its source.
 */
export const checkpointFind: Query<{ readonly checkpoint_id: bigint }, { readonly checkpoint_id: bigint; readonly region: string; readonly source_id: string; readonly source_version: number; readonly metric: string; readonly day: string; readonly status: CheckpointStatus; readonly revision: number | null; readonly row_count: number | null; readonly total: string | null; readonly digest: string | null; readonly evidence: string | null; readonly failure_reason: string | null; readonly failure_detail: string | null; readonly started_at: Date; readonly finished_at: Date | null; readonly configuration: unknown; readonly configuration_digest: string; readonly metric_title: string }> = {
  name: 'checkpoint_find',
  parameters: ['checkpoint_id'],
  text: `select c.checkpoint_id, c.region, c.source_id, c.source_version, c.metric, c.day, c.status, c.revision, c.row_count, c.total, c.digest, c.evidence,
  c.failure_reason, c.failure_detail, c.started_at, c.finished_at, s.configuration, s.configuration_digest, m.title as metric_title
from checkpoints c
join usage_sources s on s.source_id = c.source_id and s.region = c.region and s.version = c.source_version
join metrics m on m.metric = c.metric
where c.checkpoint_id = $1`,
};

/**
 * The current checkpoint of a cell, if it has one, and the last revision that was ever given.
 */
export const checkpointFindCurrent: Query<{ readonly day: string; readonly region: string; readonly source_id: string }, { readonly last_revision: number | null; readonly checkpoint_id: bigint | null; readonly revision: number | null; readonly digest: string | null }> = {
  name: 'checkpoint_find_current',
  parameters: ['day', 'region', 'source_id'],
  text: `select
  (select max(revision) from checkpoints l where l.day = $1::date and l.region = $2 and l.source_id = $3) as last_revision,
  c.checkpoint_id as "checkpoint_id", c.revision as "revision", c.digest as "digest"
from (select 1) one
left join checkpoints c on c.day = $1::date and c.region = $2 and c.source_id = $3 and c.status = 'complete'`,
};

/**
 * Notes that the figures of some checkpoints were judged.
 */
export const checkpointJudgementInsert: Query<{ readonly checkpoint_ids: readonly bigint[]; readonly judged_at: Date }, Record<never, never>> = {
  name: 'checkpoint_judgement_insert',
  parameters: ['checkpoint_ids', 'judged_at'],
  text: `insert into checkpoint_judgements (checkpoint_id, judged_at)
select unnest($1::bigint[]), $2
on conflict do nothing`,
};

/**
 * The days of a source that have a current checkpoint.
 */
export const checkpointListCurrentOfSource: Query<{ readonly region: string; readonly source_id: string; readonly metric: string; readonly from_day: string; readonly to_day: string }, { readonly day: string; readonly checkpoint_id: bigint }> = {
  name: 'checkpoint_list_current_of_source',
  parameters: ['region', 'source_id', 'metric', 'from_day', 'to_day'],
  text: `select day, checkpoint_id from checkpoints
where region = $1 and source_id = $2 and metric = $3 and status = 'complete'
  and day >= $4::date and day < $5::date
order by day`,
};

/**
 * The latest months whose last day has a current checkpoint, newest first.
 */
export const checkpointListFullMonths: Query<{ readonly most: number }, { readonly period: string }> = {
  name: 'checkpoint_list_full_months',
  parameters: ['most'],
  text: `select distinct to_char(day, 'YYYY-MM') as "period" from checkpoints
where status = 'complete' and day = (date_trunc('month', day) + interval '1 month' - interval '1 day')::date
order by 1 desc limit $1::int`,
};

/**
 * For every source that is active somewhere: the last day with a current checkpoint, when it was made, and the cell's revision.
 */
export const checkpointListLatest: Query<{ readonly day: string }, { readonly region: string; readonly source_id: string; readonly day: string | null; readonly revision: number | null; readonly finished_at: Date | null }> = {
  name: 'checkpoint_list_latest',
  parameters: ['day'],
  text: `select s.region, s.source_id, c.day as "day", c.revision as "revision", c.finished_at as "finished_at"
from (select distinct region, source_id from usage_sources where active_to is null or active_to > $1::date) s
left join lateral (
  select day, revision, finished_at from checkpoints l
  where l.region = s.region and l.source_id = s.source_id and l.status = 'complete'
  order by l.day desc limit 1) c on true
order by s.region, s.source_id`,
};

/**
 * Every attempt at a cell, the newest first.
 */
export const checkpointListOfCell: Query<{ readonly region: string; readonly source_id: string; readonly day: string }, { readonly checkpoint_id: bigint; readonly source_version: number; readonly metric: string; readonly status: CheckpointStatus; readonly revision: number | null; readonly row_count: number | null; readonly total: string | null; readonly digest: string | null; readonly failure_reason: string | null; readonly failure_detail: string | null; readonly started_at: Date; readonly finished_at: Date | null }> = {
  name: 'checkpoint_list_of_cell',
  parameters: ['region', 'source_id', 'day'],
  text: `select checkpoint_id, source_version, metric, status, revision, row_count, total, digest, failure_reason, failure_detail, started_at, finished_at
from checkpoints where region = $1 and source_id = $2 and day = $3::date
order by checkpoint_id desc`,
};

/**
 * The checkpoints that the invoice's run rests on, for some metrics: those without a row of the customer too, for they are the evidence of its zeros.
 */
export const checkpointListOfInvoice: Query<{ readonly invoice_id: string; readonly metrics: readonly string[] }, { readonly checkpoint_id: bigint; readonly region: string; readonly source_id: string; readonly source_version: number; readonly metric: string; readonly day: string; readonly status: CheckpointStatus; readonly revision: number; readonly row_count: number; readonly total: string; readonly digest: string; readonly evidence: string; readonly finished_at: Date; readonly configuration_digest: string }> = {
  name: 'checkpoint_list_of_invoice',
  parameters: ['invoice_id', 'metrics'],
  text: `select c.checkpoint_id, c.region, c.source_id, c.source_version, c.metric, c.day, c.status, c.revision as "revision", c.row_count as "row_count",
  c.total as "total", c.digest as "digest", c.evidence as "evidence", c.finished_at as "finished_at", s.configuration_digest
from invoices i
join run_checkpoints p on p.run_id = i.run_id and p.fencing_token = i.fencing_token
join checkpoints c on c.checkpoint_id = p.checkpoint_id
join usage_sources s on s.source_id = c.source_id and s.region = c.region and s.version = c.source_version
where i.invoice_id = $1 and c.metric = any($2::text[])
order by c.metric, c.region, c.source_id, c.day`,
};

/**
 * The current checkpoints of some days whose figures have not been judged, by source, with the days that they are of.
 */
export const checkpointListUnjudged: Query<{ readonly from_day: string; readonly to_day: string }, { readonly region: string; readonly source_id: string; readonly metric: string; readonly first_day: string; readonly last_day: string; readonly checkpoint_ids: readonly bigint[] }> = {
  name: 'checkpoint_list_unjudged',
  parameters: ['from_day', 'to_day'],
  text: `select c.region, c.source_id, c.metric, min(c.day) as "first_day", max(c.day) as "last_day", array_agg(c.checkpoint_id order by c.checkpoint_id) as "checkpoint_ids"
from checkpoints c
where c.status = 'complete' and c.day >= $1::date and c.day < $2::date
  and not exists (select from checkpoint_judgements j where j.checkpoint_id = c.checkpoint_id)
group by c.region, c.source_id, c.metric
order by c.region, c.source_id, c.metric`,
};

/**
 * Serialises the transactions that start or finish a (region, source, day), to the end of the transaction.
 */
export const checkpointLockCell: Query<{ readonly region: string; readonly source_id: string; readonly day: string }, { readonly pg_advisory_xact_lock: unknown | null }> = {
  name: 'checkpoint_lock_cell',
  parameters: ['region', 'source_id', 'day'],
  text: `select pg_advisory_xact_lock(hashtextextended('checkpoint:' || $1 || '/' || $2 || '/' || $3, 0))`,
};

/**
 * Locks an attempt that may still write; no row when it was fenced out.
 */
export const checkpointLockRunning: Query<{ readonly checkpoint_id: bigint }, { readonly checkpoint_id: bigint }> = {
  name: 'checkpoint_lock_running',
  parameters: ['checkpoint_id'],
  text: `select checkpoint_id from checkpoints where checkpoint_id = $1 and status = 'running' for update`,
};

/**
 * Begins an attempt. The caller holds the cell's lock and has failed any older attempt.
 */
export const checkpointStart: Query<{ readonly region: string; readonly source_id: string; readonly source_version: number; readonly metric: string; readonly day: string; readonly started_at: Date }, { readonly checkpoint_id: bigint }> = {
  name: 'checkpoint_start',
  parameters: ['region', 'source_id', 'source_version', 'metric', 'day', 'started_at'],
  text: `insert into checkpoints (region, source_id, source_version, metric, day, status, started_at)
values ($1, $2, $3, $4, $5::date, 'running', $6)
returning checkpoint_id`,
};

/**
 * Retires the current checkpoint of a cell in favour of a newer revision; its rows stay readable.
 */
export const checkpointSupersede: Query<{ readonly checkpoint_id: bigint }, Record<never, never>> = {
  name: 'checkpoint_supersede',
  parameters: ['checkpoint_id'],
  text: `update checkpoints set status = 'superseded' where checkpoint_id = $1 and status = 'complete'`,
};

/**
 * What each customer used in all of a source, over the days that have a current checkpoint and usage of the customer.
 */
export const checkpointVolumeList: Query<{ readonly region: string; readonly source_id: string; readonly metric: string; readonly from_day: string; readonly to_day: string }, { readonly customer_id: string; readonly days: readonly string[]; readonly quantities: readonly string[] }> = {
  name: 'checkpoint_volume_list',
  parameters: ['region', 'source_id', 'metric', 'from_day', 'to_day'],
  text: `select v.customer_id, array_agg(c.day order by c.day)::text[] as "days", array_agg(v.quantity::text order by c.day) as "quantities"
from checkpoints c join checkpoint_volumes v on v.checkpoint_id = c.checkpoint_id
where c.region = $1 and c.source_id = $2 and c.metric = $3 and c.status = 'complete'
  and c.day >= $4::date and c.day < $5::date
group by v.customer_id
order by v.customer_id`,
};

/**
 * Adds up what each customer used, for the current checkpoints of a source that have not been added up. A repeat adds nothing.
 */
export const checkpointVolumePrepare: Query<{ readonly region: string; readonly source_id: string; readonly metric: string; readonly from_day: string; readonly to_day: string }, Record<never, never>> = {
  name: 'checkpoint_volume_prepare',
  parameters: ['region', 'source_id', 'metric', 'from_day', 'to_day'],
  text: `insert into checkpoint_volumes (checkpoint_id, customer_id, quantity)
select c.checkpoint_id, u.customer_id, sum(u.quantity)
from checkpoints c
join usage_daily u on u.checkpoint_id = c.checkpoint_id and u.day = c.day
join customers k on k.customer_id = u.customer_id
where c.region = $1 and c.source_id = $2 and c.metric = $3 and c.status = 'complete'
  and c.day >= $4::date and c.day < $5::date
  and not exists (select from checkpoint_volumes v where v.checkpoint_id = c.checkpoint_id)
group by c.checkpoint_id, u.customer_id
on conflict do nothing`,
};

/**
 * Gives an approval, the first or the second, and puts the rule in force when it is the last one that it takes.
 */
export const closeRuleApprove: Query<{ readonly approver: string; readonly is_last: boolean; readonly rule_id: string }, { readonly rule_id: string }> = {
  name: 'close_rule_approve',
  parameters: ['approver', 'is_last', 'rule_id'],
  text: `update close_rules set approver = coalesce(approver, $1), second_approver = case when approver is not null then $1 end,
  status = case when $2::boolean then 'in_force'::close_rule_status else status end
where rule_id = $3 and status = 'proposed'
returning rule_id`,
};

/**
 * The rules of one kind that are in force, by currency.
 */
export const closeRuleFindInForce: Query<{ readonly kind: CloseRuleKind }, { readonly rule_id: string; readonly currency: string; readonly terms: string }> = {
  name: 'close_rule_find_in_force',
  parameters: ['kind'],
  text: `select rule_id, currency, terms from close_rules where kind = $1::close_rule_kind and status = 'in_force' order by currency`,
};

/**
 * Every rule of the close, those in force first.
 */
export const closeRuleList: Query<Record<never, never>, { readonly rule_id: string; readonly kind: CloseRuleKind; readonly currency: string; readonly terms: string; readonly status: CloseRuleStatus; readonly author: string | null; readonly approver: string | null; readonly second_approver: string | null; readonly proposed_at: Date }> = {
  name: 'close_rule_list',
  parameters: [],
  text: `select rule_id, kind, currency, terms, status, author, approver, second_approver, proposed_at
from close_rules order by status = 'in_force' desc, kind, currency, proposed_at desc, rule_id`,
};

/**
 * A rule, locked to the end of the transaction.
 */
export const closeRuleLock: Query<{ readonly rule_id: string }, { readonly rule_id: string; readonly kind: CloseRuleKind; readonly currency: string; readonly status: CloseRuleStatus; readonly approver: string | null }> = {
  name: 'close_rule_lock',
  parameters: ['rule_id'],
  text: `select rule_id, kind, currency, status, approver from close_rules where rule_id = $1 for update`,
};

/**
 * Proposes a rule; nothing when the id is taken.
 */
export const closeRulePropose: Query<{ readonly rule_id: string; readonly kind: CloseRuleKind; readonly currency: string; readonly terms: string; readonly author: string; readonly proposed_at: Date }, { readonly rule_id: string }> = {
  name: 'close_rule_propose',
  parameters: ['rule_id', 'kind', 'currency', 'terms', 'author', 'proposed_at'],
  text: `insert into close_rules (rule_id, kind, currency, terms, status, author, proposed_at)
values ($1, $2::close_rule_kind, $3, $4, 'proposed', $5, $6)
on conflict (rule_id) do nothing
returning rule_id`,
};

/**
 * Ends what is in force of a kind and currency, so that another rule can take its place.
 */
export const closeRuleRetire: Query<{ readonly kind: CloseRuleKind; readonly currency: string }, { readonly rule_id: string }> = {
  name: 'close_rule_retire',
  parameters: ['kind', 'currency'],
  text: `update close_rules set status = 'retired' where kind = $1::close_rule_kind and currency = $2 and status = 'in_force'
returning rule_id`,
};

/**
 * Keeps what the periods of compared customers come to, in place of what they came to before; from a JSON array whose amounts are text.
 */
export const comparisonKeep: Query<{ readonly run_id: string; readonly rerating: number; readonly compared_at: Date; readonly comparisons: string }, Record<never, never>> = {
  name: 'comparison_keep',
  parameters: ['run_id', 'rerating', 'compared_at', 'comparisons'],
  text: `insert into comparisons (run_id, customer_id, rerating, currency, corrected, shadow, compared_at)
select $1, c.customer_id, $2::int, c.currency, c.corrected, c.shadow, $3::timestamptz
from jsonb_to_recordset($4::jsonb) c (customer_id text, currency text, corrected bigint, shadow jsonb)
on conflict (run_id, customer_id) do update
  set rerating = excluded.rerating, currency = excluded.currency, corrected = excluded.corrected, shadow = excluded.shadow, compared_at = excluded.compared_at`,
};

/**
 * How many cells a range of days requires, and how many of them have neither a current checkpoint nor a waiver.
 */
export const completenessCount: Query<{ readonly from_day: string; readonly to_day: string }, { readonly required: number; readonly missing: number }> = {
  name: 'completeness_count',
  parameters: ['from_day', 'to_day'],
  text: `select count(*)::int as "required",
  (count(*) filter (where c.checkpoint_id is null and w.day is null))::int as "missing"
from generate_series($1::date, $2::date - 1, interval '1 day') d (day)
join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
join regions r on r.region = s.region and r.active_from <= d.day and (r.active_to is null or r.active_to > d.day)
left join checkpoints c on c.day = d.day and c.region = s.region and c.source_id = s.source_id and c.status = 'complete'
left join completeness_waivers w on w.day = d.day and w.region = s.region and w.source_id = s.source_id
  and w.status = 'approved'`,
};

/**
 * Every cell that a range of days requires, with what there is: the current checkpoint, a waiver, or the last attempt.
 */
export const completenessListCells: Query<{ readonly from_day: string; readonly to_day: string }, { readonly region: string; readonly source_id: string; readonly day: string; readonly checkpoint_id: bigint | null; readonly revision: number | null; readonly row_count: number | null; readonly total: string | null; readonly waived_because: string | null; readonly last_status: CheckpointStatus | null; readonly failure_reason: string | null; readonly failure_detail: string | null }> = {
  name: 'completeness_list_cells',
  parameters: ['from_day', 'to_day'],
  text: `select s.region as "region", s.source_id as "source_id", d.day::date as "day",
  c.checkpoint_id as "checkpoint_id", c.revision as "revision", c.row_count as "row_count", c.total as "total",
  w.why as "waived_because",
  a.status as "last_status", a.failure_reason as "failure_reason", a.failure_detail as "failure_detail"
from generate_series($1::date, $2::date - 1, interval '1 day') d (day)
join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
join regions r on r.region = s.region and r.active_from <= d.day and (r.active_to is null or r.active_to > d.day)
left join checkpoints c on c.day = d.day and c.region = s.region and c.source_id = s.source_id and c.status = 'complete'
left join completeness_waivers w on w.day = d.day and w.region = s.region and w.source_id = s.source_id
  and w.status = 'approved'
left join lateral (
  select status, failure_reason, failure_detail from checkpoints l
  where l.day = d.day and l.region = s.region and l.source_id = s.source_id and c.checkpoint_id is null
  order by l.checkpoint_id desc limit 1) a on true
order by s.region, s.source_id, d.day`,
};

/**
 * Approves a proposed waiver, by somebody else than its author: a trigger sees to that. No row means that none is proposed.
 */
export const completenessWaiverApprove: Query<{ readonly approver: string; readonly waived_at: Date; readonly region: string; readonly source_id: string; readonly day: string }, { readonly author: string; readonly why: string }> = {
  name: 'completeness_waiver_approve',
  parameters: ['approver', 'waived_at', 'region', 'source_id', 'day'],
  text: `update completeness_waivers set status = 'approved', approver = $1, waived_at = $2
where region = $3 and source_id = $4 and day = $5::date and status = 'proposed'
returning author, why`,
};

/**
 * A cell of the matrix as a waiver sees it: whether anything is required there, whether it is complete, and the waiver with its row locked.
 */
export const completenessWaiverFind: Query<{ readonly day: string; readonly region: string; readonly source_id: string }, { readonly required: boolean; readonly complete: boolean; readonly status: WaiverStatus | null; readonly author: string | null; readonly approver: string | null; readonly why: string | null }> = {
  name: 'completeness_waiver_find',
  parameters: ['day', 'region', 'source_id'],
  text: `select exists (select from usage_sources s join regions r on r.region = s.region and r.active_from <= $1::date and (r.active_to is null or r.active_to > $1::date)
    where s.region = $2 and s.source_id = $3 and s.active_from <= $1::date and (s.active_to is null or s.active_to > $1::date)) as "required",
  exists (select from checkpoints c where c.region = $2 and c.source_id = $3 and c.day = $1::date and c.status = 'complete') as "complete",
  w.status as "status", w.author as "author", w.approver as "approver", w.why as "why"
from (select 1) one
left join completeness_waivers w on w.region = $2 and w.source_id = $3 and w.day = $1::date`,
};

/**
 * The days that are billed without a figure, by decision of two people.
 */
export const completenessWaiverList: Query<{ readonly from_day: string; readonly to_day: string }, { readonly region: string; readonly source_id: string; readonly metric: string; readonly day: string; readonly author: string; readonly approver: string; readonly why: string; readonly waived_at: Date }> = {
  name: 'completeness_waiver_list',
  parameters: ['from_day', 'to_day'],
  text: `select w.region, w.source_id, s.metric, w.day, w.author, w.approver as "approver", w.why, w.waived_at as "waived_at"
from completeness_waivers w
join usage_sources s on s.source_id = w.source_id and s.region = w.region
  and s.active_from <= w.day and (s.active_to is null or s.active_to > w.day)
where w.day >= $1::date and w.day < $2::date and w.status = 'approved'
order by w.region, w.source_id, w.day`,
};

/**
 * Every waiver of a range of days, whatever became of it.
 */
export const completenessWaiverListAll: Query<{ readonly from_day: string; readonly to_day: string }, { readonly region: string; readonly source_id: string; readonly day: string; readonly status: WaiverStatus; readonly author: string; readonly approver: string | null; readonly why: string; readonly proposed_at: Date; readonly waived_at: Date | null }> = {
  name: 'completeness_waiver_list_all',
  parameters: ['from_day', 'to_day'],
  text: `select region, source_id, day, status, author, approver, why, proposed_at, waived_at
from completeness_waivers where day >= $1::date and day < $2::date
order by day, region, source_id`,
};

/**
 * Proposes that a day be billed without a figure, or proposes it anew with other words. No row means that it is approved already.
 */
export const completenessWaiverPropose: Query<{ readonly region: string; readonly source_id: string; readonly day: string; readonly author: string; readonly why: string; readonly proposed_at: Date }, { readonly region: string }> = {
  name: 'completeness_waiver_propose',
  parameters: ['region', 'source_id', 'day', 'author', 'why', 'proposed_at'],
  text: `insert into completeness_waivers (region, source_id, day, status, author, why, proposed_at)
values ($1, $2, $3::date, 'proposed', $4, $5, $6)
on conflict (region, source_id, day) do update
set status = 'proposed', author = excluded.author, why = excluded.why, proposed_at = excluded.proposed_at
where completeness_waivers.status in ('proposed', 'rejected')
returning region`,
};

/**
 * Rejects a proposed waiver, or takes it back. No row means that none is proposed.
 */
export const completenessWaiverReject: Query<{ readonly region: string; readonly source_id: string; readonly day: string }, { readonly author: string; readonly why: string }> = {
  name: 'completeness_waiver_reject',
  parameters: ['region', 'source_id', 'day'],
  text: `update completeness_waivers set status = 'rejected'
where region = $1 and source_id = $2 and day = $3::date and status = 'proposed'
returning author, why`,
};

/**
 * Puts an approved contract in force from its first day. No row means that it is not approved.
 */
export const contractActivate: Query<{ readonly contract_id: string }, { readonly contract_id: string }> = {
  name: 'contract_activate',
  parameters: ['contract_id'],
  text: `update contracts set status = 'active' where contract_id = $1 and status = 'approved' returning contract_id`,
};

/**
 * Approves a draft. No row means that it is no draft.
 */
export const contractApprove: Query<{ readonly approver: string; readonly acknowledged: readonly string[]; readonly contract_id: string }, { readonly contract_id: string }> = {
  name: 'contract_approve',
  parameters: ['approver', 'acknowledged', 'contract_id'],
  text: `update contracts set status = 'approved', approver = $1, acknowledged = $2
where contract_id = $3 and status = 'draft' returning contract_id`,
};

/**
 * Records a contract as a draft with what the check found; a draft of the same id is drafted anew. No row means that the
 * contract is past its draft. Takes the checker's role.
 */
export const contractDraft: Query<{ readonly contract_id: string; readonly customer_id: string; readonly mode: BillingMode; readonly legacy_plan_version: string | null; readonly usage_plan_version: string | null; readonly overrides: string; readonly starts_on: string; readonly ends_on: string | null; readonly author: string; readonly diagnostics: string; readonly collection_method: string; readonly days_until_due: number | null; readonly tax: string }, { readonly contract_id: string }> = {
  name: 'contract_draft',
  parameters: ['contract_id', 'customer_id', 'mode', 'legacy_plan_version', 'usage_plan_version', 'overrides', 'starts_on', 'ends_on', 'author', 'diagnostics', 'collection_method', 'days_until_due', 'tax'],
  text: `insert into contracts (contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, status, author, diagnostics,
  collection_method, days_until_due, tax)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'draft', $9, $10,
  $11, $12::int, $13)
on conflict (contract_id) do update set
  customer_id = excluded.customer_id, mode = excluded.mode, legacy_plan_version = excluded.legacy_plan_version,
  usage_plan_version = excluded.usage_plan_version, overrides = excluded.overrides, starts_on = excluded.starts_on,
  ends_on = excluded.ends_on, author = excluded.author, diagnostics = excluded.diagnostics,
  collection_method = excluded.collection_method, days_until_due = excluded.days_until_due, tax = excluded.tax
where contracts.status = 'draft'
returning contract_id`,
};

/**
 * Ends a contract: `ends_on` is the first day that it does not cover. No row means that it is neither approved nor active.
 */
export const contractEnd: Query<{ readonly ends_on: string; readonly contract_id: string }, { readonly contract_id: string }> = {
  name: 'contract_end',
  parameters: ['ends_on', 'contract_id'],
  text: `update contracts set status = 'ended', ends_on = $1
where contract_id = $2 and status in ('approved', 'active') returning contract_id`,
};

/**
 * One contract with its terms.
 */
export const contractFind: Query<{ readonly contract_id: string }, { readonly contract_id: string; readonly customer_id: string; readonly mode: BillingMode; readonly legacy_plan_version: string | null; readonly usage_plan_version: string | null; readonly overrides: string; readonly starts_on: string; readonly ends_on: string | null; readonly status: ContractStatus; readonly author: string; readonly approver: string | null; readonly diagnostics: unknown; readonly error_count: number; readonly acknowledged: readonly string[]; readonly collection_method: string; readonly days_until_due: number | null; readonly tax: string }> = {
  name: 'contract_find',
  parameters: ['contract_id'],
  text: `select contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, status, author, approver,
  diagnostics, error_count, acknowledged, collection_method, days_until_due, tax
from contracts where contract_id = $1`,
};

/**
 * The contracts of some customers that the monthly run of a period bills or would bill: in force on any of its days, and not billed by an off-cycle run.
 */
export const contractListBilledMonthly: Query<{ readonly customers: readonly string[]; readonly to_day: string; readonly from_day: string; readonly period: string }, { readonly contract_id: string; readonly customer_id: string; readonly mode: BillingMode; readonly legacy_plan_version: string | null; readonly usage_plan_version: string | null; readonly overrides: string; readonly starts_on: string; readonly ends_on: string | null }> = {
  name: 'contract_list_billed_monthly',
  parameters: ['customers', 'to_day', 'from_day', 'period'],
  text: `select k.contract_id, k.customer_id, k.mode, k.legacy_plan_version, k.usage_plan_version, k.overrides, k.starts_on, k.ends_on
from contracts k
where k.customer_id = any($1::text[]) and k.status in ('active', 'ended')
  and k.starts_on < $2::date and (k.ends_on is null or (k.ends_on > $3::date and k.ends_on > k.starts_on))
  and not exists (select from billing_runs o where o.contract_id = k.contract_id and o.period = $4)
order by k.customer_id, k.starts_on`,
};

/**
 * Contracts with their customers' names, of one customer or all, in a mode or any, the latest first of each customer.
 */
export const contractListFiltered: Query<{ readonly customer_id: string | null; readonly mode: BillingMode | null }, { readonly contract_id: string; readonly customer_id: string; readonly customer_name: string; readonly mode: BillingMode; readonly status: ContractStatus; readonly starts_on: string; readonly ends_on: string | null; readonly author: string; readonly approver: string | null; readonly legacy_plan_version: string | null; readonly legacy_plan: string | null; readonly usage_plan_version: string | null; readonly usage_plan: string | null; readonly overrides: string }> = {
  name: 'contract_list_filtered',
  parameters: ['customer_id', 'mode'],
  text: `select k.contract_id, k.customer_id, c.name as customer_name, k.mode, k.status, k.starts_on, k.ends_on, k.author, k.approver,
  k.legacy_plan_version, l.plan as "legacy_plan", k.usage_plan_version, u.plan as "usage_plan", k.overrides
from contracts k join customers c using (customer_id)
left join plan_versions l on l.plan_version = k.legacy_plan_version
left join plan_versions u on u.plan_version = k.usage_plan_version
where ($1::text is null or k.customer_id = $1)
  and ($2::billing_mode is null or k.mode = $2)
order by k.customer_id, k.starts_on desc, k.contract_id`,
};

/**
 * The contracts that a version of the plan bills, or those of the customers that are named, with days in the range.
 */
export const contractListForBacktest: Query<{ readonly to_day: string; readonly from_day: string; readonly customers: readonly string[]; readonly plan: string }, { readonly contract_id: string; readonly customer_id: string; readonly mode: BillingMode; readonly legacy_plan_version: string | null; readonly legacy_plan: string | null; readonly usage_plan_version: string | null; readonly usage_plan: string | null; readonly overrides: string; readonly starts_on: string; readonly ends_on: string | null }> = {
  name: 'contract_list_for_backtest',
  parameters: ['to_day', 'from_day', 'customers', 'plan'],
  text: `select c.contract_id, c.customer_id, c.mode, c.legacy_plan_version, l.plan as "legacy_plan", c.usage_plan_version, u.plan as "usage_plan",
  c.overrides, c.starts_on, c.ends_on
from contracts c
left join plan_versions l on l.plan_version = c.legacy_plan_version
left join plan_versions u on u.plan_version = c.usage_plan_version
where c.status <> 'draft'
  and c.starts_on < $1::date and (c.ends_on is null or (c.ends_on > $2::date and c.ends_on > c.starts_on))
  and case when cardinality($3::text[]) = 0 then $4 in (l.plan, u.plan) else c.customer_id = any($3::text[]) end
order by c.customer_id, c.starts_on`,
};

/**
 * Some contracts with their terms, by id.
 */
export const contractListNamed: Query<{ readonly contract_ids: readonly string[] }, { readonly contract_id: string; readonly mode: BillingMode; readonly usage_plan_version: string | null; readonly overrides: string }> = {
  name: 'contract_list_named',
  parameters: ['contract_ids'],
  text: `select contract_id, mode, usage_plan_version, overrides from contracts
where contract_id = any($1::text[])
order by contract_id`,
};

/**
 * The contracts of a customer, the newest first, with the names of their plans.
 */
export const contractListOfCustomer: Query<{ readonly customer_id: string }, { readonly contract_id: string; readonly mode: BillingMode; readonly status: ContractStatus; readonly starts_on: string; readonly ends_on: string | null; readonly overrides: string; readonly author: string; readonly approver: string | null; readonly collection_method: string; readonly days_until_due: number | null; readonly tax: string; readonly legacy_plan_version: string | null; readonly legacy_plan: string | null; readonly usage_plan_version: string | null; readonly usage_plan: string | null }> = {
  name: 'contract_list_of_customer',
  parameters: ['customer_id'],
  text: `select k.contract_id, k.mode, k.status, k.starts_on, k.ends_on, k.overrides, k.author, k.approver, k.collection_method, k.days_until_due, k.tax,
  k.legacy_plan_version, l.plan as "legacy_plan", k.usage_plan_version, u.plan as "usage_plan"
from contracts k
left join plan_versions l on l.plan_version = k.legacy_plan_version
left join plan_versions u on u.plan_version = k.usage_plan_version
where k.customer_id = $1
order by k.starts_on desc, k.contract_id`,
};

/**
 * The contracts that name a plan version.
 */
export const contractListOfPlanVersion: Query<{ readonly plan_version: string }, { readonly contract_id: string; readonly customer_id: string; readonly mode: BillingMode; readonly status: ContractStatus; readonly starts_on: string; readonly ends_on: string | null }> = {
  name: 'contract_list_of_plan_version',
  parameters: ['plan_version'],
  text: `select contract_id, customer_id, mode, status, starts_on, ends_on from contracts
where legacy_plan_version = $1 or usage_plan_version = $1
order by contract_id`,
};

/**
 * Contracts of the customer, past their draft, that share a day with the range.
 */
export const contractListOverlapping: Query<{ readonly customer_id: string; readonly contract_id: string; readonly starts_on: string; readonly ends_on: string | null }, { readonly contract_id: string; readonly starts_on: string; readonly ends_on: string | null }> = {
  name: 'contract_list_overlapping',
  parameters: ['customer_id', 'contract_id', 'starts_on', 'ends_on'],
  text: `select contract_id, starts_on, ends_on from contracts
where customer_id = $1 and contract_id <> $2 and status <> 'draft'
  and daterange(starts_on, ends_on) && daterange($3, $4)
order by starts_on`,
};

/**
 * The contracts under which the lines of an invoice were rated, with the plan versions that rated them.
 */
export const contractListRatedOnInvoice: Query<{ readonly invoice_id: string }, { readonly contract_id: string; readonly mode: BillingMode; readonly starts_on: string; readonly ends_on: string | null; readonly author: string; readonly approver: string | null; readonly plan_versions: readonly string[] }> = {
  name: 'contract_list_rated_on_invoice',
  parameters: ['invoice_id'],
  text: `select k.contract_id, k.mode, k.starts_on, k.ends_on, k.author, k.approver, array_agg(distinct c.plan_version)::text[] as "plan_versions"
from charges c join contracts k on k.contract_id = c.contract_id
where c.invoice_id = $1
group by k.contract_id
order by k.contract_id`,
};

/**
 * Keeps the key and bytes of a credit's request before it is sent. No row means that somebody else has done so.
 */
export const creditCommit: Query<{ readonly idempotency_key: string; readonly path: string; readonly body: string; readonly body_digest: string; readonly committed_at: Date; readonly credit_id: string }, { readonly credit_id: string }> = {
  name: 'credit_commit',
  parameters: ['idempotency_key', 'path', 'body', 'body_digest', 'committed_at', 'credit_id'],
  text: `update credits set status = 'committed', idempotency_key = $1, path = $2, body = $3, body_digest = $4,
  committed_at = $5, failure_detail = null
where credit_id = $6 and status in ('planned', 'failed')
returning credit_id`,
};

/**
 * How many credits an adjustment has had, cancelled ones too: the next one's number.
 */
export const creditCountOfAdjustment: Query<{ readonly adjustment_ids: readonly string[] }, { readonly adjustment_id: string; readonly made: number }> = {
  name: 'credit_count_of_adjustment',
  parameters: ['adjustment_ids'],
  text: `select adjustment_id, count(*)::int as "made" from credits where adjustment_id = any($1::text[]) group by adjustment_id`,
};

/**
 * Keeps why a credit could not be given. It is tried again, and looked up before.
 */
export const creditFail: Query<{ readonly failure_detail: string; readonly credit_id: string }, { readonly credit_id: string }> = {
  name: 'credit_fail',
  parameters: ['failure_detail', 'credit_id'],
  text: `update credits set status = 'failed', failure_detail = $1
where credit_id = $2 and status in ('planned', 'committed')
returning credit_id`,
};

/**
 * A credit with what its request is made from.
 */
export const creditFind: Query<{ readonly credit_id: string }, { readonly credit_id: string; readonly adjustment_id: string; readonly kind: CreditKind; readonly customer_id: string; readonly invoice_id: string | null; readonly carrier_invoice_id: string | null; readonly currency: string; readonly amount: bigint; readonly status: CreditStatus; readonly idempotency_key: string | null; readonly path: string | null; readonly body: string | null; readonly body_digest: string | null; readonly stripe_id: string | null; readonly failure_detail: string | null; readonly period: string; readonly stripe_invoice_id: string | null; readonly invoice_status: InvoiceStatus | null; readonly carrier_status: InvoiceStatus | null; readonly stripe_customer_id: string | null }> = {
  name: 'credit_find',
  parameters: ['credit_id'],
  text: `select k.credit_id, k.adjustment_id, k.kind, k.customer_id, k.invoice_id, k.carrier_invoice_id, k.currency, k.amount, k.status, k.idempotency_key, k.path, k.body,
  k.body_digest, k.stripe_id, k.failure_detail, a.period, i.stripe_invoice_id as "stripe_invoice_id", i.status as "invoice_status", r.status as "carrier_status",
  c.stripe_customer_id
from credits k join adjustments a using (adjustment_id) join customers c on c.customer_id = k.customer_id
left join invoices i on i.invoice_id = k.invoice_id
left join invoices r on r.invoice_id = k.carrier_invoice_id
where k.credit_id = $1`,
};

/**
 * Plans credits, from a JSON array whose amounts are text.
 */
export const creditInsert: Query<{ readonly planned_at: Date; readonly credits: string }, Record<never, never>> = {
  name: 'credit_insert',
  parameters: ['planned_at', 'credits'],
  text: `insert into credits (credit_id, adjustment_id, kind, customer_id, invoice_id, carrier_invoice_id, currency, amount, status, planned_at)
select k.credit_id, k.adjustment_id, k.kind, k.customer_id, k.invoice_id, k.carrier_invoice_id, k.currency, k.amount, 'planned', $1::timestamptz
from jsonb_to_recordset($2::jsonb) k (credit_id text, adjustment_id text, kind credit_kind, customer_id text, invoice_id text,
  carrier_invoice_id text, currency text, amount bigint)`,
};

/**
 * Keeps Stripe's answer to a credit, once.
 */
export const creditIssue: Query<{ readonly stripe_id: string; readonly answered_at: Date; readonly credit_id: string }, { readonly adjustment_id: string }> = {
  name: 'credit_issue',
  parameters: ['stripe_id', 'answered_at', 'credit_id'],
  text: `update credits set status = 'issued', stripe_id = $1, answered_at = $2, failure_detail = null
where credit_id = $3 and status = 'committed'
returning adjustment_id`,
};

/**
 * The credit notes on the invoices of some periods, whatever became of them but cancelled ones.
 */
export const creditListForReconciliation: Query<{ readonly periods: readonly string[] }, { readonly credit_id: string; readonly invoice_id: string; readonly amount: bigint; readonly currency: string; readonly status: CreditStatus; readonly stripe_id: string | null }> = {
  name: 'credit_list_for_reconciliation',
  parameters: ['periods'],
  text: `select k.credit_id, k.invoice_id as "invoice_id", k.amount, k.currency, k.status, k.stripe_id
from credits k join invoices i using (invoice_id)
where k.kind = 'credit_note' and k.status <> 'cancelled' and i.period = any($1::text[])
order by k.invoice_id, k.credit_id`,
};

/**
 * The credit notes that went with a voided invoice before they stood in Stripe.
 */
export const creditListLapsedOfInvoice: Query<{ readonly invoice_id: string }, { readonly credit_id: string }> = {
  name: 'credit_list_lapsed_of_invoice',
  parameters: ['invoice_id'],
  text: `select credit_id from credits where invoice_id = $1 and lapsed order by length(credit_id), credit_id`,
};

/**
 * The credits of an adjustment.
 */
export const creditListOfAdjustment: Query<{ readonly adjustment_id: string }, { readonly credit_id: string; readonly kind: CreditKind; readonly invoice_id: string | null; readonly carrier_invoice_id: string | null; readonly currency: string; readonly amount: bigint; readonly status: CreditStatus; readonly stripe_id: string | null; readonly failure_detail: string | null; readonly idempotency_key: string | null; readonly body_digest: string | null; readonly committed_at: Date | null; readonly answered_at: Date | null }> = {
  name: 'credit_list_of_adjustment',
  parameters: ['adjustment_id'],
  text: `select credit_id, kind, invoice_id, carrier_invoice_id, currency, amount, status, stripe_id, failure_detail, idempotency_key, body_digest, committed_at, answered_at
from credits where adjustment_id = $1 order by length(credit_id), credit_id`,
};

/**
 * The credits that wait for an invoice to be final.
 */
export const creditListPlannedOfCarrier: Query<{ readonly invoice_id: string }, { readonly credit_id: string }> = {
  name: 'credit_list_planned_of_carrier',
  parameters: ['invoice_id'],
  text: `select credit_id from credits where carrier_invoice_id = $1 and status = 'planned' order by length(credit_id), credit_id`,
};

/**
 * One customer.
 */
export const customerFind: Query<{ readonly customer_id: string }, { readonly customer_id: string; readonly name: string; readonly stripe_customer_id: string | null }> = {
  name: 'customer_find',
  parameters: ['customer_id'],
  text: `select customer_id, name, stripe_customer_id from customers where customer_id = $1`,
};

/**
 * The customer that is mapped to a customer in Stripe.
 */
export const customerFindByStripe: Query<{ readonly stripe_customer_id: string }, { readonly customer_id: string }> = {
  name: 'customer_find_by_stripe',
  parameters: ['stripe_customer_id'],
  text: `select customer_id from customers where stripe_customer_id = $1`,
};

/**
 * Adds a customer; nothing when the id exists.
 */
export const customerInsert: Query<{ readonly customer_id: string; readonly name: string; readonly stripe_customer_id: string | null }, { readonly customer_id: string }> = {
  name: 'customer_insert',
  parameters: ['customer_id', 'name', 'stripe_customer_id'],
  text: `insert into customers (customer_id, name, stripe_customer_id)
values ($1, $2, $3)
on conflict (customer_id) do nothing
returning customer_id`,
};

/**
 * The currencies that a customer is billed in: of its contracts' plans and of its live invoices.
 */
export const customerListCurrencies: Query<{ readonly customer_id: string }, { readonly currency: string }> = {
  name: 'customer_list_currencies',
  parameters: ['customer_id'],
  text: `select distinct currency as "currency" from (
  select v.currency from contracts k join plan_versions v on v.plan_version in (k.legacy_plan_version, k.usage_plan_version)
  where k.customer_id = $1 and k.status in ('approved', 'active')
  union all
  select i.currency from invoices i where i.customer_id = $1 and i.status not in ('void', 'superseded')) c
order by 1`,
};

/**
 * The customers that a run bills: those with a contract that has days in it.
 */
export const customerListOfRun: Query<{ readonly run_id: string }, { readonly customer_id: string }> = {
  name: 'customer_list_of_run',
  parameters: ['run_id'],
  text: `select distinct k.customer_id
from billing_runs r join contracts k on run_bills_contract(r, k)
where r.run_id = $1
order by k.customer_id`,
};

/**
 * The customers with a contract in force on a day and no customer in Stripe: their invoices will be held.
 */
export const customerListUnmapped: Query<{ readonly day: string }, { readonly customer_id: string }> = {
  name: 'customer_list_unmapped',
  parameters: ['day'],
  text: `select distinct c.customer_id
from customers c join contracts k on k.customer_id = c.customer_id
where c.stripe_customer_id is null and k.status = 'active' and k.starts_on <= $1::date and (k.ends_on is null or k.ends_on > $1::date)
order by c.customer_id`,
};

/**
 * Which of some customers are unknown to Stripe.
 */
export const customerListUnmappedAmong: Query<{ readonly customers: readonly string[] }, { readonly customer_id: string }> = {
  name: 'customer_list_unmapped_among',
  parameters: ['customers'],
  text: `select customer_id from customers where customer_id = any($1::text[]) and stripe_customer_id is null order by customer_id`,
};

/**
 * Every customer with its projects on a day and the contract that is in force on it.
 */
export const customerListWithContract: Query<{ readonly day: string }, { readonly customer_id: string; readonly name: string; readonly stripe_customer_id: string | null; readonly projects: number; readonly contract_id: string | null; readonly mode: BillingMode | null }> = {
  name: 'customer_list_with_contract',
  parameters: ['day'],
  text: `select c.customer_id, c.name, c.stripe_customer_id,
  (select count(*)::int from project_ownerships o
   where o.customer_id = c.customer_id and o.owned_from <= $1::date and (o.owned_to is null or o.owned_to > $1::date)) as "projects",
  k.contract_id as "contract_id", k.mode as "mode"
from customers c
left join contracts k on k.customer_id = c.customer_id and k.status in ('active', 'ended')
  and k.starts_on <= $1::date and (k.ends_on is null or k.ends_on > $1::date)
order by c.customer_id`,
};

/**
 * Maps a customer to Stripe, once: a mapping that exists is only confirmed, never replaced. No row means refused.
 */
export const customerSetStripe: Query<{ readonly stripe_customer_id: string; readonly customer_id: string }, { readonly customer_id: string }> = {
  name: 'customer_set_stripe',
  parameters: ['stripe_customer_id', 'customer_id'],
  text: `update customers set stripe_customer_id = $1
where customer_id = $2 and (stripe_customer_id is null or stripe_customer_id = $1)
returning customer_id`,
};

/**
 * Moves a waiting message to what was decided.
 */
export const deadLetterAdvance: Query<{ readonly to_status: DeadLetterStatus; readonly dead_letter_id: bigint }, { readonly dead_letter_id: bigint }> = {
  name: 'dead_letter_advance',
  parameters: ['to_status', 'dead_letter_id'],
  text: `update dead_letters set status = $1::dead_letter_status where dead_letter_id = $2 and status = 'waiting'
returning dead_letter_id`,
};

/**
 * How many messages were put aside and wait for a decision, by subscription.
 */
export const deadLetterCountWaiting: Query<Record<never, never>, { readonly subscription: string; readonly waiting: number; readonly oldest: Date }> = {
  name: 'dead_letter_count_waiting',
  parameters: [],
  text: `select subscription, count(*)::int as "waiting", min(received_at) as "oldest"
from dead_letters
where status = 'waiting'
group by subscription
order by subscription`,
};

/**
 * Keeps a message that cannot be applied, once per subscription and message, with the reason and the message as it came.
 */
export const deadLetterKeep: Query<{ readonly subscription: string; readonly message_id: string; readonly message: string; readonly data_base64: string; readonly reason: string; readonly received_at: Date }, Record<never, never>> = {
  name: 'dead_letter_keep',
  parameters: ['subscription', 'message_id', 'message', 'data_base64', 'reason', 'received_at'],
  text: `insert into dead_letters (subscription, message_id, message, data_base64, reason, status, received_at)
values ($1, $2, $3, $4, $5, 'waiting', $6)
on conflict (subscription, message_id) do nothing`,
};

/**
 * The messages that wait for a decision, the latest first.
 */
export const deadLetterListWaiting: Query<Record<never, never>, { readonly dead_letter_id: bigint; readonly subscription: string; readonly message_id: string; readonly message: string; readonly reason: string; readonly received_at: Date }> = {
  name: 'dead_letter_list_waiting',
  parameters: [],
  text: `select dead_letter_id, subscription, message_id, message, reason, received_at
from dead_letters where status = 'waiting' order by received_at desc, dead_letter_id desc limit 500`,
};

/**
 * A message that was put aside, locked to the end of the transaction.
 */
export const deadLetterLock: Query<{ readonly dead_letter_id: bigint }, { readonly dead_letter_id: bigint; readonly subscription: string; readonly message_id: string; readonly message: string; readonly data_base64: string; readonly reason: string; readonly status: DeadLetterStatus; readonly received_at: Date }> = {
  name: 'dead_letter_lock',
  parameters: ['dead_letter_id'],
  text: `select dead_letter_id, subscription, message_id, message, data_base64, reason, status, received_at
from dead_letters where dead_letter_id = $1 for update`,
};

/**
 * Takes one exception for a retry that a person asked for, whenever its policy would have tried it. No row when it has ended or is being retried.
 */
export const exceptionClaim: Query<{ readonly give_up_at: Date; readonly exception_id: bigint }, { readonly exception_id: bigint; readonly class: string; readonly subject: string; readonly attempts: number }> = {
  name: 'exception_claim',
  parameters: ['give_up_at', 'exception_id'],
  text: `update exceptions set status = 'retrying', next_attempt_at = $1
where exception_id = $2 and status in ('open', 'escalated')
returning exception_id, class, subject, attempts`,
};

/**
 * Takes the exceptions whose next attempt is due. One that was being retried longer than the limit was left by a crash and is taken again.
 */
export const exceptionClaimDue: Query<{ readonly give_up_at: Date; readonly now: Date; readonly batch_size: number }, { readonly exception_id: bigint; readonly class: string; readonly subject: string; readonly attempts: number }> = {
  name: 'exception_claim_due',
  parameters: ['give_up_at', 'now', 'batch_size'],
  text: `update exceptions set status = 'retrying', next_attempt_at = $1
where exception_id in (
  select exception_id from exceptions
  where next_attempt_at <= $2 and status = 'open'
  order by next_attempt_at, exception_id limit $3::int for update skip locked)
returning exception_id, class, subject, attempts`,
};

/**
 * Live exceptions by class: how many, how many that no policy tries again, and since when the oldest is open.
 */
export const exceptionCountByClass: Query<Record<never, never>, { readonly class: string; readonly open: number; readonly for_person: number; readonly oldest: Date }> = {
  name: 'exception_count_by_class',
  parameters: [],
  text: `select class, count(*)::int as "open", (count(*) filter (where next_attempt_at is null and status <> 'retrying'))::int as "for_person", min(opened_at) as "oldest"
from exceptions
where status not in ('resolved', 'waived')
group by class
order by class`,
};

/**
 * Hands exceptions to people: the policy's attempts are used up.
 */
export const exceptionEscalateMany: Query<{ readonly exception_ids: readonly bigint[] }, { readonly exception_id: bigint }> = {
  name: 'exception_escalate_many',
  parameters: ['exception_ids'],
  text: `update exceptions set status = 'escalated', next_attempt_at = null
where exception_id = any($1::bigint[]) and status in ('open', 'retrying')
returning exception_id`,
};

/**
 * One exception, whatever its state.
 */
export const exceptionFind: Query<{ readonly exception_id: bigint }, { readonly exception_id: bigint; readonly class: string; readonly subject: string; readonly status: ExceptionStatus; readonly reason: string; readonly detail: string; readonly attempts: number; readonly next_attempt_at: Date | null; readonly opened_at: Date; readonly opened_by: string | null; readonly ended_at: Date | null; readonly ended_by: string | null; readonly why: string | null }> = {
  name: 'exception_find',
  parameters: ['exception_id'],
  text: `select exception_id, class, subject, status, reason, detail, attempts, next_attempt_at, opened_at, opened_by, ended_at, ended_by, why
from exceptions where exception_id = $1`,
};

/**
 * The exceptions of one class that are open for some subjects, locked to the end of the transaction.
 */
export const exceptionFindLiveMany: Query<{ readonly class: string; readonly subjects: readonly string[] }, { readonly exception_id: bigint; readonly subject: string; readonly status: ExceptionStatus; readonly attempts: number }> = {
  name: 'exception_find_live_many',
  parameters: ['class', 'subjects'],
  text: `select exception_id, subject, status, attempts from exceptions
where class = $1 and subject = any($2::text[]) and status not in ('resolved', 'waived')
order by subject
for update`,
};

/**
 * What needs a retry or a decision, the oldest first; with those that have ended when asked for.
 */
export const exceptionList: Query<{ readonly with_ended: boolean }, { readonly exception_id: bigint; readonly class: string; readonly subject: string; readonly status: ExceptionStatus; readonly reason: string; readonly detail: string; readonly attempts: number; readonly next_attempt_at: Date | null; readonly opened_at: Date; readonly ended_at: Date | null; readonly ended_by: string | null; readonly why: string | null }> = {
  name: 'exception_list',
  parameters: ['with_ended'],
  text: `select exception_id, class, subject, status, reason, detail, attempts, next_attempt_at, opened_at, ended_at, ended_by, why
from exceptions
where $1::boolean or status not in ('resolved', 'waived')
order by opened_at, exception_id`,
};

/**
 * The live exceptions that people are told of by themselves: those of some classes, and of the classes that are tried again
 * what their policy has given up.
 */
export const exceptionListToTell: Query<{ readonly classes: readonly string[]; readonly retried_classes: readonly string[] }, { readonly class: string; readonly subject: string; readonly status: ExceptionStatus; readonly reason: string; readonly detail: string; readonly opened_at: Date }> = {
  name: 'exception_list_to_tell',
  parameters: ['classes', 'retried_classes'],
  text: `select class, subject, status, reason, detail, opened_at from exceptions
where status not in ('resolved', 'waived')
  and (class = any($1::text[]) or (status = 'escalated' and class = any($2::text[])))
order by opened_at, exception_id`,
};

/**
 * Opens an exception for each subject of one class, or counts a further failure of the one that is open. Each subject comes once.
 */
export const exceptionRaiseMany: Query<{ readonly class: string; readonly raised_at: Date; readonly subjects: readonly string[]; readonly reasons: readonly string[]; readonly details: readonly string[]; readonly next_attempts_at: readonly (Date | null)[] }, { readonly exception_id: bigint; readonly subject: string }> = {
  name: 'exception_raise_many',
  parameters: ['class', 'raised_at', 'subjects', 'reasons', 'details', 'next_attempts_at'],
  text: `insert into exceptions (class, subject, status, reason, detail, attempts, next_attempt_at, opened_at)
select $1, r.subject, 'open', r.reason, r.detail, 1, r.next_attempt_at, $2
from unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[]) r (subject, reason, detail, next_attempt_at)
order by r.subject
on conflict (class, subject) where status not in ('resolved', 'waived') do update
set status = case when exceptions.status = 'retrying' then 'open'::exception_status else exceptions.status end,
  reason = excluded.reason, detail = excluded.detail, attempts = exceptions.attempts + 1, next_attempt_at = excluded.next_attempt_at
returning exception_id, subject`,
};

/**
 * Puts back what a crashed retry left behind, so that it is claimed anew.
 */
export const exceptionReopenLeft: Query<{ readonly now: Date }, Record<never, never>> = {
  name: 'exception_reopen_left',
  parameters: ['now'],
  text: `update exceptions set status = 'open' where status = 'retrying' and next_attempt_at <= $1`,
};

/**
 * Ends the live exceptions of some subjects because what they were about has happened.
 */
export const exceptionResolveMany: Query<{ readonly ended_at: Date; readonly ended_by: string; readonly why: string; readonly classes: readonly string[]; readonly subjects: readonly string[] }, { readonly exception_id: bigint }> = {
  name: 'exception_resolve_many',
  parameters: ['ended_at', 'ended_by', 'why', 'classes', 'subjects'],
  text: `update exceptions set status = 'resolved', ended_at = $1, ended_by = $2, why = $3, next_attempt_at = null
where class = any($4::text[]) and subject = any($5::text[]) and status not in ('resolved', 'waived')
returning exception_id`,
};

/**
 * Ends an exception by decision, under the guards of the database. No row when it has ended before.
 */
export const exceptionWaive: Query<{ readonly ended_at: Date; readonly ended_by: string; readonly why: string; readonly exception_id: bigint }, { readonly class: string; readonly subject: string }> = {
  name: 'exception_waive',
  parameters: ['ended_at', 'ended_by', 'why', 'exception_id'],
  text: `update exceptions set status = 'waived', ended_at = $1, ended_by = $2, why = $3, next_attempt_at = null
where exception_id = $4 and status not in ('resolved', 'waived')
returning class, subject`,
};

/**
 * What guards the data, read from the catalog: triggers, constraints, unique indexes, functions, row policies, rights and
 * the roles themselves, each with its definition. Months come and go with the calendar and are left out here.
 */
export const guardList: Query<Record<never, never>, { readonly guard: string; readonly definition: string }> = {
  name: 'guard_list',
  parameters: [],
  text: `with tables as (
  select c.oid, c.relname, c.relowner, c.relacl, c.relkind, c.relrowsecurity, c.relforcerowsecurity
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relname !~ '_\\d{6}$'
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
), functions as (
  select p.oid, p.proname, p.proowner, p.proacl, p.prokind, pg_get_function_identity_arguments(p.oid) as arguments
  from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
), rights as (
  select t.relname::text as thing, a.grantee, a.privilege_type from tables t cross join lateral aclexplode(t.relacl) a where a.grantee <> t.relowner
  union all
  select format('%s.%s', t.relname, c.attname), a.grantee, a.privilege_type
  from tables t join pg_attribute c on c.attrelid = t.oid and not c.attisdropped cross join lateral aclexplode(c.attacl) a where a.grantee <> t.relowner
  union all
  select format('%s(%s)', f.proname, f.arguments), a.grantee, a.privilege_type
  from functions f cross join lateral aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a where a.grantee <> f.proowner
)
select format('trigger %s on %s', g.tgname, t.relname) as "guard", pg_get_triggerdef(g.oid) as "definition"
from tables t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal and g.tgparentid = 0
union all
select format('constraint %s on %s', k.conname, t.relname), pg_get_constraintdef(k.oid)
from tables t join pg_constraint k on k.conrelid = t.oid where k.contype in ('p', 'u', 'f', 'c', 'x') and k.conparentid = 0
union all
select format('index %s on %s', i.indexrelid::regclass, t.relname), pg_get_indexdef(i.indexrelid)
from tables t join pg_index i on i.indrelid = t.oid where i.indisunique
union all
select format('function %s(%s)', proname, arguments), pg_get_functiondef(oid) from functions
union all
select format('row security on %s', relname), case when relforcerowsecurity then 'forced' else 'enabled' end from tables where relrowsecurity
union all
select format('policy %s on %s', policyname, tablename), concat_ws(' ', permissive, cmd, roles::text, qual, with_check)
from pg_policies where schemaname = 'public'
union all
select format('rights of %s on %s', case r.grantee when 0 then 'public' else pg_get_userbyid(r.grantee) end, r.thing),
  string_agg(lower(r.privilege_type), ', ' order by r.privilege_type)
from rights r group by r.grantee, r.thing
union all
select 'role ' || rolname, concat_ws(' ', case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypasses row security' end,
                                     case when rolcreaterole then 'makes roles' end, 'role')
from pg_roles where rolname like 'daybook\\_%'
order by 1`,
};

/**
 * Claims a message for a subscription in the transaction of its effect. No row means that it was dealt with before (promise 11).
 */
export const inboxClaim: Query<{ readonly subscription: string; readonly event_id: string; readonly received_at: Date }, { readonly event_id: string }> = {
  name: 'inbox_claim',
  parameters: ['subscription', 'event_id', 'received_at'],
  text: `insert into inbox (subscription, event_id, outcome, received_at)
values ($1, $2, 'applied', $3)
on conflict (subscription, event_id) do nothing
returning event_id`,
};

/**
 * The one statement that moves an invoice on. No row means that it was not in the expected state.
 */
export const invoiceAdvance: Query<{ readonly to_status: InvoiceStatus; readonly stripe_invoice_id: string | null; readonly stripe_number: string | null; readonly failure_detail: string | null; readonly invoice_id: string; readonly from_status: InvoiceStatus }, { readonly invoice_id: string }> = {
  name: 'invoice_advance',
  parameters: ['to_status', 'stripe_invoice_id', 'stripe_number', 'failure_detail', 'invoice_id', 'from_status'],
  text: `update invoices set status = $1::invoice_status,
  stripe_invoice_id = coalesce($2, stripe_invoice_id),
  stripe_number = coalesce($3, stripe_number),
  failure_detail = $4
where invoice_id = $5 and status = $6::invoice_status
returning invoice_id`,
};

/**
 * The own approval of an invoice whose run was signed off before it was released. A trigger refuses who released it.
 */
export const invoiceApprove: Query<{ readonly approver: string; readonly invoice_id: string }, { readonly invoice_id: string }> = {
  name: 'invoice_approve',
  parameters: ['approver', 'invoice_id'],
  text: `update invoices set status = 'approved', approver = $1 where invoice_id = $2 and status = 'rated'
returning invoice_id`,
};

/**
 * Releases the rated invoices of a run; held ones stay.
 */
export const invoiceApproveOfRun: Query<{ readonly run_id: string; readonly fencing_token: number }, { readonly invoice_id: string }> = {
  name: 'invoice_approve_of_run',
  parameters: ['run_id', 'fencing_token'],
  text: `update invoices set status = 'approved' where run_id = $1 and fencing_token = $2 and status = 'rated'
returning invoice_id`,
};

/**
 * Notes which corrected terms the live invoices of some customers of a run were rated by.
 */
export const invoiceCorrectedTermsInsert: Query<{ readonly run_id: string; readonly fencing_token: number; readonly customers: readonly string[] }, Record<never, never>> = {
  name: 'invoice_corrected_terms_insert',
  parameters: ['run_id', 'fencing_token', 'customers'],
  text: `insert into invoice_corrected_terms (invoice_id, contract_id, period, number)
select i.invoice_id, t.contract_id, t.period, t.number
from invoices i
join run_contracts k on k.run_id = i.run_id and k.fencing_token = i.fencing_token and k.customer_id = i.customer_id
join term_corrections t on t.contract_id = k.contract_id and t.period = i.period and t.status = 'approved'
where i.run_id = $1 and i.fencing_token = $2 and i.customer_id = any($3::text[])
  and i.status not in ('superseded', 'void')`,
};

/**
 * The corrected terms that some invoices were rated by.
 */
export const invoiceCorrectedTermsList: Query<{ readonly invoice_ids: readonly string[] }, { readonly invoice_id: string; readonly contract_id: string; readonly legacy_plan_version: string | null; readonly usage_plan_version: string | null; readonly overrides: string }> = {
  name: 'invoice_corrected_terms_list',
  parameters: ['invoice_ids'],
  text: `select n.invoice_id, t.contract_id, t.legacy_plan_version, t.usage_plan_version, t.overrides
from invoice_corrected_terms n join term_corrections t using (contract_id, period, number)
where n.invoice_id = any($1::text[])
order by n.invoice_id, t.contract_id`,
};

/**
 * Invoices of the runs that are not closed, by state. Superseded ones belong to inputs that have changed since.
 */
export const invoiceCountByStatus: Query<Record<never, never>, { readonly period: string; readonly status: InvoiceStatus; readonly invoices: number }> = {
  name: 'invoice_count_by_status',
  parameters: [],
  text: `select i.period, i.status, count(*)::int as "invoices"
from billing_runs r join invoices i using (run_id)
where r.status <> 'closed' and i.status <> 'superseded'
group by i.period, i.status
order by i.period, i.status`,
};

/**
 * How many invoices some customers' obligations have had, how many of them were voided, and how often the customers were
 * rated in a run under its token; no row for a first one.
 */
export const invoiceCountOfObligations: Query<{ readonly run_id: string; readonly fencing_token: number; readonly customers: readonly string[]; readonly period: string; readonly series: string }, { readonly customer_id: string; readonly made: number; readonly voided: number; readonly ratings: number }> = {
  name: 'invoice_count_of_obligations',
  parameters: ['run_id', 'fencing_token', 'customers', 'period', 'series'],
  text: `select customer_id, count(*)::int as "made", (count(*) filter (where status = 'void'))::int as "voided",
  coalesce(max(rating_number) filter (where run_id = $1 and fencing_token = $2::int), 0)::int as "ratings"
from invoices where customer_id = any($3::text[]) and period = $4 and series = $5
group by customer_id`,
};

/**
 * How many invoices a period has had, in every state.
 */
export const invoiceCountOfPeriod: Query<{ readonly period: string }, { readonly invoices: number }> = {
  name: 'invoice_count_of_period',
  parameters: ['period'],
  text: `select count(*)::int as "invoices" from invoices where period = $1`,
};

/**
 * How many released invoices of a run are not final in Stripe yet.
 */
export const invoiceCountUnissuedOfRun: Query<{ readonly run_id: string }, { readonly unissued: number }> = {
  name: 'invoice_count_unissued_of_run',
  parameters: ['run_id'],
  text: `select count(*)::int as "unissued" from invoices
where run_id = $1 and status in ('approved', 'drafted', 'verified', 'stripe_failed')`,
};

/**
 * An invoice with what its copy in Stripe is made from. Its terms are those of the contract that its last segment was
 * rated by; an invoice without segments has those of the customer's latest contract.
 */
export const invoiceFindForIssue: Query<{ readonly invoice_id: string }, { readonly invoice_id: string; readonly run_id: string; readonly fencing_token: number; readonly customer_id: string; readonly period: string; readonly series: string; readonly generation: number; readonly status: InvoiceStatus; readonly currency: string; readonly subtotal: bigint; readonly document: string; readonly stripe_invoice_id: string | null; readonly stripe_customer_id: string | null; readonly collection_method: string | null; readonly days_until_due: number | null; readonly tax: string | null }> = {
  name: 'invoice_find_for_issue',
  parameters: ['invoice_id'],
  text: `select i.invoice_id, i.run_id, i.fencing_token, i.customer_id, i.period, i.series, i.generation, i.status, i.currency, i.subtotal, i.document, i.stripe_invoice_id, c.stripe_customer_id,
  k.collection_method as "collection_method", k.days_until_due as "days_until_due", k.tax as "tax"
from invoices i join customers c using (customer_id)
left join lateral (
  select t.collection_method, t.days_until_due, t.tax from contracts t
  where t.customer_id = i.customer_id and t.status <> 'draft'
  order by t.contract_id = (i.document::jsonb -> 'segments' -> -1 ->> 'contract') desc nulls last, t.starts_on desc limit 1) k on true
where i.invoice_id = $1`,
};

/**
 * The customer's live invoice of a period and series, once its amounts are settled by the sign-off.
 */
export const invoiceFindIssued: Query<{ readonly customer_id: string; readonly period: string; readonly series: string }, { readonly invoice_id: string; readonly run_id: string; readonly status: InvoiceStatus; readonly currency: string; readonly subtotal: bigint; readonly total: bigint; readonly document: string; readonly document_digest: string; readonly stripe_number: string | null }> = {
  name: 'invoice_find_issued',
  parameters: ['customer_id', 'period', 'series'],
  text: `select invoice_id, run_id, status, currency, subtotal, total, document, document_digest, stripe_number
from invoices
where customer_id = $1 and period = $2 and series = $3
  and status in ('approved', 'drafted', 'verified', 'stripe_failed', 'finalized', 'paid', 'uncollectible')`,
};

/**
 * The live invoice of an obligation; the index of promise 4 allows one.
 */
export const invoiceFindLive: Query<{ readonly customer_id: string; readonly period: string; readonly series: string }, { readonly invoice_id: string; readonly status: InvoiceStatus }> = {
  name: 'invoice_find_live',
  parameters: ['customer_id', 'period', 'series'],
  text: `select invoice_id, status from invoices
where customer_id = $1 and period = $2 and series = $3 and status not in ('void', 'superseded')`,
};

/**
 * The run of an invoice.
 */
export const invoiceFindRun: Query<{ readonly invoice_id: string }, { readonly run_id: string }> = {
  name: 'invoice_find_run',
  parameters: ['invoice_id'],
  text: `select run_id from invoices where invoice_id = $1`,
};

/**
 * Holds a released invoice of which nothing was sent yet. No row means that it was not waiting to be sent.
 */
export const invoiceHoldApproved: Query<{ readonly hold_reason: string; readonly invoice_id: string }, { readonly invoice_id: string }> = {
  name: 'invoice_hold_approved',
  parameters: ['hold_reason', 'invoice_id'],
  text: `update invoices set status = 'held', hold_reason = $1
where invoice_id = $2 and status = 'approved' and stripe_invoice_id is null
  and not exists (select from stripe_requests r where r.invoice_id = $2)
returning invoice_id`,
};

/**
 * Keeps the reasons to hold some invoices, numbered after those that each has.
 */
export const invoiceHoldInsertMany: Query<{ readonly placed_by: string; readonly placed_at: Date; readonly invoice_ids: readonly string[]; readonly reasons: readonly string[]; readonly details: readonly string[]; readonly releasable: readonly boolean[] }, Record<never, never>> = {
  name: 'invoice_hold_insert_many',
  parameters: ['placed_by', 'placed_at', 'invoice_ids', 'reasons', 'details', 'releasable'],
  text: `insert into invoice_holds (invoice_id, hold, reason, detail, releasable, placed_by, placed_at)
select r.invoice_id, (select count(*) from invoice_holds h where h.invoice_id = r.invoice_id) + row_number() over (partition by r.invoice_id order by r.place),
  r.reason, r.detail, r.releasable, $1, $2
from unnest($3::text[], $4::text[], $5::text[], $6::boolean[]) with ordinality r (invoice_id, reason, detail, releasable, place)`,
};

/**
 * Every reason for which an invoice was held, in order, with who let it go on.
 */
export const invoiceHoldList: Query<{ readonly invoice_id: string }, { readonly hold: number; readonly reason: string; readonly detail: string; readonly releasable: boolean; readonly placed_by: string; readonly placed_at: Date; readonly released_by: string | null; readonly released_at: Date | null; readonly released_why: string | null }> = {
  name: 'invoice_hold_list',
  parameters: ['invoice_id'],
  text: `select hold, reason, detail, releasable, placed_by, placed_at, released_by, released_at, released_why
from invoice_holds where invoice_id = $1 order by hold`,
};

/**
 * Holds some invoices, each for one more reason than it was held for.
 */
export const invoiceHoldMany: Query<{ readonly invoice_ids: readonly string[]; readonly hold_reasons: readonly string[] }, { readonly invoice_id: string }> = {
  name: 'invoice_hold_many',
  parameters: ['invoice_ids', 'hold_reasons'],
  text: `update invoices i set status = 'held', hold_reason = concat_ws('; ', i.hold_reason, r.hold_reason)
from unnest($1::text[], $2::text[]) r (invoice_id, hold_reason)
where i.invoice_id = r.invoice_id and i.status in ('rated', 'held')
returning i.invoice_id`,
};

/**
 * Releases what is open of an invoice's holds. A trigger refuses who placed one of them (promise 23).
 */
export const invoiceHoldRelease: Query<{ readonly released_by: string; readonly released_at: Date; readonly why: string; readonly invoice_id: string }, { readonly hold: number }> = {
  name: 'invoice_hold_release',
  parameters: ['released_by', 'released_at', 'why', 'invoice_id'],
  text: `update invoice_holds set released_by = $1, released_at = $2, released_why = $3
where invoice_id = $4 and released_by is null
returning hold`,
};

/**
 * Releases the open holds of an invoice that have one reason; the others stay. A trigger refuses who placed one of them (promise 23).
 */
export const invoiceHoldReleaseReason: Query<{ readonly released_by: string; readonly released_at: Date; readonly why: string; readonly invoice_id: string; readonly reason: string }, { readonly hold: number }> = {
  name: 'invoice_hold_release_reason',
  parameters: ['released_by', 'released_at', 'why', 'invoice_id', 'reason'],
  text: `update invoice_holds set released_by = $1, released_at = $2, released_why = $3
where invoice_id = $4 and reason = $5 and released_by is null
returning hold`,
};

/**
 * Keeps the rated invoices of a shard in one statement. The index of promise 4 refuses a second live one of an obligation.
 */
export const invoiceInsertMany: Query<{ readonly run_id: string; readonly fencing_token: number; readonly period: string; readonly series: string; readonly author: string | null; readonly rated_at: Date; readonly invoice_ids: readonly string[]; readonly customer_ids: readonly string[]; readonly generations: readonly number[]; readonly rating_numbers: readonly number[]; readonly statuses: readonly InvoiceStatus[]; readonly currencies: readonly string[]; readonly subtotals: readonly bigint[]; readonly documents: readonly string[]; readonly document_digests: readonly string[]; readonly hold_reasons: readonly (string | null)[] }, Record<never, never>> = {
  name: 'invoice_insert_many',
  parameters: ['run_id', 'fencing_token', 'period', 'series', 'author', 'rated_at', 'invoice_ids', 'customer_ids', 'generations', 'rating_numbers', 'statuses', 'currencies', 'subtotals', 'documents', 'document_digests', 'hold_reasons'],
  text: `insert into invoices (invoice_id, run_id, fencing_token, customer_id, period, series, generation, rating_number, author, status, currency, subtotal, total, document, document_digest, hold_reason, rated_at)
select r.invoice_id, $1, $2::int, r.customer_id, $3, $4, r.generation, r.rating_number, $5, r.status, r.currency, r.subtotal, r.subtotal, r.document, r.document_digest, r.hold_reason, $6
from unnest($7::text[], $8::text[], $9::int[], $10::int[], $11::invoice_status[], $12::text[], $13::bigint[],
  $14::text[], $15::text[], $16::text[])
  r (invoice_id, customer_id, generation, rating_number, status, currency, subtotal, document, document_digest, hold_reason)`,
};

/**
 * The invoices that a credit of a customer's period can reduce, in the order in which they are taken: those of the period,
 * then those that carried its adjustments, with what is left of each total. Voided and uncollectible ones bear nothing.
 */
export const invoiceListCreditable: Query<{ readonly customer_id: string; readonly currency: string; readonly period: string }, { readonly invoice_id: string; readonly left: bigint }> = {
  name: 'invoice_list_creditable',
  parameters: ['customer_id', 'currency', 'period'],
  text: `select i.invoice_id, i.total - coalesce((select sum(k.amount) from credits k where k.invoice_id = i.invoice_id and k.status <> 'cancelled'), 0)::bigint as "left"
from invoices i
where i.customer_id = $1 and i.currency = $2
  and i.status in ('approved', 'drafted', 'verified', 'stripe_failed', 'finalized', 'paid')
  and (i.period = $3 or exists (select from adjustments a where a.invoice_id = i.invoice_id and a.customer_id = $1
         and a.period = $3 and a.status in ('placed', 'applied')))
order by i.period, i.series, i.invoice_id`,
};

/**
 * Usage that is in no line of a run's live invoices, by metric and reason, as the invoices state it.
 */
export const invoiceListExclusionsOfRun: Query<{ readonly run_id: string }, { readonly metric: string; readonly reason: string; readonly invoices: number; readonly rows: bigint; readonly quantity: string }> = {
  name: 'invoice_list_exclusions_of_run',
  parameters: ['run_id'],
  text: `select e.metric as "metric", e.reason as "reason", count(distinct i.invoice_id)::int as "invoices", sum(e.rows)::bigint as "rows", sum(e.quantity) as "quantity"
from invoices i
cross join lateral jsonb_to_recordset(i.document::jsonb -> 'exclusions') e (metric text, rows bigint, quantity numeric, reason text)
where i.run_id = $1 and i.status not in ('superseded', 'void')
group by e.metric, e.reason
order by e.metric, e.reason`,
};

/**
 * The invoices that match every filter given, superseded ones only when asked for by their status.
 */
export const invoiceListFiltered: Query<{ readonly period: string | null; readonly customer_id: string | null; readonly status: InvoiceStatus | null }, { readonly invoice_id: string; readonly customer_id: string; readonly customer_name: string; readonly period: string; readonly series: string; readonly status: InvoiceStatus; readonly currency: string; readonly subtotal: bigint; readonly total: bigint; readonly hold_reason: string | null; readonly stripe_invoice_id: string | null; readonly stripe_number: string | null; readonly failure_detail: string | null }> = {
  name: 'invoice_list_filtered',
  parameters: ['period', 'customer_id', 'status'],
  text: `select i.invoice_id, i.customer_id, c.name as customer_name, i.period, i.series, i.status, i.currency, i.subtotal, i.total,
  i.hold_reason, i.stripe_invoice_id, i.stripe_number, i.failure_detail
from invoices i join customers c using (customer_id)
where ($1::text is null or i.period = $1)
  and ($2::text is null or i.customer_id = $2)
  and case when $3::invoice_status is null then i.status <> 'superseded' else i.status = $3 end
order by i.period desc, i.customer_id, i.invoice_id`,
};

/**
 * The invoices of a period after one, in the byte order of their ids, without superseded ones; amounts never change between two batches.
 */
export const invoiceListForExport: Query<{ readonly period: string; readonly after: string; readonly batch_size: number }, { readonly invoice_id: string; readonly customer_id: string; readonly customer_name: string; readonly period: string; readonly series: string; readonly run_id: string; readonly status: InvoiceStatus; readonly currency: string; readonly subtotal: bigint; readonly total: bigint; readonly hold_reason: string | null; readonly stripe_invoice_id: string | null; readonly stripe_number: string | null; readonly rated_at: Date; readonly document_digest: string }> = {
  name: 'invoice_list_for_export',
  parameters: ['period', 'after', 'batch_size'],
  text: `select i.invoice_id, i.customer_id, c.name as customer_name, i.period, i.series, i.run_id, i.status, i.currency, i.subtotal, i.total,
  i.hold_reason, i.stripe_invoice_id, i.stripe_number, i.rated_at, i.document_digest
from invoices i join customers c using (customer_id)
where i.period = $1 and i.status <> 'superseded' and i.invoice_id collate "C" > $2
order by i.invoice_id collate "C"
limit $3::int`,
};

/**
 * The invoices of some periods with what their copies in Stripe are made from, whatever their state but superseded.
 */
export const invoiceListForReconciliation: Query<{ readonly periods: readonly string[] }, { readonly invoice_id: string; readonly run_id: string; readonly customer_id: string; readonly period: string; readonly series: string; readonly generation: number; readonly status: InvoiceStatus; readonly currency: string; readonly subtotal: bigint; readonly document: string; readonly stripe_invoice_id: string | null; readonly stripe_customer_id: string | null; readonly collection_method: string | null; readonly days_until_due: number | null; readonly tax: string | null; readonly voided_here: boolean }> = {
  name: 'invoice_list_for_reconciliation',
  parameters: ['periods'],
  text: `select i.invoice_id, i.run_id, i.customer_id, i.period, i.series, i.generation, i.status, i.currency, i.subtotal, i.document, i.stripe_invoice_id, c.stripe_customer_id,
  k.collection_method as "collection_method", k.days_until_due as "days_until_due", k.tax as "tax",
  exists (select from invoice_voids v where v.invoice_id = i.invoice_id and v.status in ('approved', 'done')) as "voided_here"
from invoices i join customers c using (customer_id)
left join lateral (
  select t.collection_method, t.days_until_due, t.tax from contracts t
  where t.customer_id = i.customer_id and t.status <> 'draft'
  order by t.contract_id = (i.document::jsonb -> 'segments' -> -1 ->> 'contract') desc nulls last, t.starts_on desc limit 1) k on true
where i.period = any($1::text[]) and i.status <> 'superseded'
order by i.period, i.customer_id, i.invoice_id`,
};

/**
 * Invoices after one, in the order of their ids, of a period or one by its id, in every state; with what their copies in Stripe are made from.
 */
export const invoiceListForReplay: Query<{ readonly period: string | null; readonly invoice_id: string | null; readonly after: string; readonly batch_size: number }, { readonly invoice_id: string; readonly run_id: string; readonly fencing_token: number; readonly customer_id: string; readonly period: string; readonly series: string; readonly generation: number; readonly rating_number: number; readonly status: InvoiceStatus; readonly currency: string; readonly subtotal: bigint; readonly total: bigint; readonly document: string; readonly document_digest: string; readonly hold_reason: string | null; readonly stripe_customer_id: string | null; readonly period_from: string; readonly period_to: string; readonly collection_method: string | null; readonly days_until_due: number | null; readonly tax: string | null }> = {
  name: 'invoice_list_for_replay',
  parameters: ['period', 'invoice_id', 'after', 'batch_size'],
  text: `select i.invoice_id, i.run_id, i.fencing_token, i.customer_id, i.period, i.series, i.generation, i.rating_number, i.status, i.currency, i.subtotal, i.total,
  i.document, i.document_digest, i.hold_reason, c.stripe_customer_id, r.period_from, r.period_to,
  k.collection_method as "collection_method", k.days_until_due as "days_until_due", k.tax as "tax"
from invoices i join customers c using (customer_id) join billing_runs r using (run_id)
left join lateral (
  select t.collection_method, t.days_until_due, t.tax from contracts t
  where t.customer_id = i.customer_id and t.status <> 'draft'
  order by t.contract_id = case when pg_input_is_valid(i.document, 'jsonb') then i.document::jsonb -> 'segments' -> -1 ->> 'contract' end desc nulls last, t.starts_on desc limit 1) k on true
where ($1::text is null or i.period = $1) and ($2::text is null or i.invoice_id = $2)
  and i.invoice_id > $3
order by i.invoice_id
limit $4::int`,
};

/**
 * The invoices of a customer over a day that are held for a reason that nobody has released, with the days of their runs.
 */
export const invoiceListHeldForReason: Query<{ readonly customer_id: string; readonly day: string; readonly reason: string }, { readonly invoice_id: string; readonly run_id: string; readonly fencing_token: number; readonly period_from: string; readonly period_to: string }> = {
  name: 'invoice_list_held_for_reason',
  parameters: ['customer_id', 'day', 'reason'],
  text: `select i.invoice_id, i.run_id, i.fencing_token, r.period_from, r.period_to
from invoices i join billing_runs r using (run_id)
where i.customer_id = $1 and i.status = 'held' and r.period_from <= $2::date and r.period_to > $2::date
  and exists (select from invoice_holds h where h.invoice_id = i.invoice_id and h.reason = $3 and h.released_by is null)
order by i.invoice_id`,
};

/**
 * What some customers were billed in earlier periods, in one currency each row: live monthly invoices that were not held.
 */
export const invoiceListHistory: Query<{ readonly customers: readonly string[]; readonly series: string; readonly period: string; readonly since: string }, { readonly customer_id: string; readonly currency: string; readonly period: string; readonly total: bigint }> = {
  name: 'invoice_list_history',
  parameters: ['customers', 'series', 'period', 'since'],
  text: `select customer_id, currency, period, sum(total)::bigint as "total"
from invoices
where customer_id = any($1::text[]) and series = $2 and period < $3 and period >= $4
  and status not in ('void', 'superseded', 'held')
group by customer_id, currency, period
order by customer_id, currency, period desc`,
};

/**
 * The invoices of some customers of a run under a token that wait for the sign-off and could be rated: those that can be held.
 */
export const invoiceListHoldable: Query<{ readonly run_id: string; readonly fencing_token: number; readonly customers: readonly string[] }, { readonly invoice_id: string; readonly customer_id: string }> = {
  name: 'invoice_list_holdable',
  parameters: ['run_id', 'fencing_token', 'customers'],
  text: `select i.invoice_id, i.customer_id from invoices i
where i.run_id = $1 and i.fencing_token = $2 and i.customer_id = any($3::text[]) and i.status in ('rated', 'held')
  and not exists (select from invoice_holds h where h.invoice_id = i.invoice_id and not h.releasable)
order by i.invoice_id`,
};

/**
 * The live invoices of a run with what a reviewer looks at.
 */
export const invoiceListOfRun: Query<{ readonly run_id: string }, { readonly invoice_id: string; readonly customer_id: string; readonly customer_name: string; readonly status: InvoiceStatus; readonly currency: string; readonly subtotal: bigint; readonly total: bigint; readonly hold_reason: string | null; readonly stripe_invoice_id: string | null; readonly stripe_number: string | null; readonly failure_detail: string | null }> = {
  name: 'invoice_list_of_run',
  parameters: ['run_id'],
  text: `select i.invoice_id, i.customer_id, c.name as customer_name, i.status, i.currency, i.subtotal, i.total, i.hold_reason, i.stripe_invoice_id, i.stripe_number, i.failure_detail
from invoices i join customers c using (customer_id)
where i.run_id = $1 and i.status <> 'superseded'
order by i.customer_id, i.series, i.generation`,
};

/**
 * The live invoices of a run, each beside the live one of the same customer, series and currency in another period.
 */
export const invoiceListWithPrevious: Query<{ readonly previous_period: string; readonly run_id: string }, { readonly invoice_id: string; readonly customer_id: string; readonly customer_name: string; readonly series: string; readonly status: InvoiceStatus; readonly currency: string; readonly total: bigint; readonly hold_reason: string | null; readonly failure_detail: string | null; readonly stripe_number: string | null; readonly stripe_customer_id: string | null; readonly previous_invoice_id: string | null; readonly previous_total: bigint | null; readonly unratable: boolean }> = {
  name: 'invoice_list_with_previous',
  parameters: ['previous_period', 'run_id'],
  text: `select i.invoice_id, i.customer_id, c.name as customer_name, i.series, i.status, i.currency, i.total, i.hold_reason,
  i.failure_detail, i.stripe_number, c.stripe_customer_id, p.invoice_id as "previous_invoice_id", p.total as "previous_total",
  exists (select from invoice_holds h where h.invoice_id = i.invoice_id and not h.releasable) as "unratable"
from invoices i
join customers c using (customer_id)
left join invoices p on p.customer_id = i.customer_id and p.series = i.series and p.currency = i.currency
  and p.period = $1 and p.status not in ('void', 'superseded')
where i.run_id = $2 and i.status <> 'superseded'
order by i.customer_id, i.series, i.invoice_id`,
};

/**
 * An invoice with its run, locked to the end of the transaction.
 */
export const invoiceLock: Query<{ readonly invoice_id: string }, { readonly invoice_id: string; readonly customer_id: string; readonly status: InvoiceStatus; readonly run_id: string; readonly fencing_token: number; readonly period: string; readonly series: string; readonly run_status: BillingRunStatus; readonly stripe_customer_id: string | null }> = {
  name: 'invoice_lock',
  parameters: ['invoice_id'],
  text: `select i.invoice_id, i.customer_id, i.status, i.run_id, i.fencing_token, i.period, i.series, r.status as run_status, c.stripe_customer_id
from invoices i join billing_runs r using (run_id) join customers c using (customer_id)
where i.invoice_id = $1
for update of i`,
};

/**
 * The invoice that stands in Stripe under an id, locked to the end of the transaction.
 */
export const invoiceLockByStripeId: Query<{ readonly stripe_invoice_id: string }, { readonly invoice_id: string; readonly run_id: string; readonly customer_id: string; readonly period: string; readonly status: InvoiceStatus }> = {
  name: 'invoice_lock_by_stripe_id',
  parameters: ['stripe_invoice_id'],
  text: `select invoice_id, run_id, customer_id, period, status from invoices where stripe_invoice_id = $1 for update`,
};

/**
 * The invoices that a run made for some customers, released, held for a decision or voided, locked to the end of the
 * transaction: whoever corrects them waits. One that could not be rated has billed nothing and is left out.
 */
export const invoiceLockOfCustomers: Query<{ readonly customers: readonly string[]; readonly run_id: string }, { readonly invoice_id: string; readonly customer_id: string; readonly status: InvoiceStatus; readonly currency: string; readonly document: string; readonly document_digest: string }> = {
  name: 'invoice_lock_of_customers',
  parameters: ['customers', 'run_id'],
  text: `select invoice_id, customer_id, status, currency, document, document_digest from invoices
where customer_id = any($1::text[]) and run_id = $2 and status <> 'superseded'
  and not jsonb_exists(document::jsonb, 'held')
order by customer_id, series, length(invoice_id), invoice_id
for update`,
};

/**
 * Holds a rated invoice, by hand. No row means that it is not rated any more.
 */
export const invoicePutOnHold: Query<{ readonly hold_reason: string; readonly invoice_id: string }, { readonly invoice_id: string }> = {
  name: 'invoice_put_on_hold',
  parameters: ['hold_reason', 'invoice_id'],
  text: `update invoices set status = 'held', hold_reason = $1 where invoice_id = $2 and status = 'rated'
returning invoice_id`,
};

/**
 * Lets a held invoice go on with its run. A trigger refuses while a hold is open, and what could not be rated.
 */
export const invoiceRelease: Query<{ readonly invoice_id: string }, { readonly invoice_id: string }> = {
  name: 'invoice_release',
  parameters: ['invoice_id'],
  text: `update invoices set status = 'rated', hold_reason = null where invoice_id = $1 and status = 'held'
returning invoice_id`,
};

/**
 * Releases the invoices that were held only because their customer was not known to Stripe: their run was signed off,
 * and the customer is mapped now.
 */
export const invoiceReleaseMapped: Query<{ readonly customer_id: string }, { readonly invoice_id: string; readonly run_id: string }> = {
  name: 'invoice_release_mapped',
  parameters: ['customer_id'],
  text: `update invoices i set status = 'approved', hold_reason = null
from customers c, billing_runs r
where i.customer_id = $1 and i.status = 'held' and i.hold_reason like 'no\\_stripe\\_customer:%'
  and c.customer_id = i.customer_id and c.stripe_customer_id is not null
  and r.run_id = i.run_id and r.status in ('issuing', 'issuing_failed', 'issued')
returning i.invoice_id, i.run_id`,
};

/**
 * One invoice, whatever its state, with the customer's name, the voided one before it and the one that came after its own void.
 */
export const invoiceShow: Query<{ readonly invoice_id: string }, { readonly invoice_id: string; readonly run_id: string; readonly fencing_token: number; readonly rating_number: number; readonly customer_id: string; readonly customer_name: string; readonly period: string; readonly series: string; readonly status: InvoiceStatus; readonly currency: string; readonly subtotal: bigint; readonly total: bigint; readonly document: string; readonly document_digest: string; readonly hold_reason: string | null; readonly stripe_invoice_id: string | null; readonly stripe_number: string | null; readonly failure_detail: string | null; readonly rated_at: Date; readonly in_place_of: string | null; readonly reissued_as: string | null }> = {
  name: 'invoice_show',
  parameters: ['invoice_id'],
  text: `select i.invoice_id, i.run_id, i.fencing_token, i.rating_number, i.customer_id, c.name as customer_name, i.period, i.series, i.status, i.currency, i.subtotal, i.total,
  i.document, i.document_digest, i.hold_reason, i.stripe_invoice_id, i.stripe_number, i.failure_detail, i.rated_at,
  (select o.invoice_id from invoices o where (o.customer_id, o.period, o.series) = (i.customer_id, i.period, i.series)
     and o.generation < i.generation and o.status = 'void' order by o.generation desc limit 1) as "in_place_of",
  (select o.invoice_id from invoices o where (o.customer_id, o.period, o.series) = (i.customer_id, i.period, i.series)
     and o.generation > i.generation and o.status <> 'superseded' order by o.generation limit 1) as "reissued_as"
from invoices i join customers c using (customer_id)
where i.invoice_id = $1`,
};

/**
 * Retires the unissued invoices of a run whose inputs changed.
 */
export const invoiceSupersedeOfRun: Query<{ readonly run_id: string; readonly fencing_token: number }, Record<never, never>> = {
  name: 'invoice_supersede_of_run',
  parameters: ['run_id', 'fencing_token'],
  text: `update invoices set status = 'superseded' where run_id = $1 and fencing_token = $2 and status in ('rated', 'held')`,
};

/**
 * Retires the held invoices of a run whose customers could not be rated, so that they are rated anew.
 */
export const invoiceSupersedeUnratable: Query<{ readonly run_id: string; readonly fencing_token: number }, { readonly customer_id: string }> = {
  name: 'invoice_supersede_unratable',
  parameters: ['run_id', 'fencing_token'],
  text: `update invoices i set status = 'superseded'
where i.run_id = $1 and i.fencing_token = $2 and i.status = 'held'
  and exists (select from invoice_holds h where h.invoice_id = i.invoice_id and not h.releasable)
returning i.customer_id`,
};

/**
 * What a run's live invoices add up to, per currency, and how many of them are held.
 */
export const invoiceTotalByCurrency: Query<{ readonly run_id: string }, { readonly currency: string; readonly invoices: number; readonly held: number; readonly total: bigint; readonly held_total: bigint }> = {
  name: 'invoice_total_by_currency',
  parameters: ['run_id'],
  text: `select currency, count(*)::int as "invoices", (count(*) filter (where status = 'held'))::int as "held",
  sum(total)::bigint as "total", coalesce(sum(total) filter (where status = 'held'), 0)::bigint as "held_total"
from invoices where run_id = $1 and status not in ('superseded', 'void')
group by currency order by currency`,
};

/**
 * Approves the void that is asked for. No row means that none is.
 */
export const invoiceVoidApprove: Query<{ readonly approver: string; readonly approved_at: Date; readonly invoice_id: string }, { readonly void_id: bigint }> = {
  name: 'invoice_void_approve',
  parameters: ['approver', 'approved_at', 'invoice_id'],
  text: `update invoice_voids set status = 'approved', approver = $1, approved_at = $2
where invoice_id = $3 and status = 'asked'
returning void_id`,
};

/**
 * Asks for an invoice to be voided. Nothing when a void of it is asked for or approved already.
 */
export const invoiceVoidAsk: Query<{ readonly invoice_id: string; readonly author: string; readonly why: string; readonly asked_at: Date }, { readonly void_id: bigint }> = {
  name: 'invoice_void_ask',
  parameters: ['invoice_id', 'author', 'why', 'asked_at'],
  text: `insert into invoice_voids (invoice_id, status, author, why, asked_at) values ($1, 'asked', $2, $3, $4)
on conflict (invoice_id) where status in ('asked', 'approved') do nothing
returning void_id`,
};

/**
 * Ends the live void of an invoice: done, or withdrawn with the reason.
 */
export const invoiceVoidEnd: Query<{ readonly to_status: InvoiceVoidStatus; readonly ended_at: Date; readonly outcome: string | null; readonly invoice_id: string; readonly from_status: InvoiceVoidStatus }, { readonly void_id: bigint }> = {
  name: 'invoice_void_end',
  parameters: ['to_status', 'ended_at', 'outcome', 'invoice_id', 'from_status'],
  text: `update invoice_voids set status = $1::invoice_void_status, ended_at = $2, outcome = $3
where invoice_id = $4 and status = $5::invoice_void_status
returning void_id`,
};

/**
 * The void of an invoice that is asked for or approved.
 */
export const invoiceVoidFind: Query<{ readonly invoice_id: string }, { readonly void_id: bigint; readonly status: InvoiceVoidStatus; readonly author: string; readonly why: string; readonly asked_at: Date; readonly approver: string | null }> = {
  name: 'invoice_void_find',
  parameters: ['invoice_id'],
  text: `select void_id, status, author, why, asked_at, approver from invoice_voids
where invoice_id = $1 and status in ('asked', 'approved')`,
};

/**
 * Voids that were approved and not carried out: a crash or Stripe came between.
 */
export const invoiceVoidListApproved: Query<Record<never, never>, { readonly invoice_id: string; readonly approver: string | null }> = {
  name: 'invoice_void_list_approved',
  parameters: [],
  text: `select invoice_id, approver from invoice_voids where status = 'approved' order by void_id`,
};

/**
 * One metric.
 */
export const metricFind: Query<{ readonly metric: string }, { readonly metric: string; readonly title: string; readonly unit: string; readonly rollup: Rollup; readonly divisor: string }> = {
  name: 'metric_find',
  parameters: ['metric'],
  text: `select metric, title, unit, rollup, divisor from metrics where metric = $1`,
};

/**
 * All metrics by name.
 */
export const metricList: Query<Record<never, never>, { readonly metric: string; readonly title: string; readonly unit: string; readonly rollup: Rollup; readonly divisor: string }> = {
  name: 'metric_list',
  parameters: [],
  text: `select metric, title, unit, rollup, divisor from metrics order by metric`,
};

/**
 * Decides on a proposed change of the billing mode. No row means that it is not proposed.
 */
export const modeChangeDecide: Query<{ readonly decision: ModeChangeStatus; readonly approver: string; readonly next_contract_id: string }, { readonly next_contract_id: string }> = {
  name: 'mode_change_decide',
  parameters: ['decision', 'approver', 'next_contract_id'],
  text: `update mode_changes set status = $1::mode_change_status, approver = $2
where next_contract_id = $3 and status = 'proposed'
returning next_contract_id`,
};

/**
 * A change of the billing mode, locked to the end of the transaction.
 */
export const modeChangeFind: Query<{ readonly next_contract_id: string }, { readonly next_contract_id: string; readonly previous_contract_id: string; readonly customer_id: string; readonly from_mode: BillingMode; readonly to_mode: BillingMode; readonly takes_effect_on: string; readonly undoes: string | null; readonly status: ModeChangeStatus; readonly author: string; readonly approver: string | null; readonly why: string; readonly proposed_at: Date }> = {
  name: 'mode_change_find',
  parameters: ['next_contract_id'],
  text: `select next_contract_id, previous_contract_id, customer_id, from_mode, to_mode, takes_effect_on, undoes, status, author, approver, why, proposed_at
from mode_changes where next_contract_id = $1 for update`,
};

/**
 * Every change of the billing mode, the latest first.
 */
export const modeChangeList: Query<{ readonly customer_id: string | null }, { readonly next_contract_id: string; readonly previous_contract_id: string; readonly customer_id: string; readonly customer_name: string; readonly from_mode: BillingMode; readonly to_mode: BillingMode; readonly takes_effect_on: string; readonly undoes: string | null; readonly status: ModeChangeStatus; readonly author: string; readonly approver: string | null; readonly why: string; readonly proposed_at: Date }> = {
  name: 'mode_change_list',
  parameters: ['customer_id'],
  text: `select m.next_contract_id, m.previous_contract_id, m.customer_id, c.name as customer_name, m.from_mode, m.to_mode, m.takes_effect_on, m.undoes, m.status,
  m.author, m.approver, m.why, m.proposed_at
from mode_changes m join customers c using (customer_id)
where ($1::text is null or m.customer_id = $1)
order by m.takes_effect_on desc, m.customer_id, m.proposed_at desc`,
};

/**
 * Proposes a change of the billing mode: the draft of the next contract, and why.
 */
export const modeChangePropose: Query<{ readonly next_contract_id: string; readonly previous_contract_id: string; readonly customer_id: string; readonly from_mode: BillingMode; readonly to_mode: BillingMode; readonly takes_effect_on: string; readonly undoes: string | null; readonly author: string; readonly why: string; readonly proposed_at: Date }, Record<never, never>> = {
  name: 'mode_change_propose',
  parameters: ['next_contract_id', 'previous_contract_id', 'customer_id', 'from_mode', 'to_mode', 'takes_effect_on', 'undoes', 'author', 'why', 'proposed_at'],
  text: `insert into mode_changes (next_contract_id, previous_contract_id, customer_id, from_mode, to_mode, takes_effect_on, undoes, status, author, why, proposed_at)
values ($1, $2, $3, $4, $5, $6, $7, 'proposed', $8, $9, $10)`,
};

/**
 * Marks a change of the billing mode as rolled back. A trigger wants its approved roll-back, and a month that is open.
 */
export const modeChangeRollBack: Query<{ readonly next_contract_id: string }, { readonly next_contract_id: string }> = {
  name: 'mode_change_roll_back',
  parameters: ['next_contract_id'],
  text: `update mode_changes set status = 'rolled_back' where next_contract_id = $1 and status = 'approved'
returning next_contract_id`,
};

/**
 * How many facts of a topic have occurred since an instant and were published.
 */
export const outboxCountPublishedSince: Query<{ readonly topic: string; readonly since: Date }, { readonly events: number }> = {
  name: 'outbox_count_published_since',
  parameters: ['topic', 'since'],
  text: `select count(*)::int as "events" from outbox where topic = $1 and occurred_at >= $2::timestamptz and published_at is not null`,
};

/**
 * How many facts wait to be published, and since when.
 */
export const outboxCountUnpublished: Query<Record<never, never>, { readonly waiting: bigint; readonly oldest: Date | null }> = {
  name: 'outbox_count_unpublished',
  parameters: [],
  text: `select count(*) as "waiting", min(occurred_at) as oldest from outbox where published_at is null`,
};

/**
 * Any fact that waits to be published, or no row.
 */
export const outboxFindUnpublished: Query<Record<never, never>, { readonly event_id: string }> = {
  name: 'outbox_find_unpublished',
  parameters: [],
  text: `select event_id from outbox where published_at is null limit 1`,
};

/**
 * Keeps facts for publishing, in the transaction that makes them true (promise 10), each beside the trace that it happened in.
 */
export const outboxInsert: Query<{ readonly event_ids: readonly string[]; readonly topics: readonly string[]; readonly bodies: readonly string[]; readonly occurred_at: readonly Date[]; readonly traceparents: readonly string[] }, Record<never, never>> = {
  name: 'outbox_insert',
  parameters: ['event_ids', 'topics', 'bodies', 'occurred_at', 'traceparents'],
  text: `insert into outbox (event_id, topic, body, occurred_at, traceparent)
select g.event_id, g.topic, g.body, g.occurred_at, nullif(g.traceparent, '')
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
  as g (event_id, topic, body, occurred_at, traceparent)`,
};

/**
 * The next published facts of a topic since an instant, in the order in which they occurred, after the last one of the page before.
 */
export const outboxListPublishedSince: Query<{ readonly topic: string; readonly since: Date; readonly after_at: Date | null; readonly after_id: string | null; readonly batch_size: number }, { readonly event_id: string; readonly body: string; readonly traceparent: string | null; readonly occurred_at: Date }> = {
  name: 'outbox_list_published_since',
  parameters: ['topic', 'since', 'after_at', 'after_id', 'batch_size'],
  text: `select event_id, body, traceparent, occurred_at from outbox
where topic = $1 and occurred_at >= $2::timestamptz and published_at is not null
  and ($3::timestamptz is null or (occurred_at, event_id) > ($3, $4::uuid))
order by occurred_at, event_id limit $5::int`,
};

/**
 * The oldest facts that nobody has published yet. Locked rows belong to another publisher and are left to it.
 */
export const outboxListUnpublished: Query<{ readonly batch_size: number }, { readonly event_id: string; readonly topic: string; readonly body: string; readonly traceparent: string | null }> = {
  name: 'outbox_list_unpublished',
  parameters: ['batch_size'],
  text: `select event_id, topic, body, traceparent
from outbox
where published_at is null
order by occurred_at, event_id
limit $1::int
for update skip locked`,
};

/**
 * Marks facts as published, after Pub/Sub has confirmed them. A crash between the two publishes them again, and receivers are safe to repeat.
 */
export const outboxMarkPublished: Query<{ readonly published_at: Date; readonly event_ids: readonly string[] }, Record<never, never>> = {
  name: 'outbox_mark_published',
  parameters: ['published_at', 'event_ids'],
  text: `update outbox set published_at = $1
where event_id = any($2::uuid[]) and published_at is null`,
};

/**
 * Records an approval of what is under review now. Nothing when the approver gave it before.
 */
export const planApprovalInsert: Query<{ readonly plan_version: string; readonly backtest_id: bigint; readonly backtest_digest: string; readonly approver: string; readonly approved_as: PrincipalRole; readonly acknowledged: readonly string[]; readonly approved_at: Date; readonly why: string }, { readonly approver: string }> = {
  name: 'plan_approval_insert',
  parameters: ['plan_version', 'backtest_id', 'backtest_digest', 'approver', 'approved_as', 'acknowledged', 'approved_at', 'why'],
  text: `insert into plan_approvals (plan_version, backtest_id, backtest_digest, approver, approved_as, acknowledged, approved_at, why)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (plan_version, backtest_id, approver) do nothing
returning approver`,
};

/**
 * All approvals of a version, and which of them count: those of the backtest that is under review.
 */
export const planApprovalList: Query<{ readonly plan_version: string }, { readonly approver: string; readonly person: string; readonly approved_as: PrincipalRole; readonly acknowledged: readonly string[]; readonly approved_at: Date; readonly why: string; readonly backtest_digest: string; readonly valid: boolean }> = {
  name: 'plan_approval_list',
  parameters: ['plan_version'],
  text: `select a.approver, person_behind(a.approver) as "person", a.approved_as, a.acknowledged, a.approved_at, a.why, a.backtest_digest,
  a.backtest_id = v.backtest_id as "valid"
from plan_approvals a join plan_versions v on v.plan_version = a.plan_version
where a.plan_version = $1 order by a.approved_at, a.approver`,
};

/**
 * One comparison as it was reviewed.
 */
export const planBacktestFind: Query<{ readonly backtest_id: bigint }, { readonly backtest_id: bigint; readonly document: string; readonly backtest_digest: string; readonly expected_monthly_revenue: bigint; readonly largest_customer_change: bigint; readonly made_by: string; readonly made_at: Date }> = {
  name: 'plan_backtest_find',
  parameters: ['backtest_id'],
  text: `select backtest_id, document, backtest_digest, expected_monthly_revenue as "expected_monthly_revenue",
  largest_customer_change as "largest_customer_change", made_by, made_at
from plan_backtests where backtest_id = $1`,
};

/**
 * Puts a comparison under review; when it differs from the one before, approvals of that are void. No row means no change. Takes the checker's role.
 */
export const planBacktestInsert: Query<{ readonly plan_version: string; readonly document: string; readonly backtest_digest: string; readonly made_by: string; readonly made_at: Date }, { readonly backtest_id: bigint }> = {
  name: 'plan_backtest_insert',
  parameters: ['plan_version', 'document', 'backtest_digest', 'made_by', 'made_at'],
  text: `insert into plan_backtests (plan_version, document, backtest_digest, made_by, made_at)
values ($1, $2, $3, $4, $5)
returning backtest_id`,
};

/**
 * Adds a plan's name; nothing when it exists. The first title stays.
 */
export const planInsert: Query<{ readonly plan: string; readonly title: string }, Record<never, never>> = {
  name: 'plan_insert',
  parameters: ['plan', 'title'],
  text: `insert into plans (plan, title) values ($1, $2) on conflict (plan) do nothing`,
};

/**
 * Puts an approved version in force from a day on. No row means that it is not approved.
 */
export const planVersionActivate: Query<{ readonly active_from: string; readonly plan_version: string }, { readonly plan_version: string }> = {
  name: 'plan_version_activate',
  parameters: ['active_from', 'plan_version'],
  text: `update plan_versions set status = 'active', active_from = $1
where plan_version = $2 and status = 'approved' returning plan_version`,
};

/**
 * Moves a version from one state to the next. No row means that it was not in that state.
 */
export const planVersionAdvance: Query<{ readonly to_status: PlanVersionStatus; readonly plan_version: string; readonly from_status: PlanVersionStatus }, { readonly plan_version: string }> = {
  name: 'plan_version_advance',
  parameters: ['to_status', 'plan_version', 'from_status'],
  text: `update plan_versions set status = $1 where plan_version = $2 and status = $3 returning plan_version`,
};

/**
 * How the approval of what is under review stands: required as the database will require it, and given by how many people.
 */
export const planVersionCountApprovals: Query<{ readonly plan_version: string }, { readonly required: number; readonly given: number; readonly by_finance: boolean }> = {
  name: 'plan_version_count_approvals',
  parameters: ['plan_version'],
  text: `select greatest(v.approvals_required, approvals_required_for(v.currency, b.expected_monthly_revenue, b.largest_customer_change)) as "required",
  (select count(distinct person_behind(a.approver)) from plan_approvals a
   where a.plan_version = v.plan_version and a.backtest_id = v.backtest_id)::int as "given",
  exists (select from plan_approvals a
          where a.plan_version = v.plan_version and a.backtest_id = v.backtest_id and a.approved_as = 'finance') as "by_finance"
from plan_versions v join plan_backtests b on b.backtest_id = v.backtest_id
where v.plan_version = $1`,
};

/**
 * One version by its digest.
 */
export const planVersionFind: Query<{ readonly plan_version: string }, { readonly plan_version: string; readonly plan: string; readonly document: string; readonly currency: string; readonly status: PlanVersionStatus; readonly author: string; readonly submitted_at: Date; readonly diagnostics: unknown; readonly error_count: number; readonly backtest_id: bigint | null; readonly backtest_digest: string | null; readonly approvals_required: number; readonly active_from: string | null }> = {
  name: 'plan_version_find',
  parameters: ['plan_version'],
  text: `select v.plan_version, v.plan, v.document, v.currency, v.status, v.author, v.submitted_at, v.diagnostics, v.error_count,
  v.backtest_id, b.backtest_digest as "backtest_digest", v.approvals_required, v.active_from
from plan_versions v left join plan_backtests b on b.backtest_id = v.backtest_id
where v.plan_version = $1`,
};

/**
 * Versions that a person may mean: by the digest's beginning, or by the plan's name in one of some states. Newest first.
 */
export const planVersionFindByName: Query<{ readonly text: string; readonly statuses: readonly string[] }, { readonly plan_version: string; readonly plan: string; readonly document: string; readonly currency: string; readonly status: PlanVersionStatus; readonly author: string; readonly submitted_at: Date; readonly diagnostics: unknown; readonly error_count: number; readonly backtest_id: bigint | null; readonly backtest_digest: string | null; readonly approvals_required: number; readonly active_from: string | null }> = {
  name: 'plan_version_find_by_name',
  parameters: ['text', 'statuses'],
  text: `select v.plan_version, v.plan, v.document, v.currency, v.status, v.author, v.submitted_at, v.diagnostics, v.error_count,
  v.backtest_id, b.backtest_digest as "backtest_digest", v.approvals_required, v.active_from
from plan_versions v left join plan_backtests b on b.backtest_id = v.backtest_id
where starts_with(v.plan_version, $1) or starts_with(v.plan_version, 'sha256' || chr(58) || $1)
  or (v.plan = $1 and v.status::text = any($2::text[]))
order by v.submitted_at desc, v.plan_version limit 20`,
};

/**
 * What a version would replace: the version of the same plan that is in force, or was before it. Another version always.
 */
export const planVersionFindPredecessor: Query<{ readonly plan: string; readonly plan_version: string; readonly active_from: string | null }, { readonly plan_version: string; readonly plan: string; readonly document: string; readonly currency: string; readonly status: PlanVersionStatus; readonly author: string; readonly submitted_at: Date; readonly diagnostics: unknown; readonly error_count: number; readonly backtest_id: bigint | null; readonly backtest_digest: string | null; readonly approvals_required: number; readonly active_from: string | null }> = {
  name: 'plan_version_find_predecessor',
  parameters: ['plan', 'plan_version', 'active_from'],
  text: `select v.plan_version, v.plan, v.document, v.currency, v.status, v.author, v.submitted_at, v.diagnostics, v.error_count,
  v.backtest_id, b.backtest_digest as "backtest_digest", v.approvals_required, v.active_from
from plan_versions v left join plan_backtests b on b.backtest_id = v.backtest_id
where v.plan = $1 and v.plan_version <> $2 and v.active_from is not null
  and ($3::date is null or v.active_from < $3::date)
order by v.active_from desc, v.submitted_at desc limit 1`,
};

/**
 * Records a version as a draft with what the check found. Nothing when the content was submitted before. Takes the checker's role.
 */
export const planVersionInsert: Query<{ readonly plan_version: string; readonly plan: string; readonly document: string; readonly currency: string; readonly author: string; readonly submitted_at: Date; readonly diagnostics: string }, { readonly plan_version: string }> = {
  name: 'plan_version_insert',
  parameters: ['plan_version', 'plan', 'document', 'currency', 'author', 'submitted_at', 'diagnostics'],
  text: `insert into plan_versions (plan_version, plan, document, currency, status, author, submitted_at, diagnostics)
values ($1, $2, $3, $4, 'draft', $5, $6, $7)
on conflict (plan_version) do nothing
returning plan_version`,
};

/**
 * Versions with their state and how their review stands, newest first; of one plan when it is named.
 */
export const planVersionList: Query<{ readonly plan: string | null }, { readonly plan_version: string; readonly plan: string; readonly title: string; readonly currency: string; readonly status: PlanVersionStatus; readonly author: string; readonly submitted_at: Date; readonly error_count: number; readonly warning_count: number; readonly approvals_required: number; readonly active_from: string | null; readonly approvals_given: number }> = {
  name: 'plan_version_list',
  parameters: ['plan'],
  text: `select v.plan_version, v.plan, v.document::jsonb ->> 'title' as "title", v.currency, v.status, v.author, v.submitted_at, v.error_count,
  count_findings(v.diagnostics, 'warning') as "warning_count", v.approvals_required, v.active_from,
  (select count(distinct person_behind(a.approver)) from plan_approvals a
   where a.plan_version = v.plan_version and a.backtest_id = v.backtest_id)::int as "approvals_given"
from plan_versions v
where $1::text is null or v.plan = $1::text
order by v.plan, v.submitted_at desc, v.plan_version`,
};

/**
 * The documents of some plan versions.
 */
export const planVersionListDocuments: Query<{ readonly plan_versions: readonly string[] }, { readonly plan_version: string; readonly document: string }> = {
  name: 'plan_version_list_documents',
  parameters: ['plan_versions'],
  text: `select plan_version, document from plan_versions where plan_version = any($1::text[])`,
};

/**
 * The plan versions that a run billed or rated beside the bill under a token, with how many customers and how much they brought.
 */
export const planVersionListOfRun: Query<{ readonly run_id: string; readonly fencing_token: number }, { readonly plan_version: string; readonly plan: string; readonly title: string; readonly purpose: ChargePurpose; readonly currency: string; readonly customers: number; readonly total: bigint }> = {
  name: 'plan_version_list_of_run',
  parameters: ['run_id', 'fencing_token'],
  text: `select c.plan_version, v.plan, p.title, c.purpose, c.currency, count(distinct c.customer_id)::int as "customers", sum(c.amount)::bigint as "total"
from charges c join plan_versions v using (plan_version) join plans p on p.plan = v.plan
where c.run_id = $1 and c.fencing_token = $2
  and exists (select from invoices i where (i.run_id, i.fencing_token, i.customer_id, i.rating_number) = (c.run_id, c.fencing_token, c.customer_id, c.rating_number)
                and i.status not in ('superseded', 'void'))
group by c.plan_version, v.plan, p.title, c.purpose, c.currency
order by v.plan, c.plan_version, c.purpose, c.currency`,
};

/**
 * Records the check of a draft again. No row means that it is no draft any more, and its findings stand. Takes the checker's role.
 */
export const planVersionSetDiagnostics: Query<{ readonly diagnostics: string; readonly plan_version: string }, { readonly plan_version: string }> = {
  name: 'plan_version_set_diagnostics',
  parameters: ['diagnostics', 'plan_version'],
  text: `update plan_versions set diagnostics = $1 where plan_version = $2 and status = 'draft' returning plan_version`,
};

/**
 * One identity with its roles, and the person who answers for it.
 */
export const principalFind: Query<{ readonly principal: string }, { readonly principal: string; readonly kind: PrincipalKind; readonly roles: readonly string[]; readonly owner: string | null; readonly person: string }> = {
  name: 'principal_find',
  parameters: ['principal'],
  text: `select principal, kind, roles::text[] as "roles", owner, person_behind(principal) as "person" from principals where principal = $1`,
};

/**
 * Adds an identity; nothing when the name exists. Only the schema's owner may: identities come with the deployment.
 */
export const principalInsert: Query<{ readonly principal: string; readonly kind: PrincipalKind; readonly roles: readonly PrincipalRole[]; readonly owner: string | null }, { readonly principal: string }> = {
  name: 'principal_insert',
  parameters: ['principal', 'kind', 'roles', 'owner'],
  text: `insert into principals (principal, kind, roles, owner)
values ($1, $2, $3, $4)
on conflict (principal) do nothing
returning principal`,
};

/**
 * Adds a project; nothing when the id exists.
 */
export const projectInsert: Query<{ readonly project_id: string }, Record<never, never>> = {
  name: 'project_insert',
  parameters: ['project_id'],
  text: `insert into projects (project_id) values ($1) on conflict (project_id) do nothing`,
};

/**
 * Gives a project to a customer from a day on; nothing when the project changes hands on that day already.
 */
export const projectOwnershipInsert: Query<{ readonly project_id: string; readonly customer_id: string; readonly owned_from: string; readonly owned_to: string | null }, { readonly project_id: string }> = {
  name: 'project_ownership_insert',
  parameters: ['project_id', 'customer_id', 'owned_from', 'owned_to'],
  text: `insert into project_ownerships (project_id, customer_id, owned_from, owned_to)
values ($1, $2, $3, $4)
on conflict (project_id, owned_from) do nothing
returning project_id`,
};

/**
 * The owners of a project in the order of time, locked against a second change in between.
 */
export const projectOwnershipList: Query<{ readonly project_id: string }, { readonly customer_id: string; readonly owned_from: string; readonly owned_to: string | null }> = {
  name: 'project_ownership_list',
  parameters: ['project_id'],
  text: `select customer_id, owned_from, owned_to from project_ownerships where project_id = $1 order by owned_from for update`,
};

/**
 * The projects that a customer owns or has owned.
 */
export const projectOwnershipListOfCustomer: Query<{ readonly customer_id: string }, { readonly project_id: string; readonly owned_from: string; readonly owned_to: string | null }> = {
  name: 'project_ownership_list_of_customer',
  parameters: ['customer_id'],
  text: `select project_id, owned_from, owned_to from project_ownerships
where customer_id = $1 order by project_id, owned_from`,
};

/**
 * One region.
 */
export const regionFind: Query<{ readonly region: string }, { readonly region: string; readonly active_from: string; readonly active_to: string | null }> = {
  name: 'region_find',
  parameters: ['region'],
  text: `select region, active_from, active_to from regions where region = $1`,
};

/**
 * Adds a region; nothing when the name exists.
 */
export const regionInsert: Query<{ readonly region: string; readonly active_from: string }, { readonly region: string }> = {
  name: 'region_insert',
  parameters: ['region', 'active_from'],
  text: `insert into regions (region, active_from)
values ($1, $2)
on conflict (region) do nothing
returning region`,
};

/**
 * The regions that have usage on a day.
 */
export const regionListActive: Query<{ readonly day: string }, { readonly region: string }> = {
  name: 'region_list_active',
  parameters: ['day'],
  text: `select region from regions
where active_from <= $1::date and (active_to is null or active_to > $1::date)
order by region`,
};

/**
 * The latest rerating of a run: what its customers are compared with.
 */
export const reratingFindLatest: Query<{ readonly run_id: string }, { readonly rerating: number; readonly author: string }> = {
  name: 'rerating_find_latest',
  parameters: ['run_id'],
  text: `select rerating, author from reratings where run_id = $1 order by rerating desc limit 1`,
};

/**
 * The reratings of a run, the latest first, with how far each has come.
 */
export const reratingList: Query<{ readonly run_id: string }, { readonly rerating: number; readonly inputs_digest: string; readonly author: string; readonly cause: string; readonly opened_at: Date; readonly shards: number; readonly compared: number }> = {
  name: 'rerating_list',
  parameters: ['run_id'],
  text: `select g.rerating, g.inputs_digest, g.author, g.cause, g.opened_at,
  (select count(*)::int from rerating_shards s where s.run_id = g.run_id and s.rerating = g.rerating) as "shards",
  (select count(*)::int from rerating_shards s where s.run_id = g.run_id and s.rerating = g.rerating and s.status = 'compared') as "compared"
from reratings g where g.run_id = $1 order by g.rerating desc`,
};

/**
 * The customers whose rows differ between a rerating and what came before it (the run itself for the first), and those
 * whose terms of the period were corrected. Rows that moved without a change are no difference.
 */
export const reratingListChangedCustomers: Query<{ readonly run_id: string; readonly rerating: number; readonly from_day: string; readonly to_day: string; readonly period: string }, { readonly customer_id: string }> = {
  name: 'rerating_list_changed_customers',
  parameters: ['run_id', 'rerating', 'from_day', 'to_day', 'period'],
  text: `with previous as (
  select checkpoint_id from rerating_checkpoints where run_id = $1 and rerating = $2::int - 1
  union all
  select p.checkpoint_id from run_checkpoints p join billing_runs r on r.run_id = p.run_id and r.fencing_token = p.fencing_token
  where p.run_id = $1 and $2 = 1
), present as (
  select checkpoint_id from rerating_checkpoints where run_id = $1 and rerating = $2
), before as (
  select u.customer_id, u.project_id, u.region, u.metric, u.day, u.quantity
  from (select checkpoint_id from previous except select checkpoint_id from present) gone
  join usage_daily u on u.checkpoint_id = gone.checkpoint_id and u.day >= $3::date and u.day < $4::date
), after as (
  select u.customer_id, u.project_id, u.region, u.metric, u.day, u.quantity
  from (select checkpoint_id from present except select checkpoint_id from previous) come
  join usage_daily u on u.checkpoint_id = come.checkpoint_id and u.day >= $3::date and u.day < $4::date
), changed as (
  (select * from before except all select * from after) union all (select * from after except all select * from before)
)
select customer_id as "customer_id" from changed where customer_id is not null
union
select k.customer_id from term_corrections t join contracts k using (contract_id)
where t.period = $5 and t.status in ('approved', 'superseded')
order by 1`,
};

/**
 * What an approved run was billed or last rated anew on, and the digest over what its period rests on now.
 */
export const reratingLook: Query<{ readonly run_id: string }, { readonly period: string; readonly period_from: string; readonly period_to: string; readonly rerating: number; readonly known_digest: string | null; readonly inputs_digest: string }> = {
  name: 'rerating_look',
  parameters: ['run_id'],
  text: `select r.period, r.period_from, r.period_to, coalesce(l.rerating, 0) as "rerating", coalesce(l.inputs_digest, r.inputs_digest) as "known_digest",
  period_inputs_digest(r.run_id) as "inputs_digest"
from billing_runs r
left join lateral (select rerating, inputs_digest from reratings g where g.run_id = r.run_id order by g.rerating desc limit 1) l on true
where r.run_id = $1`,
};

/**
 * Opens a rerating and fixes what it rests on: the current checkpoints of the run's days. The caller holds the run's lock.
 */
export const reratingOpen: Query<{ readonly run_id: string; readonly rerating: number; readonly inputs_digest: string; readonly author: string; readonly cause: string; readonly opened_at: Date }, { readonly rerating: number }> = {
  name: 'rerating_open',
  parameters: ['run_id', 'rerating', 'inputs_digest', 'author', 'cause', 'opened_at'],
  text: `with opened as (
  insert into reratings (run_id, rerating, inputs_digest, author, cause, opened_at)
  values ($1, $2, $3, $4, $5, $6)
  returning run_id, rerating
), pinned as (
  insert into rerating_checkpoints (run_id, rerating, checkpoint_id)
  select o.run_id, o.rerating, c.checkpoint_id
  from opened o join billing_runs r on r.run_id = o.run_id
  join checkpoints c on c.day >= r.period_from and c.day < r.period_to and c.status = 'complete'
)
select rerating from opened`,
};

/**
 * Adds a shard to the latest rerating of a run: customers that are to be compared again though its inputs are the same. No
 * row when the run was never rated anew. The caller holds the run's lock.
 */
export const reratingShardAdd: Query<{ readonly customers: readonly string[]; readonly author: string; readonly run_id: string }, { readonly rerating: number; readonly shard: number }> = {
  name: 'rerating_shard_add',
  parameters: ['customers', 'author', 'run_id'],
  text: `insert into rerating_shards (run_id, rerating, shard, customers, status, author)
select g.run_id, g.rerating, coalesce((select max(s.shard) + 1 from rerating_shards s where s.run_id = g.run_id and s.rerating = g.rerating), 0),
  $1::text[], 'waiting', $2
from reratings g where g.run_id = $3 order by g.rerating desc limit 1
returning rerating, shard`,
};

/**
 * Marks a shard as compared.
 */
export const reratingShardEnd: Query<{ readonly run_id: string; readonly rerating: number; readonly shard: number }, { readonly shard: number }> = {
  name: 'rerating_shard_end',
  parameters: ['run_id', 'rerating', 'shard'],
  text: `update rerating_shards set status = 'compared'
where run_id = $1 and rerating = $2 and shard = $3 and status = 'waiting'
returning shard`,
};

/**
 * The shards of a rerating, each to be compared in one transaction, from a JSON array of arrays of customers.
 */
export const reratingShardInsert: Query<{ readonly run_id: string; readonly rerating: number; readonly shards: string }, Record<never, never>> = {
  name: 'rerating_shard_insert',
  parameters: ['run_id', 'rerating', 'shards'],
  text: `insert into rerating_shards (run_id, rerating, shard, customers, status)
select $1, $2, (s.place - 1)::int, array(select jsonb_array_elements_text(s.members)), 'waiting'
from jsonb_array_elements($3::jsonb) with ordinality s (members, place)`,
};

/**
 * A shard of a rerating with its run's token and days, the shard locked to the end of the transaction.
 */
export const reratingShardLock: Query<{ readonly run_id: string; readonly rerating: number; readonly shard: number }, { readonly customers: readonly string[]; readonly status: ReratingShardStatus; readonly author: string | null; readonly fencing_token: number; readonly period: string; readonly period_from: string; readonly period_to: string }> = {
  name: 'rerating_shard_lock',
  parameters: ['run_id', 'rerating', 'shard'],
  text: `select s.customers, s.status, s.author, r.fencing_token, r.period, r.period_from, r.period_to
from rerating_shards s join billing_runs r using (run_id)
where s.run_id = $1 and s.rerating = $2 and s.shard = $3
for update of s`,
};

/**
 * One hold, whatever its state.
 */
export const retentionHoldFind: Query<{ readonly hold_id: bigint }, { readonly hold_id: bigint; readonly month: string; readonly status: RetentionHoldStatus; readonly why: string; readonly author: string; readonly placed_at: Date; readonly approver: string | null; readonly released_at: Date | null; readonly released_because: string | null }> = {
  name: 'retention_hold_find',
  parameters: ['hold_id'],
  text: `select hold_id, month, status, why, author, placed_at, approver, released_at, released_because from retention_holds where hold_id = $1`,
};

/**
 * All holds, those in force first, the latest month first.
 */
export const retentionHoldList: Query<Record<never, never>, { readonly hold_id: bigint; readonly month: string; readonly status: RetentionHoldStatus; readonly why: string; readonly author: string; readonly placed_at: Date; readonly approver: string | null; readonly released_at: Date | null; readonly released_because: string | null }> = {
  name: 'retention_hold_list',
  parameters: [],
  text: `select hold_id, month, status, why, author, placed_at, approver, released_at, released_because
from retention_holds order by status, month desc, hold_id`,
};

/**
 * Holds a month's rows. The same hold by the same person for the same reason is one hold: no row.
 */
export const retentionHoldPlace: Query<{ readonly month: string; readonly why: string; readonly author: string; readonly placed_at: Date }, { readonly hold_id: bigint }> = {
  name: 'retention_hold_place',
  parameters: ['month', 'why', 'author', 'placed_at'],
  text: `insert into retention_holds (month, status, why, author, placed_at)
values ($1, 'in_force', $2, $3, $4)
on conflict (month, author, why) where status = 'in_force' do nothing
returning hold_id`,
};

/**
 * Ends a hold; by somebody else than who placed it, as the database demands. No row when it is not in force.
 */
export const retentionHoldRelease: Query<{ readonly approver: string; readonly released_at: Date; readonly released_because: string; readonly hold_id: bigint }, { readonly month: string; readonly author: string }> = {
  name: 'retention_hold_release',
  parameters: ['approver', 'released_at', 'released_because', 'hold_id'],
  text: `update retention_holds set status = 'released', approver = $1, released_at = $2, released_because = $3
where hold_id = $4 and status = 'in_force'
returning month, author`,
};

/**
 * Goes back to the role that role_take_checker reported as the one before.
 */
export const roleGiveBack: Query<{ readonly role: string }, { readonly role: string }> = {
  name: 'role_give_back',
  parameters: ['role'],
  text: `select set_config('role', $1, true) as "role"`,
};

/**
 * Until role_give_back or the end of the transaction, statements run as the role that records checks and backtests.
 * The columns are evaluated in order: the first tells what to go back to.
 */
export const roleTakeChecker: Query<Record<never, never>, { readonly before: string; readonly role: string }> = {
  name: 'role_take_checker',
  parameters: [],
  text: `select current_setting('role') as "before", set_config('role', 'daybook_checker', true) as "role"`,
};

/**
 * Until role_give_back or the end of the transaction, statements run as the role that sees snapshots and can write nothing that is billed.
 * The columns are evaluated in order: the first tells what to go back to.
 */
export const roleTakeVisibility: Query<Record<never, never>, { readonly before: string; readonly role: string }> = {
  name: 'role_take_visibility',
  parameters: [],
  text: `select current_setting('role') as "before", set_config('role', 'daybook_visibility', true) as "role"`,
};

/**
 * What a run rests on under its current token: per region and source the pinned checkpoints, their rows, and how many are reruns.
 */
export const runCheckpointCountBySource: Query<{ readonly run_id: string }, { readonly region: string; readonly source_id: string; readonly metric: string; readonly checkpoints: number; readonly rows: bigint; readonly reruns: number; readonly superseded: number }> = {
  name: 'run_checkpoint_count_by_source',
  parameters: ['run_id'],
  text: `select c.region, c.source_id, c.metric, count(*)::int as "checkpoints", sum(c.row_count)::bigint as "rows",
  (count(*) filter (where c.revision > 1))::int as "reruns", (count(*) filter (where c.status = 'superseded'))::int as "superseded"
from billing_runs r
join run_checkpoints p on p.run_id = r.run_id and p.fencing_token = r.fencing_token
join checkpoints c on c.checkpoint_id = p.checkpoint_id
where r.run_id = $1
group by c.region, c.source_id, c.metric
order by c.region, c.source_id`,
};

/**
 * Rows that the checkpoints of a run had when they were kept, and whether the month of its days still has its rows.
 */
export const runCheckpointCountRows: Query<{ readonly run_id: string; readonly fencing_token: number }, { readonly kept_rows: bigint; readonly checkpoints: number; readonly months_there: boolean | null }> = {
  name: 'run_checkpoint_count_rows',
  parameters: ['run_id', 'fencing_token'],
  text: `select coalesce(sum(c.row_count), 0)::bigint as "kept_rows", count(*)::int as "checkpoints",
  bool_and(to_regclass('usage_daily_' || to_char(c.day, 'YYYYMM')) is not null) as "months_there"
from run_checkpoints p join checkpoints c using (checkpoint_id)
where p.run_id = $1 and p.fencing_token = $2`,
};

/**
 * The contracts of some customers as a run pinned them under a token.
 */
export const runContractList: Query<{ readonly run_id: string; readonly fencing_token: number; readonly customers: readonly string[] }, { readonly contract_id: string; readonly customer_id: string; readonly mode: BillingMode; readonly legacy_plan_version: string | null; readonly usage_plan_version: string | null; readonly overrides: string; readonly starts_on: string; readonly ends_on: string | null }> = {
  name: 'run_contract_list',
  parameters: ['run_id', 'fencing_token', 'customers'],
  text: `select contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on
from run_contracts
where run_id = $1 and fencing_token = $2 and customer_id = any($3::text[])
order by customer_id, starts_on`,
};

/**
 * The divisors of the metrics as a run pinned them under a token.
 */
export const runMetricList: Query<{ readonly run_id: string; readonly fencing_token: number }, { readonly metric: string; readonly divisor: string }> = {
  name: 'run_metric_list',
  parameters: ['run_id', 'fencing_token'],
  text: `select metric, divisor from run_metrics where run_id = $1 and fencing_token = $2 order by metric`,
};

/**
 * The divisors of the metrics as the run of an invoice pinned them.
 */
export const runMetricListOfInvoice: Query<{ readonly invoice_id: string }, { readonly metric: string; readonly divisor: string }> = {
  name: 'run_metric_list_of_invoice',
  parameters: ['invoice_id'],
  text: `select m.metric, m.divisor
from invoices i join run_metrics m on m.run_id = i.run_id and m.fencing_token = i.fencing_token
where i.invoice_id = $1`,
};

/**
 * The days that a run of the month leaves to off-cycle runs, as it pinned them under a token; an off-cycle run has none.
 */
export const runOffCycleList: Query<{ readonly run_id: string; readonly fencing_token: number }, { readonly customer_id: string; readonly from_day: string; readonly to_day: string }> = {
  name: 'run_off_cycle_list',
  parameters: ['run_id', 'fencing_token'],
  text: `select customer_id, from_day, to_day from run_off_cycle_days
where run_id = $1 and fencing_token = $2
order by customer_id, from_day`,
};

/**
 * How many shards a run has under a token, and how many of them are not rated yet or failed.
 */
export const runShardCount: Query<{ readonly run_id: string; readonly fencing_token: number }, { readonly shards: number; readonly waiting: number; readonly failed: number }> = {
  name: 'run_shard_count',
  parameters: ['run_id', 'fencing_token'],
  text: `select count(*)::int as "shards", (count(*) filter (where status = 'waiting'))::int as "waiting", (count(*) filter (where status = 'failed'))::int as "failed"
from run_shards where run_id = $1 and fencing_token = $2`,
};

/**
 * Marks a shard as rated.
 */
export const runShardEnd: Query<{ readonly run_id: string; readonly fencing_token: number; readonly shard: number }, { readonly shard: number }> = {
  name: 'run_shard_end',
  parameters: ['run_id', 'fencing_token', 'shard'],
  text: `update run_shards set status = 'rated'
where run_id = $1 and fencing_token = $2 and shard = $3 and status = 'waiting'
returning shard`,
};

/**
 * Marks a shard that cannot be rated. No row means that it was rated meanwhile, or its run has a newer token.
 */
export const runShardFail: Query<{ readonly run_id: string; readonly fencing_token: number; readonly shard: number }, { readonly shard: number }> = {
  name: 'run_shard_fail',
  parameters: ['run_id', 'fencing_token', 'shard'],
  text: `update run_shards s set status = 'failed'
from billing_runs r
where s.run_id = $1 and s.fencing_token = $2 and s.shard = $3 and s.status = 'waiting'
  and r.run_id = s.run_id and r.fencing_token = s.fencing_token
returning s.shard`,
};

/**
 * The shards of a run's customers in one statement, each to be rated in one transaction; customers come as JSON arrays.
 */
export const runShardInsertMany: Query<{ readonly run_id: string; readonly fencing_token: number; readonly shards: readonly number[]; readonly customers: readonly string[] }, Record<never, never>> = {
  name: 'run_shard_insert_many',
  parameters: ['run_id', 'fencing_token', 'shards', 'customers'],
  text: `insert into run_shards (run_id, fencing_token, shard, customers, status)
select $1, $2::int, r.shard, array(select json_array_elements_text(r.customers::json)), 'waiting'
from unnest($3::int[], $4::text[]) r (shard, customers)
on conflict do nothing`,
};

/**
 * The shards of a run under a token, in order.
 */
export const runShardList: Query<{ readonly run_id: string; readonly fencing_token: number }, { readonly shard: number; readonly status: RunShardStatus; readonly customers: number }> = {
  name: 'run_shard_list',
  parameters: ['run_id', 'fencing_token'],
  text: `select shard, status, cardinality(customers) as "customers" from run_shards
where run_id = $1 and fencing_token = $2
order by shard`,
};

/**
 * A shard with its run, the shard locked to the end of the transaction: two deliveries of one message cannot both rate it.
 */
export const runShardLock: Query<{ readonly run_id: string; readonly fencing_token: number; readonly shard: number }, { readonly customers: readonly string[]; readonly status: RunShardStatus; readonly run_status: BillingRunStatus; readonly current_token: number; readonly period: string; readonly period_from: string; readonly period_to: string; readonly contract_id: string | null }> = {
  name: 'run_shard_lock',
  parameters: ['run_id', 'fencing_token', 'shard'],
  text: `select s.customers, s.status, r.status as run_status, r.fencing_token as current_token, r.period, r.period_from, r.period_to, r.contract_id
from run_shards s join billing_runs r using (run_id)
where s.run_id = $1 and s.fencing_token = $2 and s.shard = $3
for update of s`,
};

/**
 * Puts failed shards of a run's current token back to waiting: all of them, or one.
 */
export const runShardRetry: Query<{ readonly run_id: string; readonly shard: number | null }, { readonly shard: number; readonly fencing_token: number }> = {
  name: 'run_shard_retry',
  parameters: ['run_id', 'shard'],
  text: `update run_shards s set status = 'waiting'
from billing_runs r
where r.run_id = $1 and s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.status = 'failed'
  and ($2::int is null or s.shard = $2)
returning s.shard, s.fencing_token`,
};

/**
 * The migration that the database has come to; null before the first.
 */
export const schemaMigrationFindLatest: Query<Record<never, never>, { readonly name: string | null }> = {
  name: 'schema_migration_find_latest',
  parameters: [],
  text: `select max(name) as name from schema_migrations`,
};

/**
 * Of customers in shadow mode: what was billed in the end and what usage would have billed, by line, in some periods, as
 * the runs stand now and were last compared: usage that came late moves no money, and is in the report. A customer whose
 * invoice was voided is in it on neither side.
 */
export const shadowListLines: Query<{ readonly periods: readonly string[] }, { readonly period: string; readonly customer_id: string; readonly customer_name: string; readonly currency: string; readonly purpose: ChargePurpose; readonly line_key: string; readonly label: string; readonly amount: bigint }> = {
  name: 'shadow_list_lines',
  parameters: ['periods'],
  text: `with priced as (
  select r.run_id, r.period, c.customer_id, c.currency, c.purpose, c.line_key, c.label, c.amount
  from charges c
  join billing_runs r on r.run_id = c.run_id and r.fencing_token = c.fencing_token
  join contracts k on k.contract_id = c.contract_id
  where r.period = any($1::text[]) and k.mode = 'shadow' and c.purpose in ('billed', 'shadow')
    and exists (select from invoices i where (i.run_id, i.fencing_token, i.customer_id, i.rating_number) = (c.run_id, c.fencing_token, c.customer_id, c.rating_number)
                  and i.status not in ('superseded', 'void'))
    -- What was rated anew takes the place of what the run had rated.
    and not (c.purpose = 'shadow' and exists (select from comparisons n where n.run_id = r.run_id and n.customer_id = c.customer_id and n.shadow <> '[]'))
), anew as (
  select r.run_id, r.period, n.customer_id, n.currency, 'shadow'::charge_purpose, l ->> 'line', l ->> 'label', (l ->> 'amount')::bigint
  from comparisons n join billing_runs r using (run_id) cross join lateral jsonb_array_elements(n.shadow) l
  where r.period = any($1::text[])
), corrected as (
  select r.run_id, r.period, a.customer_id, a.currency, 'billed'::charge_purpose, l #>> '{corrects,line}', l ->> 'label', (l ->> 'amount')::bigint
  from adjustments a join billing_runs r using (run_id) cross join lateral jsonb_array_elements(a.document::jsonb -> 'lines') l
  join contracts k on k.contract_id = l ->> 'contract'
  where r.period = any($1::text[]) and k.mode = 'shadow' and a.status in ('placed', 'applied')
)
select p.period as "period", p.customer_id as "customer_id", u.name as customer_name, p.currency as "currency", p.purpose as "purpose", p.line_key as "line_key", min(p.label) as "label",
  sum(p.amount)::bigint as "amount"
from (select * from priced union all select * from anew union all select * from corrected) p
join customers u using (customer_id)
where exists (select from invoices i where i.run_id = p.run_id and i.customer_id = p.customer_id and i.status not in ('superseded', 'void'))
group by p.period, p.customer_id, u.name, p.currency, p.purpose, p.line_key
order by p.period, p.customer_id, p.purpose, p.line_key`,
};

/**
 * Customers in shadow mode in some periods of which no comparison can be made, and why.
 */
export const shadowListUnrated: Query<{ readonly periods: readonly string[] }, { readonly period: string; readonly customer_id: string; readonly customer_name: string; readonly status: InvoiceStatus | null; readonly why: string | null }> = {
  name: 'shadow_list_unrated',
  parameters: ['periods'],
  text: `select distinct r.period, k.customer_id, u.name as customer_name, i.status as "status",
  coalesce(s.reason || ': ' || s.detail, i.hold_reason, case when v.voided then 'the invoice was voided' end) as "why"
from billing_runs r
join contracts k on k.mode = 'shadow' and k.status in ('active', 'ended') and k.starts_on < r.period_to
  and (k.ends_on is null or (k.ends_on > r.period_from and k.ends_on > k.starts_on))
join customers u on u.customer_id = k.customer_id
left join invoices i on i.customer_id = k.customer_id and i.run_id = r.run_id and i.fencing_token = r.fencing_token
  and i.status not in ('superseded', 'void')
cross join lateral (select i.invoice_id is null and exists (select from invoices o
  where o.customer_id = k.customer_id and o.run_id = r.run_id and o.status = 'void') as voided) v
left join shadow_refusals s on s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.contract_id = k.contract_id
where r.period = any($1::text[])
  and (v.voided or not exists (select from charges c where c.run_id = r.run_id and c.fencing_token = r.fencing_token
                                 and c.contract_id = k.contract_id and c.rating_number = i.rating_number and c.purpose = 'shadow'))
order by 1, 2`,
};

/**
 * Keeps why usage plans beside fixed tiers could not be rated, from a JSON array; the tiers are billed all the same.
 * A customer that is billed anew has its first reason already.
 */
export const shadowRefusalInsert: Query<{ readonly run_id: string; readonly fencing_token: number; readonly refusals: string }, Record<never, never>> = {
  name: 'shadow_refusal_insert',
  parameters: ['run_id', 'fencing_token', 'refusals'],
  text: `insert into shadow_refusals (run_id, fencing_token, customer_id, contract_id, reason, detail)
select $1, $2::int, r.customer_id, r.contract_id, r.reason, r.detail
from jsonb_to_recordset($3::jsonb) r (customer_id text, contract_id text, reason text, detail text)
on conflict (run_id, fencing_token, contract_id) do nothing`,
};

/**
 * Keeps Stripe's answer to the request for a customer, once.
 */
export const stripeCustomerRequestAnswer: Query<{ readonly response: string; readonly answered_at: Date; readonly customer_id: string }, { readonly customer_id: string }> = {
  name: 'stripe_customer_request_answer',
  parameters: ['response', 'answered_at', 'customer_id'],
  text: `update stripe_customer_requests set status = 'answered', response = $1, answered_at = $2
where customer_id = $3 and status = 'committed'
returning customer_id`,
};

/**
 * Keeps the request that makes a customer in Stripe before it is sent. A row comes back only for who kept it first.
 */
export const stripeCustomerRequestCommit: Query<{ readonly customer_id: string; readonly idempotency_key: string; readonly method: string; readonly path: string; readonly body: string; readonly body_digest: string; readonly committed_at: Date }, { readonly customer_id: string }> = {
  name: 'stripe_customer_request_commit',
  parameters: ['customer_id', 'idempotency_key', 'method', 'path', 'body', 'body_digest', 'committed_at'],
  text: `insert into stripe_customer_requests (customer_id, idempotency_key, method, path, body, body_digest, status, committed_at)
values ($1, $2, $3, $4, $5, $6, 'committed', $7)
on conflict (customer_id) do nothing
returning customer_id`,
};

/**
 * The request that makes a customer in Stripe, as committed.
 */
export const stripeCustomerRequestFind: Query<{ readonly customer_id: string }, { readonly idempotency_key: string; readonly method: string; readonly path: string; readonly body: string; readonly body_digest: string; readonly status: StripeRequestStatus; readonly committed_at: Date }> = {
  name: 'stripe_customer_request_find',
  parameters: ['customer_id'],
  text: `select idempotency_key, method, path, body, body_digest, status, committed_at from stripe_customer_requests where customer_id = $1`,
};

/**
 * Gives the request another key once the old one can bring nothing any more and a lookup has shown that nothing stands in
 * Stripe; an answer that spoke of a customer that is gone from there goes with it.
 */
export const stripeCustomerRequestReplaceKey: Query<{ readonly idempotency_key: string; readonly committed_at: Date; readonly customer_id: string }, { readonly customer_id: string }> = {
  name: 'stripe_customer_request_replace_key',
  parameters: ['idempotency_key', 'committed_at', 'customer_id'],
  text: `update stripe_customer_requests set status = 'committed', idempotency_key = $1, committed_at = $2,
  response = null, answered_at = null
where customer_id = $3 and status in ('committed', 'answered')
returning customer_id`,
};

/**
 * A person accepts an open difference, with the reason. No row means that it is not open.
 */
export const stripeDifferenceAccept: Query<{ readonly accepted_by: string; readonly why: string; readonly difference_id: bigint }, { readonly difference_id: bigint; readonly period: string }> = {
  name: 'stripe_difference_accept',
  parameters: ['accepted_by', 'why', 'difference_id'],
  text: `update stripe_differences set status = 'accepted', accepted_by = $1, why = $2
where difference_id = $3 and status = 'open'
returning difference_id, period`,
};

/**
 * How many differences of each period are open.
 */
export const stripeDifferenceCountOpen: Query<Record<never, never>, { readonly period: string; readonly open: number }> = {
  name: 'stripe_difference_count_open',
  parameters: [],
  text: `select period, count(*)::int as "open" from stripe_differences where status = 'open' group by period order by period desc`,
};

/**
 * One difference.
 */
export const stripeDifferenceFind: Query<{ readonly difference_id: bigint }, { readonly difference_id: bigint; readonly period: string; readonly kind: string; readonly status: StripeDifferenceStatus; readonly stripe_invoice_id: string | null; readonly accepted_by: string | null }> = {
  name: 'stripe_difference_find',
  parameters: ['difference_id'],
  text: `select difference_id, period, kind, status, stripe_invoice_id, accepted_by from stripe_differences where difference_id = $1`,
};

/**
 * Keeps what a reconciliation found in one statement: a difference that is live already is only seen again.
 */
export const stripeDifferenceFindAll: Query<{ readonly seen_at: Date; readonly differences: string }, { readonly difference_id: bigint; readonly period: string; readonly status: StripeDifferenceStatus; readonly is_new: boolean }> = {
  name: 'stripe_difference_find_all',
  parameters: ['seen_at', 'differences'],
  text: `insert into stripe_differences (difference_key, period, kind, invoice_id, stripe_invoice_id, place, local_value, stripe_value, status, found_at, seen_at)
select d.difference_key, d.period, d.kind, d.invoice_id, d.stripe_invoice_id, d.place, d.local_value, d.stripe_value, 'open', $1, $1
from jsonb_to_recordset($2::jsonb) d (difference_key text, period text, kind text, invoice_id text, stripe_invoice_id text,
  place text, local_value text, stripe_value text)
on conflict (difference_key) where status <> 'resolved' do update set seen_at = greatest(stripe_differences.seen_at, excluded.seen_at)
returning difference_id, period, status, (found_at = $1 and status = 'open') as "is_new"`,
};

/**
 * The differences of a period or of all, the open ones first; those that are resolved only when asked for.
 */
export const stripeDifferenceList: Query<{ readonly period: string | null; readonly with_resolved: boolean }, { readonly difference_id: bigint; readonly period: string; readonly kind: string; readonly invoice_id: string | null; readonly stripe_invoice_id: string | null; readonly place: string | null; readonly local_value: string | null; readonly stripe_value: string | null; readonly status: StripeDifferenceStatus; readonly found_at: Date; readonly seen_at: Date; readonly ended_at: Date | null; readonly accepted_by: string | null; readonly why: string | null }> = {
  name: 'stripe_difference_list',
  parameters: ['period', 'with_resolved'],
  text: `select difference_id, period, kind, invoice_id, stripe_invoice_id, place, local_value, stripe_value, status, found_at, seen_at, ended_at, accepted_by, why
from stripe_differences
where ($1::text is null or period = $1) and ($2::boolean or status <> 'resolved')
order by status, period desc, invoice_id nulls last, difference_id`,
};

/**
 * Ends the differences of a period that the reconciliation of this moment no longer saw.
 */
export const stripeDifferenceResolveUnseen: Query<{ readonly seen_at: Date; readonly period: string }, { readonly difference_id: bigint }> = {
  name: 'stripe_difference_resolve_unseen',
  parameters: ['seen_at', 'period'],
  text: `update stripe_differences set status = 'resolved', ended_at = $1
where period = $2 and status in ('open', 'accepted') and seen_at < $1
returning difference_id`,
};

/**
 * A webhook event that was received before.
 */
export const stripeEventFind: Query<{ readonly event_id: string }, { readonly event_id: string; readonly body_digest: string; readonly outcome: string; readonly reason: string | null }> = {
  name: 'stripe_event_find',
  parameters: ['event_id'],
  text: `select event_id, body_digest, outcome, reason from stripe_events where event_id = $1`,
};

/**
 * Lets one delivery of an event at a time go on, to the end of its transaction.
 */
export const stripeEventLock: Query<{ readonly event_id: string }, { readonly pg_advisory_xact_lock: unknown | null }> = {
  name: 'stripe_event_lock',
  parameters: ['event_id'],
  text: `select pg_advisory_xact_lock(hashtextextended($1, 0))`,
};

/**
 * Keeps a webhook event in the transaction of its effect (promise 17).
 */
export const stripeEventRecord: Query<{ readonly event_id: string; readonly type: string; readonly object_id: string | null; readonly created_at: Date; readonly body_digest: string; readonly outcome: string; readonly reason: string | null; readonly applied_at: Date }, Record<never, never>> = {
  name: 'stripe_event_record',
  parameters: ['event_id', 'type', 'object_id', 'created_at', 'body_digest', 'outcome', 'reason', 'applied_at'],
  text: `insert into stripe_events (event_id, type, object_id, created_at, body_digest, outcome, reason, applied_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

/**
 * Stops the calls of an endpoint, or of the account ('*'), for so many milliseconds from now: for every instance.
 */
export const stripePaceStop: Query<{ readonly account_mode: string; readonly endpoint: string; readonly wait_ms: number }, { readonly stripe_pace_stop: unknown | null }> = {
  name: 'stripe_pace_stop',
  parameters: ['account_mode', 'endpoint', 'wait_ms'],
  text: `select stripe_pace_stop($1, $2, clock_timestamp() + $3::int * interval '1 millisecond')`,
};

/**
 * Takes up to so many calls of an endpoint from the pace that all instances share, by the database's clock; or says
 * how long to wait. One short statement on two rows, whatever the number of calls.
 */
export const stripePaceTake: Query<{ readonly account_mode: string; readonly endpoint: string; readonly wanted: number; readonly in_turn: boolean; readonly account_interval: number; readonly account_burst: number; readonly endpoint_interval: number; readonly endpoint_burst: number }, { readonly granted: number; readonly wait_ms: number }> = {
  name: 'stripe_pace_take',
  parameters: ['account_mode', 'endpoint', 'wanted', 'in_turn', 'account_interval', 'account_burst', 'endpoint_interval', 'endpoint_burst'],
  text: `select granted as "granted", wait_ms as "wait_ms"
from stripe_pace_take($1, $2, $3::int, $4::boolean, $5::int, $6::int,
  $7::int, $8::int, clock_timestamp())`,
};

/**
 * Lets one reconciliation of a period at a time keep what it found, to the end of its transaction.
 */
export const stripeReconciliationLock: Query<{ readonly period: string }, { readonly pg_advisory_xact_lock: unknown | null }> = {
  name: 'stripe_reconciliation_lock',
  parameters: ['period'],
  text: `select pg_advisory_xact_lock(hashtextextended('reconciliation ' || $1, 0))`,
};

/**
 * Puts aside the requests of a voided invoice that were never answered: they are not sent any more.
 */
export const stripeRequestAbandon: Query<{ readonly invoice_id: string }, Record<never, never>> = {
  name: 'stripe_request_abandon',
  parameters: ['invoice_id'],
  text: `update stripe_requests set status = 'refused' where invoice_id = $1 and status = 'committed'`,
};

/**
 * Keeps Stripe's answer to a request, once.
 */
export const stripeRequestAnswer: Query<{ readonly response: string; readonly answered_at: Date; readonly invoice_id: string; readonly step: string }, { readonly step: string }> = {
  name: 'stripe_request_answer',
  parameters: ['response', 'answered_at', 'invoice_id', 'step'],
  text: `update stripe_requests set status = 'answered', response = $1, answered_at = $2
where invoice_id = $3 and step = $4 and status = 'committed'
returning step`,
};

/**
 * Keeps a request to Stripe before it is sent. A row comes back only for who kept it first.
 */
export const stripeRequestCommit: Query<{ readonly invoice_id: string; readonly step: string; readonly idempotency_key: string; readonly method: string; readonly path: string; readonly body: string; readonly body_digest: string; readonly committed_at: Date }, { readonly step: string }> = {
  name: 'stripe_request_commit',
  parameters: ['invoice_id', 'step', 'idempotency_key', 'method', 'path', 'body', 'body_digest', 'committed_at'],
  text: `insert into stripe_requests (invoice_id, step, idempotency_key, method, path, body, body_digest, status, committed_at)
values ($1, $2, $3, $4, $5, $6, $7, 'committed', $8)
on conflict (invoice_id, step) do nothing
returning step`,
};

/**
 * The requests of an invoice, as committed.
 */
export const stripeRequestList: Query<{ readonly invoice_id: string }, { readonly step: string; readonly idempotency_key: string; readonly method: string; readonly path: string; readonly body: string; readonly body_digest: string; readonly status: StripeRequestStatus; readonly committed_at: Date; readonly answered_at: Date | null }> = {
  name: 'stripe_request_list',
  parameters: ['invoice_id'],
  text: `select step, idempotency_key, method, path, body, body_digest, status, committed_at, answered_at from stripe_requests
where invoice_id = $1 order by committed_at, step`,
};

/**
 * What Stripe answered when an invoice was finalized, beside what the invoice is here; null when no answer was kept.
 */
export const stripeRequestListKeptAnswers: Query<{ readonly after: string; readonly batch_size: number }, { readonly invoice_id: string; readonly status: InvoiceStatus; readonly currency: string; readonly subtotal: bigint; readonly stripe_invoice_id: string | null; readonly response: string | null }> = {
  name: 'stripe_request_list_kept_answers',
  parameters: ['after', 'batch_size'],
  text: `select i.invoice_id, i.status, i.currency, i.subtotal, i.stripe_invoice_id, r.response as "response"
from invoices i left join stripe_requests r on r.invoice_id = i.invoice_id and r.step = 'finalize' and r.status = 'answered'
where i.status in ('finalized', 'paid', 'uncollectible') and i.invoice_id > $1
order by i.invoice_id
limit $2::int`,
};

/**
 * The requests of some invoices, as committed.
 */
export const stripeRequestListOfInvoices: Query<{ readonly invoice_ids: readonly string[] }, { readonly invoice_id: string; readonly step: string; readonly idempotency_key: string; readonly method: string; readonly path: string; readonly body: string; readonly body_digest: string }> = {
  name: 'stripe_request_list_of_invoices',
  parameters: ['invoice_ids'],
  text: `select invoice_id, step, idempotency_key, method, path, body, body_digest from stripe_requests
where invoice_id = any($1::text[])
order by invoice_id, step`,
};

/**
 * Gives a request another key once the old one can bring nothing any more and a lookup has shown that nothing stands in
 * Stripe; an answer that spoke of what is gone from there goes with it. No row means that the request was put aside: the
 * invoice is void, and nothing may be sent for it.
 */
export const stripeRequestReplaceKey: Query<{ readonly idempotency_key: string; readonly committed_at: Date; readonly invoice_id: string; readonly step: string }, { readonly step: string }> = {
  name: 'stripe_request_replace_key',
  parameters: ['idempotency_key', 'committed_at', 'invoice_id', 'step'],
  text: `update stripe_requests set status = 'committed', idempotency_key = $1, committed_at = $2,
  response = null, answered_at = null
where invoice_id = $3 and step = $4 and status in ('committed', 'answered')
returning step`,
};

/**
 * Decides on a draft. No row means that it is none.
 */
export const termCorrectionDecide: Query<{ readonly decision: TermCorrectionStatus; readonly approver: string; readonly acknowledged: readonly string[]; readonly contract_id: string; readonly period: string; readonly number: number }, { readonly number: number }> = {
  name: 'term_correction_decide',
  parameters: ['decision', 'approver', 'acknowledged', 'contract_id', 'period', 'number'],
  text: `update term_corrections set status = $1::term_correction_status, approver = $2, acknowledged = $3
where contract_id = $4 and period = $5 and number = $6 and status = 'draft'
returning number`,
};

/**
 * Drafts what a contract should have said in a closed period, with what the check found. Takes the checker's role.
 */
export const termCorrectionDraft: Query<{ readonly contract_id: string; readonly period: string; readonly number: number; readonly legacy_plan_version: string | null; readonly usage_plan_version: string | null; readonly overrides: string; readonly author: string; readonly why: string; readonly diagnostics: string; readonly drafted_at: Date }, Record<never, never>> = {
  name: 'term_correction_draft',
  parameters: ['contract_id', 'period', 'number', 'legacy_plan_version', 'usage_plan_version', 'overrides', 'author', 'why', 'diagnostics', 'drafted_at'],
  text: `insert into term_corrections (contract_id, period, number, legacy_plan_version, usage_plan_version, overrides, status, author, why, diagnostics, drafted_at)
values ($1, $2, $3, $4, $5, $6, 'draft', $7, $8, $9, $10)`,
};

/**
 * The draft of a contract's corrected terms in a period, locked to the end of the transaction.
 */
export const termCorrectionFindDraft: Query<{ readonly contract_id: string; readonly period: string }, { readonly number: number; readonly author: string; readonly why: string; readonly overrides: string; readonly diagnostics: unknown }> = {
  name: 'term_correction_find_draft',
  parameters: ['contract_id', 'period'],
  text: `select number, author, why, overrides, diagnostics from term_corrections
where contract_id = $1 and period = $2 and status = 'draft' for update`,
};

/**
 * The corrected terms of some customers' contracts in a period.
 */
export const termCorrectionListInForce: Query<{ readonly customers: readonly string[]; readonly period: string }, { readonly contract_id: string; readonly legacy_plan_version: string | null; readonly usage_plan_version: string | null; readonly overrides: string }> = {
  name: 'term_correction_list_in_force',
  parameters: ['customers', 'period'],
  text: `select t.contract_id, t.legacy_plan_version, t.usage_plan_version, t.overrides
from term_corrections t join contracts k using (contract_id)
where k.customer_id = any($1::text[]) and t.period = $2 and t.status = 'approved'`,
};

/**
 * Every correction of a contract's terms, the latest period first.
 */
export const termCorrectionListOfContract: Query<{ readonly contract_id: string }, { readonly period: string; readonly number: number; readonly legacy_plan_version: string | null; readonly usage_plan_version: string | null; readonly overrides: string; readonly status: TermCorrectionStatus; readonly author: string; readonly approver: string | null; readonly why: string; readonly error_count: number; readonly drafted_at: Date }> = {
  name: 'term_correction_list_of_contract',
  parameters: ['contract_id'],
  text: `select period, number, legacy_plan_version, usage_plan_version, overrides, status, author, approver, why, error_count, drafted_at
from term_corrections where contract_id = $1 order by period desc, number desc`,
};

/**
 * The number of the next correction of a contract's terms in a period.
 */
export const termCorrectionNextNumber: Query<{ readonly contract_id: string; readonly period: string }, { readonly number: number }> = {
  name: 'term_correction_next_number',
  parameters: ['contract_id', 'period'],
  text: `select coalesce(max(number), 0) + 1 as "number" from term_corrections where contract_id = $1 and period = $2`,
};

/**
 * Retires the corrected terms in force, because others take their place.
 */
export const termCorrectionSupersede: Query<{ readonly contract_id: string; readonly period: string }, Record<never, never>> = {
  name: 'term_correction_supersede',
  parameters: ['contract_id', 'period'],
  text: `update term_corrections set status = 'superseded' where contract_id = $1 and period = $2 and status = 'approved'`,
};

/**
 * Ends the open findings of a source and some days that the present checkpoints no longer show: those that are not in the JSON array.
 */
export const usageAnomalyClear: Query<{ readonly ended_at: Date; readonly ended_by: string; readonly region: string; readonly source_id: string; readonly from_day: string; readonly to_day: string; readonly kinds: readonly string[]; readonly findings: string }, { readonly anomaly_id: bigint }> = {
  name: 'usage_anomaly_clear',
  parameters: ['ended_at', 'ended_by', 'region', 'source_id', 'from_day', 'to_day', 'kinds', 'findings'],
  text: `update usage_anomalies a set status = 'cleared', ended_at = $1, ended_by = $2, why = 'the current checkpoint no longer shows it'
where a.region = $3 and a.source_id = $4 and a.day >= $5::date and a.day < $6::date and a.status = 'open'
  and a.kind = any($7::text[]::usage_anomaly_kind[])
  and not exists (select from jsonb_to_recordset($8::jsonb) f (customer_id text, project_id text, day date, kind usage_anomaly_kind)
    where f.customer_id = a.customer_id and f.project_id is not distinct from a.project_id and f.day = a.day and f.kind = a.kind)
returning a.anomaly_id`,
};

/**
 * How many figures of a range of days wait for a person's look, and how many customers they touch.
 */
export const usageAnomalyCountOpen: Query<{ readonly from_day: string; readonly to_day: string }, { readonly anomalies: number; readonly customers: number }> = {
  name: 'usage_anomaly_count_open',
  parameters: ['from_day', 'to_day'],
  text: `select count(*)::int as "anomalies", count(distinct customer_id)::int as "customers"
from usage_anomalies where status = 'open' and day >= $1::date and day < $2::date`,
};

/**
 * One anomaly as it stands.
 */
export const usageAnomalyFind: Query<{ readonly anomaly_id: bigint }, { readonly anomaly_id: bigint; readonly customer_id: string; readonly region: string; readonly source_id: string; readonly metric: string; readonly project_id: string | null; readonly day: string; readonly kind: UsageAnomalyKind; readonly status: UsageAnomalyStatus }> = {
  name: 'usage_anomaly_find',
  parameters: ['anomaly_id'],
  text: `select anomaly_id, customer_id, region, source_id, metric, project_id, day, kind, status from usage_anomalies where anomaly_id = $1`,
};

/**
 * The anomalies of a range of days with the names of customer and metric, the open ones first.
 */
export const usageAnomalyList: Query<{ readonly from_day: string; readonly to_day: string; readonly with_ended: boolean }, { readonly anomaly_id: bigint; readonly customer_id: string; readonly customer_name: string; readonly region: string; readonly source_id: string; readonly metric: string; readonly unit: string; readonly divisor: string; readonly project_id: string | null; readonly day: string; readonly kind: UsageAnomalyKind; readonly status: UsageAnomalyStatus; readonly quantity: string; readonly baseline: string; readonly baseline_days: number; readonly checkpoint_id: bigint; readonly found_at: Date; readonly ended_at: Date | null; readonly ended_by: string | null; readonly why: string | null }> = {
  name: 'usage_anomaly_list',
  parameters: ['from_day', 'to_day', 'with_ended'],
  text: `select a.anomaly_id, a.customer_id, c.name as customer_name, a.region, a.source_id, a.metric, m.unit, m.divisor, a.project_id, a.day, a.kind, a.status,
  a.quantity, a.baseline, a.baseline_days, a.checkpoint_id, a.found_at, a.ended_at, a.ended_by, a.why
from usage_anomalies a
join customers c on c.customer_id = a.customer_id
join metrics m on m.metric = a.metric
where a.day >= $1::date and a.day < $2::date and ($3::boolean or a.status = 'open')
order by a.status, a.day, a.customer_id, a.region, a.source_id, a.kind, a.project_id`,
};

/**
 * The open anomalies of some customers on some days, and whether the customer is billed by usage on the day: a fixed tier does not rest on it.
 */
export const usageAnomalyListOpen: Query<{ readonly customers: readonly string[]; readonly from_day: string; readonly to_day: string }, { readonly anomaly_id: bigint; readonly customer_id: string; readonly region: string; readonly source_id: string; readonly metric: string; readonly project_id: string | null; readonly day: string; readonly kind: UsageAnomalyKind; readonly quantity: string; readonly baseline: string; readonly baseline_days: number; readonly checkpoint_id: bigint; readonly bills_usage: boolean }> = {
  name: 'usage_anomaly_list_open',
  parameters: ['customers', 'from_day', 'to_day'],
  text: `select a.anomaly_id, a.customer_id, a.region, a.source_id, a.metric, a.project_id, a.day, a.kind, a.quantity, a.baseline, a.baseline_days, a.checkpoint_id,
  exists (select from contracts k where k.customer_id = a.customer_id and k.mode = 'usage' and k.status in ('active', 'ended')
    and k.starts_on <= a.day and (k.ends_on is null or k.ends_on > a.day)) as "bills_usage"
from usage_anomalies a
where a.status = 'open' and a.customer_id = any($1::text[]) and a.day >= $2::date and a.day < $3::date
order by a.customer_id, a.day, a.region, a.source_id, a.kind, a.project_id`,
};

/**
 * Serialises the detections over one source of a region, to the end of the transaction: the last one sees every checkpoint.
 */
export const usageAnomalyLockSource: Query<{ readonly region: string; readonly source_id: string }, { readonly pg_advisory_xact_lock: unknown | null }> = {
  name: 'usage_anomaly_lock_source',
  parameters: ['region', 'source_id'],
  text: `select pg_advisory_xact_lock(hashtextextended('usage_anomalies:' || $1 || '/' || $2, 0))`,
};

/**
 * Keeps findings, from a JSON array, in one statement. One that is known keeps its id: an open one takes the new figures, a
 * cleared one is open again, and a released one only when the figures that a person has judged are others now. Says of each
 * whether it was not open before: what the statement reads is what was there when it began.
 */
export const usageAnomalyRecord: Query<{ readonly region: string; readonly source_id: string; readonly metric: string; readonly found_at: Date; readonly findings: string }, { readonly anomaly_id: bigint; readonly customer_id: string; readonly is_new: boolean }> = {
  name: 'usage_anomaly_record',
  parameters: ['region', 'source_id', 'metric', 'found_at', 'findings'],
  text: `insert into usage_anomalies as a (customer_id, region, source_id, metric, project_id, day, kind, status, quantity, baseline, baseline_days, checkpoint_id, found_at)
select f.customer_id, $1, $2, $3, f.project_id, f.day, f.kind, 'open', f.quantity, f.baseline, f.baseline_days, f.checkpoint_id, $4
from jsonb_to_recordset($5::jsonb) f (customer_id text, project_id text, day date, kind usage_anomaly_kind, quantity text, baseline text, baseline_days int, checkpoint_id bigint)
on conflict on constraint one_finding_per_figure do update
set status = 'open', metric = excluded.metric, quantity = excluded.quantity, baseline = excluded.baseline, baseline_days = excluded.baseline_days,
  checkpoint_id = excluded.checkpoint_id,
  found_at = case when a.status = 'open' then a.found_at else excluded.found_at end,
  ended_at = null, ended_by = null, why = null
where a.status <> 'released' or a.quantity <> excluded.quantity
  or (excluded.kind = 'project_vanished' and a.baseline <> excluded.baseline)
returning a.anomaly_id, a.customer_id,
  not exists (select from usage_anomalies b where b.anomaly_id = a.anomaly_id and b.status = 'open') as "is_new"`,
};

/**
 * A person's word that the figure is right as it is. A trigger looks at the role; no row means that it is not open.
 */
export const usageAnomalyRelease: Query<{ readonly ended_at: Date; readonly ended_by: string; readonly why: string; readonly anomaly_id: bigint }, { readonly customer_id: string; readonly day: string }> = {
  name: 'usage_anomaly_release',
  parameters: ['ended_at', 'ended_by', 'why', 'anomaly_id'],
  text: `update usage_anomalies set status = 'released', ended_at = $1, ended_by = $2, why = $3
where anomaly_id = $4 and status = 'open'
returning customer_id, day`,
};

/**
 * Every cell that the days require, with its current checkpoint, its waiver, or its latest snapshot.
 */
export const usageCellListKnown: Query<{ readonly from_day: string; readonly to_day: string }, { readonly region: string; readonly source_id: string; readonly metric: string; readonly day: string; readonly checkpoint_id: bigint | null; readonly revision: number | null; readonly waived_because: string | null; readonly as_of: Date | null; readonly failure_reason: string | null }> = {
  name: 'usage_cell_list_known',
  parameters: ['from_day', 'to_day'],
  text: `select s.region, s.source_id, s.metric, d.day::date as "day", c.checkpoint_id as "checkpoint_id", c.revision as "revision",
  w.why as "waived_because", n.as_of as "as_of", n.failure_reason as "failure_reason"
from usage_sources s
join regions r using (region)
cross join lateral generate_series(
  greatest($1::date, s.active_from, r.active_from),
  least($2::date, s.active_to, r.active_to) - 1, interval '1 day') d (day)
left join checkpoints c on c.region = s.region and c.source_id = s.source_id and c.day = d.day::date and c.status = 'complete'
left join completeness_waivers w on w.region = s.region and w.source_id = s.source_id and w.day = d.day::date and w.status = 'approved'
left join usage_snapshots n on n.region = s.region and n.source_id = s.source_id and n.day = d.day::date
order by s.metric, d.day, s.region, s.source_id`,
};

/**
 * How many rows lie outside the managed months; there must be none.
 */
export const usageDailyCountDefault: Query<Record<never, never>, { readonly rows: number; readonly first_day: string | null; readonly last_day: string | null }> = {
  name: 'usage_daily_count_default',
  parameters: [],
  text: `select count(*)::int as "rows", min(day) as first_day, max(day) as last_day from usage_daily_default`,
};

/**
 * How many pinned rows each customer has, and under null how many belong to nobody.
 */
export const usageDailyCountPinned: Query<{ readonly from_day: string; readonly to_day: string; readonly run_id: string; readonly fencing_token: number }, { readonly customer_id: string | null; readonly rows: number }> = {
  name: 'usage_daily_count_pinned',
  parameters: ['from_day', 'to_day', 'run_id', 'fencing_token'],
  text: `select u.customer_id, count(*)::int as "rows"
from run_checkpoints p
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.day >= $1::date and u.day < $2::date
where p.run_id = $3 and p.fencing_token = $4
group by u.customer_id`,
};

/**
 * Writes what a running attempt has staged as the rows of its checkpoint.
 */
export const usageDailyInsertStaged: Query<{ readonly checkpoint_id: bigint }, Record<never, never>> = {
  name: 'usage_daily_insert_staged',
  parameters: ['checkpoint_id'],
  text: `insert into usage_daily (day, checkpoint_id, region, metric, project_id, customer_id, quantity)
select c.day, c.checkpoint_id, c.region, c.metric, s.project_id, s.customer_id, s.quantity
from checkpoints c join usage_staged s using (checkpoint_id)
where c.checkpoint_id = $1 and c.status = 'running'`,
};

/**
 * Project by project, what some customers used of a source up to a day, each with its own day; only of projects that still belong to
 * them on that day, so that a project that was given up is not missed.
 */
export const usageDailyListComparable: Query<{ readonly customers: readonly string[]; readonly judged_days: readonly string[]; readonly region: string; readonly source_id: string; readonly metric: string; readonly window_days: number }, { readonly customer_id: string; readonly judged_day: string; readonly project_id: string; readonly days: readonly string[]; readonly quantities: readonly string[] }> = {
  name: 'usage_daily_list_comparable',
  parameters: ['customers', 'judged_days', 'region', 'source_id', 'metric', 'window_days'],
  text: `select k.customer_id as "customer_id", k.judged_day as "judged_day", u.project_id, array_agg(u.day order by u.day)::text[] as "days",
  array_agg(u.quantity::text order by u.day) as "quantities"
from unnest($1::text[], $2::date[]) k (customer_id, judged_day)
join project_ownerships o on o.customer_id = k.customer_id and o.owned_from <= k.judged_day and (o.owned_to is null or o.owned_to > k.judged_day)
join checkpoints c on c.region = $3 and c.source_id = $4 and c.metric = $5 and c.status = 'complete'
  and c.day >= k.judged_day - $6::int and c.day <= k.judged_day
join usage_daily u on u.day = c.day and u.checkpoint_id = c.checkpoint_id and u.project_id = o.project_id and u.customer_id = k.customer_id
group by k.customer_id, k.judged_day, u.project_id
order by k.customer_id, k.judged_day, u.project_id`,
};

/**
 * A customer's usage rows in the current checkpoints, in the source's unit.
 */
export const usageDailyListCurrentOfCustomer: Query<{ readonly from_day: string; readonly to_day: string; readonly customer_id: string }, { readonly region: string; readonly metric: string; readonly day: string; readonly project_id: string; readonly quantity: string }> = {
  name: 'usage_daily_list_current_of_customer',
  parameters: ['from_day', 'to_day', 'customer_id'],
  text: `select u.region, u.metric, u.day, u.project_id, u.quantity
from checkpoints c
join usage_daily u on u.checkpoint_id = c.checkpoint_id and u.day = c.day
where c.status = 'complete' and c.day >= $1::date and c.day < $2::date
  and u.day >= $1::date and u.day < $2::date and u.customer_id = $3
order by u.metric, u.day, u.region, u.project_id`,
};

/**
 * The usage of many customers in one answer: a row per current checkpoint, with [customer, project, quantity] triples as
 * JSON; projects are added up, exactly, under an empty name unless they are asked for.
 * A checkpoint's rows lie together, so that each is grouped by itself in memory.
 */
export const usageDailyListForBacktest: Query<{ readonly by_project: boolean; readonly customers: readonly string[]; readonly from_day: string; readonly to_day: string; readonly metrics: readonly string[] }, { readonly day: string; readonly metric: string; readonly region: string; readonly usage: string | null }> = {
  name: 'usage_daily_list_for_backtest',
  parameters: ['by_project', 'customers', 'from_day', 'to_day', 'metrics'],
  text: `select c.day, c.metric, c.region, r.usage
from checkpoints c
cross join lateral (
  select json_agg(json_build_array(g.customer_id, g.project, g.quantity::text))::text as usage
  from (
    select u.customer_id, case when $1::boolean then u.project_id else '' end as project, sum(u.quantity) as quantity
    from usage_daily u
    where u.day = c.day and u.checkpoint_id = c.checkpoint_id and u.customer_id in (select unnest($2::text[]))
    group by 1, 2
  ) g
) r
where c.status = 'complete' and c.day >= $3::date and c.day < $4::date and c.metric = any($5::text[])
  and r.usage is not null
order by c.day, c.metric, c.region`,
};

/**
 * The rows of a checkpoint, the largest first, and how many there are in all.
 */
export const usageDailyListOfCheckpoint: Query<{ readonly checkpoint_id: bigint; readonly day: string; readonly row_limit: number }, { readonly project_id: string; readonly customer_id: string | null; readonly quantity: string; readonly all_rows: number }> = {
  name: 'usage_daily_list_of_checkpoint',
  parameters: ['checkpoint_id', 'day', 'row_limit'],
  text: `select u.project_id, u.customer_id, u.quantity, count(*) over ()::int as "all_rows"
from usage_daily u
where u.checkpoint_id = $1 and u.day = $2::date
order by u.quantity desc, u.project_id
limit $3::int`,
};

/**
 * The customer's usage rows in the checkpoints that the invoice's run rests on, each with its checkpoint.
 */
export const usageDailyListOfInvoice: Query<{ readonly from_day: string; readonly to_day: string; readonly invoice_id: string }, { readonly checkpoint_id: bigint; readonly project_id: string; readonly region: string; readonly metric: string; readonly day: string; readonly quantity: string }> = {
  name: 'usage_daily_list_of_invoice',
  parameters: ['from_day', 'to_day', 'invoice_id'],
  text: `select u.checkpoint_id, u.project_id, u.region, u.metric, u.day, u.quantity
from invoices i
join run_checkpoints p on p.run_id = i.run_id and p.fencing_token = i.fencing_token
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.customer_id = i.customer_id and u.day >= $1::date and u.day < $2::date
where i.invoice_id = $3
order by u.metric, u.project_id, u.region, u.day`,
};

/**
 * Pinned usage that no customer of the run will be billed for: its project had no owner that day, or the owner has no
 * contract. Days that an off-cycle run bills are in its lines.
 */
export const usageDailyListUnbilled: Query<{ readonly run_id: string; readonly billable: readonly string[] }, { readonly project_id: string; readonly metric: string; readonly customer_id: string | null; readonly rows: number; readonly quantity: string }> = {
  name: 'usage_daily_list_unbilled',
  parameters: ['run_id', 'billable'],
  text: `select u.project_id, u.metric, u.customer_id, count(*)::int as "rows", sum(u.quantity) as "quantity"
from billing_runs r
join run_checkpoints p on p.run_id = r.run_id and p.fencing_token = r.fencing_token
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.day >= r.period_from and u.day < r.period_to
where r.run_id = $1
  and (u.customer_id is null or u.customer_id <> all($2::text[]))
  and not exists (select from billing_runs o join contracts k on k.contract_id = o.contract_id
    where o.period = r.period and k.customer_id = u.customer_id and u.day >= o.period_from and u.day < o.period_to)
group by u.project_id, u.metric, u.customer_id
order by u.project_id, u.metric`,
};

/**
 * Projects with usage on one day and no row at all on the next, which still belong to the same customer; by days of the current
 * checkpoints. The rows are read once, by the bounds of their days: a look-up for each row would be most of the judging.
 */
export const usageDailyListVanished: Query<{ readonly region: string; readonly source_id: string; readonly metric: string; readonly from_day: string; readonly to_day: string }, { readonly day: string; readonly checkpoint_id: bigint; readonly customer_id: string; readonly project_id: string; readonly quantity: string }> = {
  name: 'usage_daily_list_vanished',
  parameters: ['region', 'source_id', 'metric', 'from_day', 'to_day'],
  text: `with current_checkpoints as (
  select checkpoint_id, day from checkpoints
  where region = $1 and source_id = $2 and metric = $3 and status = 'complete'
    and day >= $4::date - 1 and day < $5::date
), used as materialized (
  select u.day, u.project_id, u.customer_id, u.quantity
  from usage_daily u join current_checkpoints c using (checkpoint_id, day)
  where u.day >= $4::date - 1 and u.day < $5::date
)
select d.day, d.checkpoint_id, u.customer_id as "customer_id", u.project_id, u.quantity
from used u
join current_checkpoints d on d.day = u.day + 1
join project_ownerships o on o.project_id = u.project_id and o.customer_id = u.customer_id
  and o.owned_from <= d.day and (o.owned_to is null or o.owned_to > d.day)
where u.quantity > 0
  and not exists (select from used n where n.day = d.day and n.project_id = u.project_id)
order by d.day, u.project_id`,
};

/**
 * The customer's usage by metric and day in the checkpoints that the invoice's run rests on, in the source's unit.
 */
export const usageDailySumOfInvoice: Query<{ readonly invoice_id: string }, { readonly metric: string; readonly day: string; readonly quantity: string }> = {
  name: 'usage_daily_sum_of_invoice',
  parameters: ['invoice_id'],
  text: `select u.metric, u.day, sum(u.quantity) as "quantity"
from invoices i
join run_checkpoints p on p.run_id = i.run_id and p.fencing_token = i.fencing_token
join checkpoints c on c.checkpoint_id = p.checkpoint_id
join usage_daily u on u.checkpoint_id = c.checkpoint_id and u.day = c.day and u.customer_id = i.customer_id
where i.invoice_id = $1
group by u.metric, u.day
order by u.metric, u.day`,
};

/**
 * What some customers used, by project, metric and day, in the checkpoints that a rerating rests on: regions added up
 * exactly, with the number of rows in each sum.
 */
export const usageDailySumOfRerating: Query<{ readonly from_day: string; readonly to_day: string; readonly run_id: string; readonly rerating: number; readonly customers: readonly string[] }, { readonly customer_id: string; readonly project_id: string; readonly metric: string; readonly day: string; readonly quantity: string; readonly rows: number }> = {
  name: 'usage_daily_sum_of_rerating',
  parameters: ['from_day', 'to_day', 'run_id', 'rerating', 'customers'],
  text: `select u.customer_id as "customer_id", u.project_id, u.metric, u.day, sum(u.quantity) as "quantity", count(*)::int as "rows"
from rerating_checkpoints p
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.day >= $1::date and u.day < $2::date
where p.run_id = $3 and p.rerating = $4 and u.customer_id = any($5::text[])
group by u.customer_id, u.project_id, u.metric, u.day`,
};

/**
 * What a shard's customers used, by project, metric and day, in the checkpoints that the run rests on: regions added up
 * exactly, with the number of rows in each sum.
 */
export const usageDailySumPinned: Query<{ readonly from_day: string; readonly to_day: string; readonly run_id: string; readonly fencing_token: number; readonly customers: readonly string[] }, { readonly customer_id: string; readonly project_id: string; readonly metric: string; readonly day: string; readonly quantity: string; readonly rows: number }> = {
  name: 'usage_daily_sum_pinned',
  parameters: ['from_day', 'to_day', 'run_id', 'fencing_token', 'customers'],
  text: `select u.customer_id as "customer_id", u.project_id, u.metric, u.day, sum(u.quantity) as "quantity", count(*)::int as "rows"
from run_checkpoints p
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.day >= $1::date and u.day < $2::date
where p.run_id = $3 and p.fencing_token = $4 and u.customer_id = any($5::text[])
group by u.customer_id, u.project_id, u.metric, u.day`,
};

/**
 * Takes a definition one step on; no row when it is not in the state that the step begins in.
 */
export const usageDefinitionAdvance: Query<{ readonly to_status: UsageDefinitionStatus; readonly definition: string; readonly from_status: UsageDefinitionStatus }, { readonly definition: string }> = {
  name: 'usage_definition_advance',
  parameters: ['to_status', 'definition', 'from_status'],
  text: `update usage_definitions set status = $1
where definition = $2 and status = $3
returning definition`,
};

/**
 * Approves a definition under review, which puts it in force; no row when it is not under review.
 */
export const usageDefinitionApprove: Query<{ readonly approver: string; readonly approved_at: Date; readonly why: string; readonly definition: string }, { readonly definition: string }> = {
  name: 'usage_definition_approve',
  parameters: ['approver', 'approved_at', 'why', 'definition'],
  text: `update usage_definitions set status = 'approved', approver = $1, approved_at = $2, why = $3
where definition = $4 and status = 'in_review'
returning definition`,
};

/**
 * One definition, with the version of the source that it put in force.
 */
export const usageDefinitionFind: Query<{ readonly definition: string }, { readonly definition: string; readonly kind: UsageDefinitionKind; readonly name: string; readonly document: string; readonly configuration: string | null; readonly status: UsageDefinitionStatus; readonly author: string; readonly submitted_at: Date; readonly approver: string | null; readonly approved_at: Date | null; readonly why: string | null; readonly version: number | null; readonly active_from: string | null; readonly active_to: string | null }> = {
  name: 'usage_definition_find',
  parameters: ['definition'],
  text: `select d.definition, d.kind, d.name, d.document, d.configuration, d.status, d.author, d.submitted_at, d.approver, d.approved_at, d.why,
  s.version as "version", s.active_from as "active_from", s.active_to as "active_to"
from usage_definitions d left join usage_sources s using (definition)
where d.definition = $1`,
};

/**
 * The definitions that a digest, its beginning, or a name can mean, in some states.
 */
export const usageDefinitionFindByName: Query<{ readonly id: string; readonly prefix: string; readonly statuses: readonly UsageDefinitionStatus[] }, { readonly definition: string; readonly kind: UsageDefinitionKind; readonly name: string; readonly status: UsageDefinitionStatus }> = {
  name: 'usage_definition_find_by_name',
  parameters: ['id', 'prefix', 'statuses'],
  text: `select definition, kind, name, status from usage_definitions
where (definition = $1 or definition like 'sha256:' || $2 || '%' or name = $1) and status = any($3::usage_definition_status[])
order by submitted_at, definition limit 20`,
};

/**
 * Adds a definition as a draft of the one who acts.
 */
export const usageDefinitionInsert: Query<{ readonly definition: string; readonly kind: UsageDefinitionKind; readonly name: string; readonly document: string; readonly configuration: string | null; readonly author: string; readonly submitted_at: Date }, Record<never, never>> = {
  name: 'usage_definition_insert',
  parameters: ['definition', 'kind', 'name', 'document', 'configuration', 'author', 'submitted_at'],
  text: `insert into usage_definitions (definition, kind, name, document, configuration, status, author, submitted_at)
values ($1, $2, $3, $4, $5, 'draft', $6, $7)`,
};

/**
 * Every definition, and every metric and source version that is in force without one, by kind, name and time.
 */
export const usageDefinitionList: Query<Record<never, never>, { readonly definition: string | null; readonly kind: UsageDefinitionKind; readonly name: string; readonly status: UsageDefinitionStatus; readonly author: string | null; readonly approver: string | null; readonly version: number | null; readonly active_from: string | null; readonly active_to: string | null }> = {
  name: 'usage_definition_list',
  parameters: [],
  text: `select d.definition as "definition", d.kind as "kind", d.name as "name", d.status as "status", d.author as "author", d.approver as "approver",
  s.version as "version", s.active_from as "active_from", s.active_to as "active_to"
from usage_definitions d left join usage_sources s using (definition)
union all
select null, 'source', s.source_id || '/' || s.region, case when s.active_to is null then 'approved' else 'retired' end::usage_definition_status,
  null, null, s.version, s.active_from, s.active_to
from usage_sources s where s.definition is null
union all
select null, 'metric', m.metric, 'approved', null, null, null, null, null
from metrics m where not exists (select from usage_definitions d where d.kind = 'metric' and d.name = m.metric and d.status = 'approved')
order by 2, 3, 7 nulls last, 1`,
};

/**
 * Puts a detached month back. False when it is not detached.
 */
export const usagePartitionAttach: Query<{ readonly month: string; readonly at: Date }, { readonly done: boolean }> = {
  name: 'usage_partition_attach',
  parameters: ['month', 'at'],
  text: `select attach_usage_month($1, $2::timestamptz) as "done"`,
};

/**
 * Takes a month that nothing needs any more out of the table of usage. False when it was before; refused while anything needs it.
 */
export const usagePartitionDetach: Query<{ readonly month: string; readonly at: Date }, { readonly done: boolean }> = {
  name: 'usage_partition_detach',
  parameters: ['month', 'at'],
  text: `select detach_usage_month($1, $2::timestamptz) as "done"`,
};

/**
 * Drops a detached month, with an audit entry of what it held. False when it was dropped before; refused while anything needs it.
 */
export const usagePartitionDrop: Query<{ readonly month: string; readonly at: Date }, { readonly done: boolean }> = {
  name: 'usage_partition_drop',
  parameters: ['month', 'at'],
  text: `select drop_usage_month($1, $2::timestamptz) as "done"`,
};

/**
 * What is left of a month whose rows are gone: the figures of its sealing, and the entry that was written when it was dropped.
 */
export const usagePartitionFindKept: Query<{ readonly month: string }, { readonly month: string; readonly status: UsagePartitionStatus; readonly row_count: bigint; readonly totals: unknown; readonly digest: string; readonly detached_at: Date | null; readonly dropped_at: Date | null; readonly sequence: bigint | null; readonly detail: string | null }> = {
  name: 'usage_partition_find_kept',
  parameters: ['month'],
  text: `select p.month, p.status, p.row_count as "row_count", p.totals as "totals", p.digest as "digest", p.detached_at, p.dropped_at,
  l.sequence as "sequence", l.detail::text as "detail"
from usage_partitions p
left join audit_log l on l.action = 'usage_rows.dropped' and l.subject = p.month
where p.month = $1 and p.status in ('detached', 'dropped')`,
};

/**
 * Dropped months whose audit entry is missing, has another digest than the sealed rows, or says other figures of a checkpoint than its header.
 */
export const usagePartitionFindLost: Query<Record<never, never>, { readonly month: string; readonly what: string }> = {
  name: 'usage_partition_find_lost',
  parameters: [],
  text: `select p.month, case
    when l.sequence is null then 'no entry keeps what was dropped'
    when l.detail ->> 'digest' is distinct from p.digest then format('entry %s keeps the digest %s, sealed was %s', l.sequence, l.detail ->> 'digest', p.digest)
    else format('entry %s does not keep checkpoint %s as its header says', l.sequence, d.checkpoint)
  end as "what"
from usage_partitions p
left join audit_log l on l.action = 'usage_rows.dropped' and l.subject = p.month
left join lateral (
  select min(x.checkpoint::bigint) as checkpoint from (
    select c.checkpoint_id::text as checkpoint, c.row_count::text, c.total::text, c.digest
    from checkpoints c where c.day >= p.month_from and c.day < p.month_to and c.status in ('complete', 'superseded')
    except
    select e ->> 0, e ->> 1, e ->> 2, e ->> 3 from jsonb_array_elements(l.detail -> 'checkpoints') e
  ) x
) d on true
where p.status = 'dropped' and (l.sequence is null or l.detail ->> 'digest' is distinct from p.digest or d.checkpoint is not null)
order by p.month`,
};

/**
 * Every month, with the step that retention has for it at an instant, and what keeps it from the next one.
 */
export const usagePartitionPlan: Query<{ readonly at: Date }, { readonly month: string; readonly status: string; readonly step: string; readonly blockers: unknown; readonly kept_until: string; readonly row_count: bigint | null; readonly totals: unknown | null; readonly digest: string | null; readonly sealed_at: Date | null; readonly detached_at: Date | null; readonly dropped_at: Date | null }> = {
  name: 'usage_partition_plan',
  parameters: ['at'],
  text: `select r.month as "month", r.status as "status", r.step as "step", r.blockers as "blockers", r.kept_until as "kept_until",
  p.row_count as "row_count", p.totals as "totals", p.digest as "digest", p.sealed_at as "sealed_at", p.detached_at as "detached_at", p.dropped_at as "dropped_at"
from retention_plan($1::timestamptz) r left join usage_partitions p using (month)
order by r.month`,
};

/**
 * Makes the partitions of the day's quarter and the next; safe to repeat. Refused when the day's month takes no usage any more.
 */
export const usagePartitionPrepare: Query<{ readonly day: string }, { readonly prepare_usage_partitions: unknown | null }> = {
  name: 'usage_partition_prepare',
  parameters: ['day'],
  text: `select prepare_usage_partitions($1::date)`,
};

/**
 * Closes a month for good. False when it was closed before; refused while it is in an open quarter or still being read or collected.
 */
export const usagePartitionSeal: Query<{ readonly month: string; readonly at: Date }, { readonly done: boolean }> = {
  name: 'usage_partition_seal',
  parameters: ['month', 'at'],
  text: `select seal_usage_month($1, $2::timestamptz) as "done"`,
};

/**
 * Removes the snapshots of a region whose day has a checkpoint by now: nothing provisional is left of it.
 */
export const usageSnapshotDeleteCheckpointed: Query<{ readonly region: string }, { readonly day: string }> = {
  name: 'usage_snapshot_delete_checkpointed',
  parameters: ['region'],
  text: `delete from usage_snapshots s
where s.region = $1 and exists (
  select from checkpoints c where c.region = s.region and c.source_id = s.source_id and c.day = s.day and c.status = 'complete')
returning s.day`,
};

/**
 * Takes the rows of the last reading away; those of the next come in the same transaction.
 */
export const usageSnapshotDeleteRows: Query<{ readonly region: string; readonly source_id: string; readonly day: string }, Record<never, never>> = {
  name: 'usage_snapshot_delete_rows',
  parameters: ['region', 'source_id', 'day'],
  text: `delete from usage_snapshot_rows where region = $1 and source_id = $2 and day = $3::date`,
};

/**
 * Writes a reading's rows, each with who owns the project on that day.
 */
export const usageSnapshotInsertRows: Query<{ readonly region: string; readonly source_id: string; readonly day: string; readonly project_ids: readonly string[]; readonly quantities: readonly string[] }, Record<never, never>> = {
  name: 'usage_snapshot_insert_rows',
  parameters: ['region', 'source_id', 'day', 'project_ids', 'quantities'],
  text: `insert into usage_snapshot_rows (region, source_id, day, project_id, customer_id, quantity)
select $1, $2, $3::date, r.project_id, o.customer_id, r.quantity
from unnest($4::text[], $5::numeric[]) r (project_id, quantity)
left join project_ownerships o on o.project_id = r.project_id and o.owned_from <= $3::date and (o.owned_to is null or o.owned_to > $3::date)`,
};

/**
 * Makes a reading the latest of its day, unless a later one was kept or a checkpoint has come: no row then, and nothing is to be written.
 */
export const usageSnapshotKeep: Query<{ readonly region: string; readonly source_id: string; readonly day: string; readonly source_version: number; readonly metric: string; readonly as_of: Date; readonly row_count: number }, { readonly day: string }> = {
  name: 'usage_snapshot_keep',
  parameters: ['region', 'source_id', 'day', 'source_version', 'metric', 'as_of', 'row_count'],
  text: `insert into usage_snapshots (region, source_id, day, source_version, metric, as_of, row_count, tried_for)
select $1, $2, $3::date, $4::int, $5, $6::timestamptz, $7::int, $6::timestamptz
where not exists (select from checkpoints c where c.region = $1 and c.source_id = $2 and c.day = $3::date and c.status = 'complete')
on conflict (region, source_id, day) do update
set source_version = excluded.source_version, metric = excluded.metric, as_of = excluded.as_of, row_count = excluded.row_count,
  tried_for = greatest(usage_snapshots.tried_for, excluded.tried_for), failure_reason = null, failure_detail = null
where usage_snapshots.as_of is null or usage_snapshots.as_of < excluded.as_of
returning day`,
};

/**
 * A customer's usage in the latest snapshots of days that have neither a checkpoint nor a waiver yet, in the source's unit.
 */
export const usageSnapshotListOfCustomer: Query<{ readonly customer_id: string; readonly from_day: string; readonly to_day: string }, { readonly region: string; readonly source_id: string; readonly metric: string; readonly day: string; readonly as_of: Date; readonly project_id: string; readonly quantity: string }> = {
  name: 'usage_snapshot_list_of_customer',
  parameters: ['customer_id', 'from_day', 'to_day'],
  text: `select s.region, s.source_id, s.metric, s.day, s.as_of as "as_of", r.project_id, r.quantity
from usage_snapshots s
join usage_snapshot_rows r on r.region = s.region and r.source_id = s.source_id and r.day = s.day
where r.customer_id = $1 and s.day >= $2::date and s.day < $3::date and s.as_of is not null
  and not exists (select from checkpoints c where c.region = s.region and c.source_id = s.source_id and c.day = s.day and c.status = 'complete')
  and not exists (select from completeness_waivers w where w.region = s.region and w.source_id = s.source_id and w.day = s.day and w.status = 'approved')
order by s.metric, s.day, s.region, r.project_id`,
};

/**
 * Notes that a source gave no figure; the last good one stays, with its own time.
 */
export const usageSnapshotNoteFailure: Query<{ readonly region: string; readonly source_id: string; readonly day: string; readonly source_version: number; readonly metric: string; readonly tried_for: Date; readonly failure_reason: string; readonly failure_detail: string }, { readonly day: string }> = {
  name: 'usage_snapshot_note_failure',
  parameters: ['region', 'source_id', 'day', 'source_version', 'metric', 'tried_for', 'failure_reason', 'failure_detail'],
  text: `insert into usage_snapshots (region, source_id, day, source_version, metric, tried_for, failure_reason, failure_detail)
select $1, $2, $3::date, $4::int, $5, $6::timestamptz, $7, $8
where not exists (select from checkpoints c where c.region = $1 and c.source_id = $2 and c.day = $3::date and c.status = 'complete')
on conflict (region, source_id, day) do update
set tried_for = excluded.tried_for, failure_reason = excluded.failure_reason, failure_detail = excluded.failure_detail
where usage_snapshots.tried_for < excluded.tried_for
returning day`,
};

/**
 * The newest version of a source in a region.
 */
export const usageSourceFindLatest: Query<{ readonly source_id: string; readonly region: string }, { readonly version: number; readonly metric: string; readonly configuration_digest: string; readonly active_from: string; readonly active_to: string | null; readonly definition: string | null }> = {
  name: 'usage_source_find_latest',
  parameters: ['source_id', 'region'],
  text: `select version, metric, configuration_digest, active_from, active_to, definition
from usage_sources where source_id = $1 and region = $2
order by version desc limit 1`,
};

/**
 * The sources that count in a region on a day, one per metric.
 */
export const usageSourceListActive: Query<{ readonly region: string; readonly day: string }, { readonly source_id: string; readonly version: number; readonly metric: string; readonly region: string; readonly configuration: unknown; readonly configuration_digest: string }> = {
  name: 'usage_source_list_active',
  parameters: ['region', 'day'],
  text: `select s.source_id, s.version, s.metric, s.region, s.configuration, s.configuration_digest
from usage_sources s join regions r using (region)
where s.region = $1 and s.active_from <= $2::date and (s.active_to is null or s.active_to > $2::date)
  and r.active_from <= $2::date and (r.active_to is null or r.active_to > $2::date)
order by s.source_id`,
};

/**
 * The sources of a metric, in every region, that count on a day or after it.
 */
export const usageSourceListOfMetric: Query<{ readonly metric: string; readonly day: string }, { readonly source_id: string; readonly region: string; readonly configuration: unknown; readonly active_from: string; readonly active_to: string | null }> = {
  name: 'usage_source_list_of_metric',
  parameters: ['metric', 'day'],
  text: `select source_id, region, configuration, active_from, active_to from usage_sources
where metric = $1 and (active_to is null or active_to > $2::date)
order by region, source_id, version`,
};

/**
 * Stages a batch of a running attempt's rows, each with who owned the project on that day. The attempt is locked against
 * whoever takes the cell over, so that one that was overtaken stages nothing. Says whether it was running, how many rows
 * were staged, and a project that was there already.
 */
export const usageStagedInsert: Query<{ readonly checkpoint_id: bigint; readonly project_ids: readonly string[]; readonly quantities: readonly string[] }, { readonly running: boolean; readonly staged: number; readonly repeated: string | null }> = {
  name: 'usage_staged_insert',
  parameters: ['checkpoint_id', 'project_ids', 'quantities'],
  text: `with attempt as (
  select checkpoint_id, day from checkpoints where checkpoint_id = $1::bigint and status = 'running' for share
), given as (
  select a.checkpoint_id, r.project_id, o.customer_id, r.quantity
  from attempt a
  cross join unnest($2::text[], $3::numeric[]) r (project_id, quantity)
  left join project_ownerships o on o.project_id = r.project_id and o.owned_from <= a.day and (o.owned_to is null or o.owned_to > a.day)
), staged as (
  insert into usage_staged (checkpoint_id, project_id, customer_id, quantity)
  select checkpoint_id, project_id, customer_id, quantity from given
  on conflict (checkpoint_id, project_id) do nothing
  returning project_id
)
select exists (select from attempt) as "running", (select count(*)::int from staged) as "staged",
  (select l.project_id from (select project_id from given except all select project_id from staged) l order by 1 limit 1) as "repeated"`,
};

/**
 * What an attempt has staged: its rows and their exact total.
 */
export const usageStagedSum: Query<{ readonly checkpoint_id: bigint }, { readonly row_count: number; readonly total: string }> = {
  name: 'usage_staged_sum',
  parameters: ['checkpoint_id'],
  text: `select count(*)::int as "row_count", trim_scale(coalesce(sum(quantity), 0)) as "total"
from usage_staged where checkpoint_id = $1`,
};

/**
 * The next rows of an attempt in the byte order of the projects' names, written as [project, customer, quantity] of
 * canonical JSON with commas between; with the last project, after which the next page begins. No text when none is left.
 */
export const usageStagedWriteAfter: Query<{ readonly checkpoint_id: bigint; readonly after: string; readonly row_limit: number }, { readonly text: string | null; readonly last: string | null }> = {
  name: 'usage_staged_write_after',
  parameters: ['checkpoint_id', 'after', 'row_limit'],
  text: `select string_agg('[' || to_json(r.project_id) || ',' || coalesce(to_json(r.customer_id)::text, 'null') || ',"' || r.quantity || '"]', ',' order by r.project_id) as "text",
  max(r.project_id) as "last"
from (
  select project_id, customer_id, quantity from usage_staged
  where checkpoint_id = $1 and project_id > $2::text collate "C"
  order by project_id
  limit $3::int
) r`,
};
