-- Accounts. The address is kept as its owner wrote it, because that is how mail to it should look; email_key is
-- its lower-case form, and the constraint on it is what keeps one address to one account when two people register
-- at once. The constraint's name is part of the program: it becomes the answer "email-taken".

create table users (
    id uuid not null,
    email text not null,
    email_key text not null,
    name text not null,
    role text not null,
    password_hash text not null,
    created_at timestamptz not null,
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email_key),
    constraint users_email_key_lower check (email_key = lower(email_key collate "C")),
    constraint users_role_known check (role in ('customer', 'admin')),
    constraint users_password_hashed check (password_hash like '$argon2id$%')
);
