-- Where things are, and how many. The movements, which say why, are made by the migration: partitioned or a hypertable.

create table warehouses (
    id uuid primary key,
    code text not null unique,
    name text not null,
    active boolean not null default true
);

create table stock_levels (
    variant_id uuid not null references variants,
    warehouse_id uuid not null references warehouses,
    quantity numeric(14, 3) not null constraint stock_levels_not_negative check (quantity >= 0),
    primary key (variant_id, warehouse_id)
);
create index stock_levels_of_warehouse on stock_levels (warehouse_id);
