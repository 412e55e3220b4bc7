-- A message that was put aside, locked to the end of the transaction.
select dead_letter_id, subscription, message_id, message, data_base64, reason, status, received_at
from dead_letters where dead_letter_id = :dead_letter_id for update;
