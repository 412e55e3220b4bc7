-- Promise 8: rows of the table of transitions that the code does not list, and listed ones that it lacks.
select format('state_transitions %s: "%s" to "%s"', entity, from_state, to_state) as "place!",
  case when l.entity is null then 'the database allows it, and the code does not list it' else 'the code lists it, and the database refuses it' end as "what!"
from state_transitions t
full join unnest(:entities::text[], :from_states::text[], :to_states::text[]) l (entity, from_state, to_state) using (entity, from_state, to_state)
where t.entity is null or l.entity is null
order by 1
limit :most::int;
