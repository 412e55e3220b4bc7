-- Makes the partitions of the day's quarter and the next; safe to repeat. Refused when the day's month takes no usage any more.
select prepare_usage_partitions(:day::date);
