-- Rows that the checkpoints of a run had when they were kept, and whether the month of its days still has its rows.
select coalesce(sum(c.row_count), 0)::bigint as "kept_rows!", count(*)::int as "checkpoints!",
  bool_and(to_regclass('usage_daily_' || to_char(c.day, 'YYYYMM')) is not null) as "months_there?"
from run_checkpoints p join checkpoints c using (checkpoint_id)
where p.run_id = :run_id and p.fencing_token = :fencing_token;
