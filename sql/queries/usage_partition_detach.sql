-- Takes a month that nothing needs any more out of the table of usage. False when it was before; refused while anything needs it.
select detach_usage_month(:month, :at::timestamptz) as "done!";
