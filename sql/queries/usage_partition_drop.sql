-- Drops a detached month, with an audit entry of what it held. False when it was dropped before; refused while anything needs it.
select drop_usage_month(:month, :at::timestamptz) as "done!";
