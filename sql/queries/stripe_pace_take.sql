-- Takes up to so many calls of an endpoint from the pace that all instances share, by the database's clock; or says
-- how long to wait. One short statement on two rows, whatever the number of calls.
select granted as "granted!", wait_ms as "wait_ms!"
from stripe_pace_take(:account_mode, :endpoint, :wanted::int, :in_turn::boolean, :account_interval::int, :account_burst::int,
  :endpoint_interval::int, :endpoint_burst::int, clock_timestamp());
