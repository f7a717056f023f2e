-- Sums by day and month, kept in the transaction of what they sum up, so that reports do not grow with the rows.
-- They run with the rights of their owner: nobody else can write the tables, nor put the functions on tables of his own.

create table ledger_days (
    day date not null,
    account_code text not null references accounts,
    -- Transactions at the same time add to rows of their own: else each would wait for the one before to be committed.
    shard smallint not null,
    debit numeric(18, 2) not null,
    credit numeric(18, 2) not null,
    primary key (day, account_code, shard)
);

create table sales_days (
    day date not null,
    variant_id uuid not null references variants,
    quantity numeric(18, 3) not null,
    net numeric(18, 2) not null,
    tax numeric(18, 2) not null,
    cost numeric(18, 2) not null,
    primary key (day, variant_id)
);

-- The same by month, so that what sold best in a year is not read day by day.
create table sales_months (
    month date not null,
    variant_id uuid not null references variants,
    quantity numeric(18, 3) not null,
    net numeric(18, 2) not null,
    tax numeric(18, 2) not null,
    cost numeric(18, 2) not null,
    primary key (month, variant_id)
);

-- A shard that nobody else writes to until this transaction ends. Who has one already gets it again, so nobody who has one
-- ever waits, and in whatever order accounts are posted to, no two transactions wait for each other.
create function ledger_shard() returns smallint language plpgsql as $body$
declare
    own constant integer := pg_backend_pid() % 8;
begin
    for step in 0..7 loop
        if pg_try_advisory_xact_lock(1200, (own + step) % 8) then
            return (own + step) % 8;
        end if;
    end loop;
    perform pg_advisory_xact_lock(1200, own);
    return own;
end $body$;

create function ledger_sum() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
declare
    free constant smallint := ledger_shard();
begin
    -- A transaction is whole when it is committed: nobody adds to it later, not even what balances.
    if exists (
        select from added left join transactions on id = transaction_id
        where made_in is distinct from pg_current_xact_id() or created_at is distinct from now()
    ) then
        raise exception 'A posting belongs to the transaction that it came with.' using errcode = 'restrict_violation';
    end if;
    insert into ledger_days (day, account_code, shard, debit, credit)
        select at, account_code, free, sum(greatest(amount, 0)), sum(greatest(-amount, 0))
        from added join transactions on id = transaction_id
        group by at, account_code order by at, account_code
    on conflict (day, account_code, shard) do update
        set debit = ledger_days.debit + excluded.debit, credit = ledger_days.credit + excluded.credit;
    return null;
end $body$;

create function sales_sum() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
begin
    insert into sales_days (day, variant_id, quantity, net, tax, cost)
        select (sold_at at time zone 'UTC')::date, variant_id, sum(quantity), sum(added.net), sum(added.tax),
            sum(round(quantity * unit_cost, 2))
        from added join sales on sales.id = sale_id
        group by 1, 2 order by 1, 2
    on conflict (day, variant_id) do update set
        quantity = sales_days.quantity + excluded.quantity, net = sales_days.net + excluded.net,
        tax = sales_days.tax + excluded.tax, cost = sales_days.cost + excluded.cost;
    insert into sales_months (month, variant_id, quantity, net, tax, cost)
        select date_trunc('month', sold_at at time zone 'UTC')::date, variant_id, sum(quantity), sum(added.net),
            sum(added.tax), sum(round(quantity * unit_cost, 2))
        from added join sales on sales.id = sale_id
        group by 1, 2 order by 1, 2
    on conflict (month, variant_id) do update set
        quantity = sales_months.quantity + excluded.quantity, net = sales_months.net + excluded.net,
        tax = sales_months.tax + excluded.tax, cost = sales_months.cost + excluded.cost;
    return null;
end $body$;

-- What is returned counts on the day it comes back, as in the books.
create function returns_sum() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
begin
    if exists (select from before join after using (id) where before.status = 'returned' and after is distinct from before) then
        raise exception 'A sale that was returned stays so.' using errcode = 'restrict_violation';
    end if;
    insert into sales_days (day, variant_id, quantity, net, tax, cost)
        select (after.returned_at at time zone 'UTC')::date, variant_id, -sum(quantity), -sum(line.net), -sum(line.tax),
            -sum(round(quantity * unit_cost, 2))
        from before join after using (id) join sale_lines line on line.sale_id = after.id
        where before.status = 'completed' and after.status = 'returned'
        group by 1, 2 order by 1, 2
    on conflict (day, variant_id) do update set
        quantity = sales_days.quantity + excluded.quantity, net = sales_days.net + excluded.net,
        tax = sales_days.tax + excluded.tax, cost = sales_days.cost + excluded.cost;
    insert into sales_months (month, variant_id, quantity, net, tax, cost)
        select date_trunc('month', after.returned_at at time zone 'UTC')::date, variant_id, -sum(quantity),
            -sum(line.net), -sum(line.tax), -sum(round(quantity * unit_cost, 2))
        from before join after using (id) join sale_lines line on line.sale_id = after.id
        where before.status = 'completed' and after.status = 'returned'
        group by 1, 2 order by 1, 2
    on conflict (month, variant_id) do update set
        quantity = sales_months.quantity + excluded.quantity, net = sales_months.net + excluded.net,
        tax = sales_months.tax + excluded.tax, cost = sales_months.cost + excluded.cost;
    return null;
end $body$;

create trigger sum_up after insert on postings referencing new table as added
    for each statement execute function ledger_sum();
create trigger sum_up after insert on sale_lines referencing new table as added
    for each statement execute function sales_sum();
create trigger sum_up_returns after update on sales referencing old table as before new table as after
    for each statement execute function returns_sum();

alter table postings enable always trigger sum_up;
alter table sale_lines enable always trigger sum_up;
alter table sales enable always trigger sum_up_returns;
