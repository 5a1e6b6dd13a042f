-- One row per order holds all that a decision needs, so that a batch of replies locks and writes one table. The lines are
-- a snapshot of the catalogue at the time of the order: written once, always read as a whole, hence one jsonb value.
create table orders (
    id uuid not null,
    user_id uuid not null,
    status text not null,
    step integer not null,
    undos_open integer not null,
    undo_round integer not null,
    deadline timestamptz,
    version integer not null,
    cancel_reason text,
    cancel_detail text not null default '',
    lines jsonb not null,
    total_amount bigint not null,
    currency text not null,
    shipping_address text not null,
    payment_method text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint orders_pkey primary key (id),
    constraint orders_status check (status in ('pending', 'confirmed', 'cancelling', 'cancelled')),
    constraint orders_total_not_negative check (total_amount >= 0),
    -- An open order is looked at again some day, a final one never.
    constraint orders_deadline check ((deadline is not null) = (status in ('pending', 'cancelling'))),
    constraint orders_cancel_reason check ((cancel_reason is not null) = (status in ('cancelling', 'cancelled')))
) with (fillfactor = 80);  -- Every order is updated two or three times: room on the page keeps those updates in place.

-- The buyer's list, newest first: a UUIDv7 descends with time.
create index orders_by_user on orders (user_id, id desc);
-- Admission and the sweep of deadlines look at open orders only. Not on the deadline itself: it moves with every step,
-- and an update that changes no indexed column costs a fraction.
create index orders_open on orders (status) where status in ('pending', 'cancelling');

-- What happened to an order, for the buyer and the auditor. Append-only.
create table order_history (
    order_id uuid not null,
    version integer not null,
    changed boolean not null,
    event text not null,
    from_status text not null,
    to_status text not null,
    detail text not null,
    at timestamptz not null default clock_timestamp()
) partition by range (at);
create table order_history_default partition of order_history default;
create index order_history_by_order on order_history (order_id, at);

-- A key names one attempt of a buyer to place an order. The row is in the transaction of the order.
create table idempotency_keys (
    user_id uuid not null,
    key text not null,
    request_sha256 text not null,
    order_id uuid not null,
    created_at timestamptz not null default now(),
    constraint idempotency_keys_pkey primary key (user_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- The copy of the catalogue that prices orders. Fed by ProductChanged; only a greater version is applied, and a deleted
-- product stays as a tombstone, so that a late older event cannot bring it back.
create table catalogue (
    sku text not null,
    product_id uuid not null,
    version bigint not null,
    price_amount bigint not null,
    currency text not null,
    title text not null,
    status text not null,
    updated_at timestamptz not null default now(),
    constraint catalogue_pkey primary key (sku)
);
