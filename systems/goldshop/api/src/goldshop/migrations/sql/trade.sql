-- Purchases, sales and invoices. Each is one with its transaction in the books.

create table partners (
    id uuid primary key,
    kind text not null constraint partners_kind check (kind in ('supplier', 'customer')),
    name text not null,
    email text not null default '',
    phone text not null default '',
    address text not null default '',
    tax_id text not null default '',
    active boolean not null default true
);
create index partners_by_name on partners (kind, name, id);
create index partners_similar on partners using gin (name gin_trgm_ops);

create table purchases (
    id uuid primary key,
    number bigint generated always as identity unique,
    supplier_id uuid not null references partners,
    warehouse_id uuid not null references warehouses,
    status text not null default 'ordered' constraint purchases_status
        check (status in ('ordered', 'received', 'cancelled')),
    ordered_at timestamptz not null default now(),
    received_at timestamptz,
    net numeric(14, 2) not null,
    tax numeric(14, 2) not null,
    gross numeric(14, 2) not null constraint purchases_gross check (gross = net + tax),
    created_by uuid not null references users,
    transaction_id uuid references transactions,
    constraint purchases_booked check ((status = 'received') = (received_at is not null))
);
create index purchases_newest on purchases (ordered_at, id);
create index purchases_by_status on purchases (status, ordered_at, id);
create index purchases_of_supplier on purchases (supplier_id);

create table purchase_lines (
    purchase_id uuid not null references purchases,
    position integer not null,
    variant_id uuid not null references variants,
    quantity numeric(14, 3) not null constraint purchase_lines_quantity check (quantity > 0),
    unit_cost numeric(14, 4) not null constraint purchase_lines_unit_cost check (unit_cost >= 0),
    tax_rate numeric(5, 4) not null,
    primary key (purchase_id, position)
);
create index purchase_lines_of_variant on purchase_lines (variant_id);

create table sales (
    id uuid primary key,
    number bigint generated always as identity unique,
    customer_id uuid references partners,
    warehouse_id uuid not null references warehouses,
    status text not null default 'completed' constraint sales_status check (status in ('completed', 'returned')),
    payment text not null constraint sales_payment check (payment in ('cash', 'card', 'transfer')),
    sold_at timestamptz not null default now(),
    returned_at timestamptz,
    net numeric(14, 2) not null,
    tax numeric(14, 2) not null,
    gross numeric(14, 2) not null constraint sales_gross check (gross = net + tax),
    cost numeric(14, 2) not null,
    created_by uuid not null references users,
    -- Checked at the commit: the transaction names the number of the sale, so the sale is there first.
    transaction_id uuid references transactions deferrable initially deferred,
    constraint sales_returned check ((status = 'returned') = (returned_at is not null))
);
create index sales_newest on sales (sold_at, id);
create index sales_by_payment on sales (payment, sold_at, id);
create index sales_of_customer on sales (customer_id);

create table sale_lines (
    sale_id uuid not null references sales,
    position integer not null,
    variant_id uuid not null references variants,
    sku text not null,
    name text not null,
    quantity numeric(14, 3) not null constraint sale_lines_quantity check (quantity > 0),
    -- As the customer sees it, with tax; net and tax are those of the whole line.
    unit_price numeric(14, 2) not null,
    tax_rate numeric(5, 4) not null,
    net numeric(14, 2) not null,
    tax numeric(14, 2) not null,
    unit_cost numeric(14, 4) not null,
    primary key (sale_id, position)
);
create index sale_lines_of_variant on sale_lines (variant_id);

create table invoices (
    id uuid primary key,
    number text not null unique,
    sale_id uuid not null unique references sales,
    issued_at timestamptz not null default now(),
    due_at timestamptz not null,
    paid_at timestamptz
);
create index invoices_open on invoices (due_at) where paid_at is null;

-- The last number of each year. A sequence would leave a gap for every sale that was rolled back.
create table invoice_years (
    year integer primary key,
    last bigint not null
);

create trigger no_change before update or delete on sale_lines for each row execute function refuse_change();
create trigger no_truncate before truncate on sale_lines for each statement execute function refuse_change();
create trigger no_delete before delete on sales for each row execute function refuse_change();
create trigger no_truncate before truncate on sales for each statement execute function refuse_change();
