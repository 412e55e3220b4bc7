-- Seals the days from the last seal through a day that is over, and says how many it sealed; a repeat seals nothing.
select audit_seal(:through_day::date, :sealed_at::timestamptz) as "sealed!";
