-- Who owned some projects on a day; a project without an owner is left out.
select project_id, customer_id from project_ownerships
where project_id = any(:project_ids::text[]) and owned_from <= :day::date and (owned_to is null or owned_to > :day::date);
