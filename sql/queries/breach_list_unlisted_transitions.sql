-- Promise 8: logged moves that the table of transitions does not list, and moves that do not begin where the one before ended.
with moves as (
  select sequence, split_part(action, '.', 1) as entity, subject, detail ->> 'from' as from_state, detail ->> 'to' as to_state
  from audit_log where detail ? 'from' and detail ? 'to'
), linked as (
  select *, lag(to_state) over (partition by entity, subject order by sequence) as before from moves
)
select format('entry %s, %s %s', sequence, entity, subject) as "place!",
  case when before <> from_state then format('went from "%s" to "%s" when it was "%s"', from_state, to_state, before)
    else format('went from "%s" to "%s", which is not allowed', from_state, to_state) end as "what!"
from linked m
where before <> from_state
  or not exists (select from state_transitions t where t.entity = m.entity and t.from_state = m.from_state and t.to_state = m.to_state)
order by sequence
limit :most::int;
