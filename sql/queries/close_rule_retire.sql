-- Ends what is in force of a kind and currency, so that another rule can take its place.
update close_rules set status = 'retired' where kind = :kind::close_rule_kind and currency = :currency and status = 'in_force'
returning rule_id;
