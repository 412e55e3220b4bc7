-- Takes the alert that has waited longest and gives its sender until :claimed_until. No row: none is due, or the last message is less than a second old.
update alerts set attempts = attempts + 1, attempted_at = :now::timestamptz, next_attempt_at = :claimed_until::timestamptz
where alert_key = (
  select alert_key from alerts
  where next_attempt_at <= :now
  order by raised_at, alert_key limit 1)
  and not exists (select from alerts where attempted_at > :now::timestamptz - interval '1 second' and attempted_at <= :now)
returning alert_key, severity, title, place, why, recover, attempts;
