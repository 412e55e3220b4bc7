-- One region.
select region, bigquery_location, active_from, active_to from regions where region = :region;
