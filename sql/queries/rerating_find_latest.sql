-- The latest rerating of a run: what its customers are compared with.
select rerating, author from reratings where run_id = :run_id order by rerating desc limit 1;
