-- Stops the calls of an endpoint, or of the account ('*'), for so many milliseconds from now: for every instance.
select stripe_pace_stop(:account_mode, :endpoint, clock_timestamp() + :wait_ms::int * interval '1 millisecond');
