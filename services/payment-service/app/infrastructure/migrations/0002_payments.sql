-- One payment per order. The row is committed before the provider is called, so that a crash at any line leaves a note of
-- what may have happened; a worker drives it from there under a lease.
create table payments (
    order_id uuid not null,
    status text not null,
    amount bigint not null default 0,
    currency text not null default '',
    method text not null default '',
    stage text not null default 'create',
    provider_id text not null default '',
    decline_code text not null default '',
    refund_id text not null default '',
    void_requested boolean not null default false,
    confirm_rounds integer not null default 0,
    refund_round integer not null default 0,
    attempts integer not null default 0,
    next_attempt timestamptz,
    lease uuid,
    leased_until timestamptz,
    traceparent text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint payments_pkey primary key (order_id),
    constraint payments_status check (status in ('fresh', 'charging', 'unknown', 'charged', 'declined', 'refunding',
        'refunded', 'voided', 'manual')),
    constraint payments_stage check (stage in ('create', 'confirm', 'read', 'cancel', 'refund')),
    -- Something is left to do exactly while the status says so.
    constraint payments_next_attempt check (
        (next_attempt is not null) = (status in ('charging', 'unknown', 'refunding'))),
    constraint payments_lease check ((lease is null) = (leased_until is null))
) with (fillfactor = 70);
create index payments_waiting on payments (next_attempt) where next_attempt is not null;
create index payments_manual on payments (order_id) where status = 'manual';
-- The provider's id is how a payment is found from the other side; two of ours cannot share one.
create unique index payments_provider_id on payments (provider_id) where provider_id <> '';

-- Double entry: the entries of a transaction sum to zero. Append-only; what was wrong is corrected by a further entry.
create table ledger (
    transaction_id uuid not null,
    order_id uuid not null,
    account text not null,
    amount bigint not null,
    currency text not null,
    at timestamptz not null default now(),
    constraint ledger_pkey primary key (transaction_id, account),
    constraint ledger_account check (account in ('provider_balance', 'sales'))
);
create index ledger_by_order on ledger (order_id);
