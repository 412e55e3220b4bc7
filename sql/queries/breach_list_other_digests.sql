-- Promise 6: documents, formulas and lines that are not what their digests were made from, or that differ between a charge and
-- the document of its invoice.
with lines as (
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
select format('%s line %s', invoice_id, line_key) as "place!", what as "what!" from pairs where what is not null
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
limit :most::int;
