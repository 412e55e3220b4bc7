-- Promise 24: invoices that went on although a hold on them was not released, and released holds that nobody gave a reason for.
select format('%s hold %s', i.invoice_id, h.hold) as "place!", format('is %s, and its hold "%s" was not released', i.status, h.reason) as "what!"
from invoices i join invoice_holds h using (invoice_id)
where i.status not in ('rated', 'held', 'superseded', 'void') and h.released_by is null
union all
select format('%s hold %s', h.invoice_id, h.hold), 'was released without a reason'
from invoice_holds h where h.released_by is not null and coalesce(trim(h.released_why), '') = ''
order by 1
limit :most::int;
