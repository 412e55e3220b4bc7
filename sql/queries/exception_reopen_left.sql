-- Puts back what a crashed retry left behind, so that it is claimed anew.
update exceptions set status = 'open' where status = 'retrying' and next_attempt_at <= :now;
