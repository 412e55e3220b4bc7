-- Gives a project to a customer from a day on; nothing when the project changes hands on that day already.
insert into project_ownerships (project_id, customer_id, owned_from, owned_to)
values (:project_id, :customer_id, :owned_from, :owned_to?)
on conflict (project_id, owned_from) do nothing
returning project_id;
