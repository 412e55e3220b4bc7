-- Alerts that have not reached anybody.
select count(*)::int as "alerts!" from alerts where sent_at is null;
