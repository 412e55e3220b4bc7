-- Records why an alert could not be sent and when it is tried again; null gives it up.
update alerts set last_error = :last_error, next_attempt_at = :next_attempt_at?::timestamptz
where alert_key = :alert_key and sent_at is null;
