-- What the sign-off stands for: a reviewer sees every hold, and a run is only signed off on the inputs that it was rated on.

-- The digest over what a reviewer of a run sees: its inputs, each live invoice with its state, amount and document, and
-- why each of them is held.
create or replace function run_review_digest(of_run text) returns text
language sql stable set search_path = public, pg_temp as $$
  select 'sha256:' || encode(sha256(convert_to(
    format('%s %s %s', r.run_id, r.fencing_token, r.inputs_digest) || E'\n\n' ||
    coalesce((select string_agg(format('%s %s %s %s %s', i.invoice_id, i.status, i.total, i.currency, i.document_digest), E'\n' order by i.invoice_id)
              from invoices i where i.run_id = r.run_id and i.status not in ('superseded', 'void')), '')
    || coalesce((select E'\n\n' || string_agg(format('%s#%s %s %s', h.invoice_id, h.hold, h.reason, h.detail), E'\n' order by h.invoice_id, h.hold)
              from invoices i join invoice_holds h using (invoice_id)
              where i.run_id = r.run_id and i.status not in ('superseded', 'void') and h.released_by is null), ''), 'UTF8')), 'hex')
  from billing_runs r where r.run_id = of_run
$$;
