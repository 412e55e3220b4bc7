-- The projects that a customer owns or has owned.
select project_id, owned_from, owned_to from project_ownerships
where customer_id = :customer_id order by project_id, owned_from;
