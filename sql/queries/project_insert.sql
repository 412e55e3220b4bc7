-- Adds a project; nothing when the id exists.
insert into projects (project_id) values (:project_id) on conflict (project_id) do nothing;
