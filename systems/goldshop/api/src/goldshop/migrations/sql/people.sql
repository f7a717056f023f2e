-- Who signs in.

create table users (
    id uuid primary key,
    email text not null unique constraint users_email_lower check (email = lower(email)),
    name text not null,
    role text not null constraint users_role check (role in ('clerk', 'manager', 'admin')),
    password_hash text not null,
    active boolean not null default true,
    created_at timestamptz not null default now()
);
