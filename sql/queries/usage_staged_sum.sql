-- What an attempt has staged: its rows and their exact total.
select count(*)::int as "row_count!", trim_scale(coalesce(sum(quantity), 0)) as "total!"
from usage_staged where checkpoint_id = :checkpoint_id;
