-- Adds a plan's name; nothing when it exists. The first title stays.
insert into plans (plan, title) values (:plan, :title) on conflict (plan) do nothing;
