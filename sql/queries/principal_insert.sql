-- Adds an identity; nothing when the name exists. Only the schema's owner may: identities come with the deployment.
insert into principals (principal, kind, roles, owner)
values (:principal, :kind, :roles, :owner?)
on conflict (principal) do nothing
returning principal;
