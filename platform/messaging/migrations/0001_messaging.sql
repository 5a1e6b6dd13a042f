-- Events must commit with the state they tell of, and a message must take effect once however often it arrives.
-- So both sides keep their books in the service's own database: what is to be published, and what was handled.
-- Everything is partitioned by time from the start, because old rows can then be dropped instead of deleted.
-- The daily partitions are made by the running service; DEFAULT takes what falls outside of them.

create table outbox (
    id uuid not null,
    type text not null,
    subject text not null,
    data text not null,
    traceparent text not null,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    constraint outbox_pkey primary key (id, created_at)
) partition by range (created_at);

create table outbox_default partition of outbox default;

-- The relay's question. A sent row leaves the index, so the index stays as small as the backlog.
create index outbox_unsent on outbox (created_at) where sent_at is null;

-- message_time is the time that the UUIDv7 itself carries: a unique key must contain the partition column, and
-- two copies of one message must meet in one partition.
create table inbox (
    consumer text not null,
    message_id uuid not null,
    message_time timestamptz not null,
    handled_at timestamptz not null default now(),
    constraint inbox_pkey primary key (consumer, message_id, message_time)
) partition by range (message_time);

create table inbox_default partition of inbox default;

-- How often handling a redelivered message was begun. It is committed before the handler runs, so that a message
-- which kills the process is known by the attempts that never ended.
create table message_attempts (
    consumer text not null,
    message_id uuid not null,
    message_time timestamptz not null,
    attempts integer not null,
    first_at timestamptz not null default now(),
    constraint message_attempts_pkey primary key (consumer, message_id, message_time),
    constraint message_attempts_not_negative check (attempts >= 0)
) partition by range (message_time);

create table message_attempts_default partition of message_attempts default;
