-- Dropped months whose audit entry is missing, has another digest than the sealed rows, or says other figures of a checkpoint than its header.
select p.month, case
    when l.sequence is null then 'no entry keeps what was dropped'
    when l.detail ->> 'digest' is distinct from p.digest then format('entry %s keeps the digest %s, sealed was %s', l.sequence, l.detail ->> 'digest', p.digest)
    else format('entry %s does not keep checkpoint %s as its header says', l.sequence, d.checkpoint)
  end as "what!"
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
order by p.month;
