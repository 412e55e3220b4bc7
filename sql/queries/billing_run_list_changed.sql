-- The runs before their sign-off whose usage or contracts have changed since they were pinned.
select r.run_id from billing_runs r
where r.status in ('complete', 'rated', 'in_review', 'rating_failed') and run_inputs_digest(r.run_id) is distinct from r.inputs_digest
order by r.run_id;
