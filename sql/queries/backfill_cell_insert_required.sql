-- Gives a backfill its cells: every one that its days require.
insert into backfill_cells (backfill_id, region, source_id, day, status)
select b.backfill_id, s.region, s.source_id, d.day::date, 'waiting'
from backfills b
cross join lateral generate_series(b.from_day, b.to_day - 1, interval '1 day') d (day)
join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
join regions r on r.region = s.region and r.active_from <= d.day and (r.active_to is null or r.active_to > d.day)
where b.backfill_id = :backfill_id and (b.region is null or b.region = s.region) and (b.source_id is null or b.source_id = s.source_id)
on conflict do nothing
returning day;
