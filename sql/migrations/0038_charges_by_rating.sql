-- outside a transaction
-- A customer that is billed anew has the lines of both ratings under one token of its run.
create unique index concurrently if not exists charges_of_rating
  on charges (run_id, fencing_token, customer_id, rating_number, purpose, position);
