-- The owners of a project in the order of time, locked against a second change in between.
select customer_id, owned_from, owned_to from project_ownerships where project_id = :project_id order by owned_from for update;
