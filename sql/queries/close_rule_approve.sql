-- Gives an approval, the first or the second, and puts the rule in force when it is the last one that it takes.
update close_rules set approver = coalesce(approver, :approver), second_approver = case when approver is not null then :approver end,
  status = case when :is_last::boolean then 'in_force'::close_rule_status else status end
where rule_id = :rule_id and status = 'proposed'
returning rule_id;
