-- What of a run is not at its end: invoices on their way or waiting for a person, and live exceptions about the run.
select thing as "thing!", state as "state!", why as "why!" from run_open_things(:run_id) order by thing;
