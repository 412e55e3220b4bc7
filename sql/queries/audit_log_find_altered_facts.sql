-- Every thing of which a figure is another than the one that the log last noted with its state: changed in its table beside
-- the log. Entries from before figures were noted are passed over.
with noted as (
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
select n.entity as "entity!", n.subject as "subject!", f.name as "fact!", max(n.sequence) as "sequence!",
  a.facts ->> f.name as "actual?", f.value as "noted?"
from noted n
join actual a on a.entity = n.entity and a.subject = n.subject
cross join lateral jsonb_each_text(n.facts) f (name, value)
where a.facts -> f.name is distinct from n.facts -> f.name
group by n.entity, n.subject, f.name, f.value, a.facts
order by 1, 2, 3;
