-- The runs before their sign-off whose usage, contracts or required sources have changed since they were pinned.
select r.run_id from billing_runs r
where r.status in ('complete', 'rated', 'in_review', 'rating_failed') and run_has_changed(r)
order by r.run_id;
