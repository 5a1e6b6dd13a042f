-- Who moved units by hand.
alter table movements add column moved_by uuid;

-- A request that is sent again under its key, because its answer was lost, is found here and moves nothing twice. A table
-- of its own: a count that changed nothing makes no movement, and its key counts all the same.
create table stock_requests (
    asked_by uuid not null,
    idempotency_key text not null,
    request_sha256 text not null,
    sku text not null,
    at timestamptz not null default now(),
    constraint stock_requests_pkey primary key (asked_by, idempotency_key)
);
