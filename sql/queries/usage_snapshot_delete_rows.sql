-- Takes the rows of the last reading away; those of the next come in the same transaction.
delete from usage_snapshot_rows where region = :region and source_id = :source_id and day = :day::date;
