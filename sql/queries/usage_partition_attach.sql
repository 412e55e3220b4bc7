-- Puts a detached month back. False when it is not detached.
select attach_usage_month(:month, :at::timestamptz) as "done!";
