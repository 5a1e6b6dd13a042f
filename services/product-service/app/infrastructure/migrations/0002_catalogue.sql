-- What the shop sells. A SKU names what can be bought across all services, so it is a row of its own that outlives its
-- product: a withdrawn one stays as a tombstone whose version goes on when the SKU is used again, because receivers apply
-- only what is newer than what they have. Names of constraints are part of the program: they become answers.

create table categories (
    id uuid not null,
    slug text collate "C" not null,
    name text not null,
    parent_id uuid,
    created_at timestamptz not null default now(),
    constraint categories_pkey primary key (id),
    constraint categories_slug_key unique (slug),
    constraint categories_parent_fkey foreign key (parent_id) references categories (id)
);
create index categories_by_parent on categories (parent_id);

create table products (
    id uuid not null,
    version bigint not null,
    slug text collate "C" not null,
    title text not null,
    description text not null,
    category_id uuid not null,
    deleted boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint products_pkey primary key (id),
    constraint products_category_fkey foreign key (category_id) references categories (id),
    constraint products_version_positive check (version > 0)
);
-- A deleted product gives its slug back.
create unique index products_slug_key on products (slug) where not deleted;
create index products_by_category on products (category_id, id) where not deleted;

-- Sorted by bytes, as the program sorts SKUs: rows are locked in this order everywhere, so that nobody waits in a circle.
-- A row of version 0 exists only within the transaction that locks a SKU it has just made; with it come its product and
-- its price later in the same transaction, hence the deferred key and the exception for the price.
create table offers (
    sku text collate "C" not null,
    product_id uuid not null,
    version bigint not null,
    price_amount bigint not null,
    currency text not null,
    title text not null,
    options jsonb not null,
    status text not null,
    position integer not null,
    updated_at timestamptz not null default now(),
    constraint offers_pkey primary key (sku),
    constraint offers_product_fkey foreign key (product_id) references products (id) deferrable initially deferred,
    constraint offers_status check (status in ('draft', 'published', 'deleted')),
    constraint offers_price check (version = 0 or (price_amount between 1 and 100000000000 and currency ~ '^[A-Z]{3}$')),
    constraint offers_version_not_negative check (version >= 0)
);
create index offers_by_product on offers (product_id) where status <> 'deleted';
