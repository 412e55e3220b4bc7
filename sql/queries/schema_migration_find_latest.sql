-- The migration that the database has come to; null before the first.
select max(name) as name from schema_migrations;
