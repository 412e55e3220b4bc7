-- Until role_give_back or the end of the transaction, statements run as the role that sees snapshots and can write nothing that is billed.
-- The columns are evaluated in order: the first tells what to go back to.
select current_setting('role') as "before!", set_config('role', 'daybook_visibility', true) as "role!";
