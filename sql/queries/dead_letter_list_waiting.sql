-- The messages that wait for a decision, the latest first.
select dead_letter_id, subscription, message_id, message, reason, received_at
from dead_letters where status = 'waiting' order by received_at desc, dead_letter_id desc limit 500;
