-- Records that Slack took an alert.
update alerts set sent_at = :sent_at, next_attempt_at = null, last_error = null
where alert_key = :alert_key and sent_at is null;
