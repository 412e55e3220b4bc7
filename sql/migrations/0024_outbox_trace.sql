-- The trace that a fact became true in, so that whoever publishes it, even a sweeper much later, passes it on.
-- It stands beside the body, never in it: bodies are the same whether anybody traces or not.

alter table outbox add column traceparent text check (traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
