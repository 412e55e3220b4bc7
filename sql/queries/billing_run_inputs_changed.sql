-- Whether usage, contracts or required sources have changed since the run was pinned.
select run_has_changed(r) as "changed!" from billing_runs r where r.run_id = :run_id;
