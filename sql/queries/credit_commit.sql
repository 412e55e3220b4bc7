-- Keeps the key and bytes of a credit's request before it is sent. No row means that somebody else has done so.
update credits set status = 'committed', idempotency_key = :idempotency_key, path = :path, body = :body, body_digest = :body_digest,
  committed_at = :committed_at, failure_detail = null
where credit_id = :credit_id and status in ('planned', 'failed')
returning credit_id;
