-- One identity with its roles, and the person who answers for it.
select principal, kind, roles::text[] as "roles!", owner, person_behind(principal) as "person!" from principals where principal = :principal;
