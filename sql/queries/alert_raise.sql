-- Keeps an alert to be sent. One that was raised before under the same key stays as it is.
insert into alerts (alert_key, severity, title, place, why, recover, raised_at, next_attempt_at)
values (:alert_key, :severity, :title, :place, :why, :recover, :raised_at, :raised_at)
on conflict (alert_key) do nothing
returning alert_key;
