-- Makes the partitions of the day's quarter and the next; safe to repeat.
select prepare_usage_partitions(:day::date);
