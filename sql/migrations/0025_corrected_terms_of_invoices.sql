-- Corrected terms that an invoice was rated by: a customer that could not be rated when its run was signed off is rated
-- again after its terms were corrected, and a replay must find the same ones (promises 6 and 13).
create table invoice_corrected_terms (
  invoice_id text not null references invoices,
  contract_id text not null,
  period text not null,
  number integer not null,
  primary key (invoice_id, contract_id),
  foreign key (contract_id, period, number) references term_corrections (contract_id, period, number)
);
create trigger corrected_terms_are_kept before update or delete on invoice_corrected_terms
  for each row execute function refuse_change();
grant select, insert on invoice_corrected_terms to daybook_app;
