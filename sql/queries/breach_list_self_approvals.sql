-- Promise 23: what one person both wrote and approved, in any table that has an author and an approver, whatever accounts were used.
select place as "place!", format('%s wrote it, and %s approved it: one person stands behind both', author, approver) as "what!"
from self_approvals()
order by 1
limit :most::int;
