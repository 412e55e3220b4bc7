-- Claims a message for a subscription in the transaction of its effect. No row means that it was dealt with before (promise 11).
insert into inbox (subscription, event_id, outcome, received_at)
values (:subscription, :event_id, 'applied', :received_at)
on conflict (subscription, event_id) do nothing
returning event_id;
