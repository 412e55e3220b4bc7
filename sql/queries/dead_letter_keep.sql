-- Keeps a message that cannot be applied, once per subscription and message, with the reason and the message as it came.
insert into dead_letters (subscription, message_id, message, data_base64, reason, status, received_at)
values (:subscription, :message_id, :message, :data_base64, :reason, 'waiting', :received_at)
on conflict (subscription, message_id) do nothing;
