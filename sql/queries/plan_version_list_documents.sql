-- The documents of some plan versions.
select plan_version, document from plan_versions where plan_version = any(:plan_versions::text[]);
