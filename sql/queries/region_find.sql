-- One region.
select region, active_from, active_to from regions where region = :region;
