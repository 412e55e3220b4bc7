-- Every reason for which an invoice was held, in order, with who let it go on.
select hold, reason, detail, releasable, placed_by, placed_at, released_by, released_at, released_why
from invoice_holds where invoice_id = :invoice_id order by hold;
