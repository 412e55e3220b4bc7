-- The key of a line, by the rating that it is of.
alter table charges drop constraint charges_pkey, add constraint charges_pkey primary key using index charges_of_rating;
