-- Closes a month for good. False when it was closed before; refused while it is in an open quarter or still being read or collected.
select seal_usage_month(:month, :at::timestamptz) as "done!";
