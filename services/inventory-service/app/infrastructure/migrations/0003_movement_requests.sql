-- Who moved units by hand, and under which key: a request that is sent again, because its answer was lost, finds the
-- movement it made and moves nothing twice.
alter table movements
    add column moved_by uuid,
    add column idempotency_key text,
    add column request_sha256 text,
    add constraint movements_request check ((idempotency_key is null) = (request_sha256 is null));
create unique index movements_by_request on movements (moved_by, idempotency_key) where idempotency_key is not null;
