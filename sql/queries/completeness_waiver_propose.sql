-- Proposes that a day be billed without a figure, or proposes it anew with other words. No row means that it is approved already.
insert into completeness_waivers (region, source_id, day, status, author, why, proposed_at)
values (:region, :source_id, :day::date, 'proposed', :author, :why, :proposed_at)
on conflict (region, source_id, day) do update
set status = 'proposed', author = excluded.author, why = excluded.why, proposed_at = excluded.proposed_at
where completeness_waivers.status in ('proposed', 'rejected')
returning region;
