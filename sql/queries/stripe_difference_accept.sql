-- A person accepts an open difference, with the reason. No row means that it is not open.
update stripe_differences set status = 'accepted', accepted_by = :accepted_by, why = :why
where difference_id = :difference_id and status = 'open'
returning difference_id, period;
