-- Whether usage or contracts have changed since the run was pinned.
select run_inputs_digest(run_id) is distinct from inputs_digest as "changed!" from billing_runs where run_id = :run_id;
