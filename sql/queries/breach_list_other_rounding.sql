-- Promise 14: lines that are not their exact value rounded once to the minor unit, half away from zero; and lines whose tiers
-- do not add up to them. A currency without an exponent is a breach of its own. A correction is the difference of two lines
-- that were each rounded once, not the rounding of their difference: promise 12 holds those.
with lines as (
  select format('%s#%s %s %s line %s', c.run_id, c.fencing_token, c.customer_id, c.purpose, c.line_key) as place,
    c.amount::numeric as amount, c.exact, c.currency, c.details, e.exponent,
    split_part(c.exact, '/', 1)::numeric * 10::numeric ^ e.exponent as top,
    coalesce(nullif(split_part(c.exact, '/', 2), ''), '1')::numeric as bottom
  from charges c
  left join unnest(:currencies::text[], :exponents::int[]) e (currency, exponent) on e.currency = c.currency
  where c.purpose <> 'adjustment'
)
select place as "place!",
  case when exponent is null then format('%s is no currency that is known here', currency)
    else format('is %s minor units of %s for exactly %s', amount, currency, exact) end as "what!"
from lines
where exponent is null or sign(amount) * sign(top) < 0
  or 2 * abs(amount) * bottom > 2 * abs(top) + bottom or 2 * abs(top) + bottom >= 2 * (abs(amount) + 1) * bottom
union all
select place, format('its tiers add up to %s, and it is %s', d.sum, amount)
from lines cross join lateral (select sum((part ->> 'amount')::numeric) as sum from jsonb_array_elements(details::jsonb) part) d
where d.sum <> amount
order by 1
limit :most::int;
