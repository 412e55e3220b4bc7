-- How many rows lie outside the managed months; there must be none.
select count(*)::int as "rows!", min(day) as first_day, max(day) as last_day from usage_daily_default;
