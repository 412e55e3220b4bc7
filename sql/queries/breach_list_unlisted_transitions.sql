-- Promise 8: logged moves that the table of transitions does not list, and moves that do not begin where the one before ended.
-- A void is logged under its invoice, and may be asked for again once the one before came to its end.
with moves as (
  select sequence, split_part(action, '.', 1) as entity, subject, detail ->> 'from' as from_state, detail ->> 'to' as to_state
  from audit_log where detail ? 'from' and detail ? 'to'
), final as (
  select distinct entity, to_state as state from state_transitions t
  where not exists (select from state_transitions n where n.entity = t.entity and n.from_state = t.to_state)
), linked as (
  select *, lag(to_state) over (partition by entity, subject order by sequence) as before from moves
)
select format('entry %s, %s %s', sequence, entity, subject) as "place!",
  case when before <> from_state then format('went from "%s" to "%s" when it was "%s"', from_state, to_state, before)
    else format('went from "%s" to "%s", which is not allowed', from_state, to_state) end as "what!"
from linked m
where (before <> from_state
    and not (m.entity = 'invoice_void' and from_state = '' and exists (select from final f where f.entity = m.entity and f.state = m.before)))
  or not exists (select from state_transitions t where t.entity = m.entity and t.from_state = m.from_state and t.to_state = m.to_state)
order by sequence
limit :most::int;
