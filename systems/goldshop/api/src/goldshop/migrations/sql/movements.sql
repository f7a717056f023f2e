-- Columns and indexes of the movements; `partitioning` is put in by the migration.

create table movements (
    id uuid not null,
    at timestamptz not null,
    variant_id uuid not null references variants,
    warehouse_id uuid not null references warehouses,
    quantity numeric(14, 3) not null constraint movements_quantity check (quantity <> 0),
    unit_cost numeric(14, 4) not null,
    reason text not null constraint movements_reason
        check (reason in ('received', 'sold', 'returned', 'adjusted', 'transferred', 'opening')),
    document_kind text,
    document_id uuid,
    note text,
    created_by uuid not null references users,
    primary key (at, id)
) {partitioning};
create index movements_of_variant on movements (variant_id, at, id);
create index movements_of_warehouse on movements (warehouse_id, at, id);
create index movements_by_reason on movements (reason, at, id);
