-- Holds a month's rows. The same hold by the same person for the same reason is one hold: no row.
insert into retention_holds (month, status, why, author, placed_at)
values (:month, 'in_force', :why, :author, :placed_at)
on conflict (month, author, why) where status = 'in_force' do nothing
returning hold_id;
