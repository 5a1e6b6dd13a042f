-- What is on the shelf and what of it is promised. The rule that matters stands here once more, behind the code: a bug can
-- then fail, but it cannot sell what is not there.
create table stock (
    sku text not null,
    on_hand bigint not null,
    reserved bigint not null default 0,
    updated_at timestamptz not null default now(),
    constraint stock_pkey primary key (sku),
    constraint stock_not_oversold check (0 <= reserved and reserved <= on_hand)
) with (fillfactor = 50);  -- A popular SKU is updated thousands of times an hour: room on the page keeps that in place.

-- One row per order that inventory has heard of. `fresh` exists only within a transaction that locks a row it has just
-- made; `released` may stand alone, for a release that overtook its order.
create table reservations (
    order_id uuid not null,
    status text not null,
    lines jsonb not null default '[]',
    detail text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint reservations_pkey primary key (order_id),
    constraint reservations_status check (status in ('fresh', 'held', 'committed', 'released', 'refused'))
) with (fillfactor = 80);
create index reservations_held on reservations (status) where status in ('fresh', 'held');

-- The ledger that explains on_hand: its sum over a SKU is what is on the shelf. Append-only.
create table movements (
    id uuid not null,
    sku text not null,
    delta bigint not null,
    reason text not null,
    order_id uuid,
    at timestamptz not null default now(),
    constraint movements_pkey primary key (id),
    constraint movements_move_something check (delta <> 0),
    -- An order takes each of its SKUs off the shelf once.
    constraint movements_once_per_order unique (order_id, sku)
);
create index movements_by_sku on movements (sku, id desc);
