-- Sales of a day in one sum, beside those by variant: what a dashboard shows costs the same however much is sold.

create table sales_totals (
    day date not null,
    -- Connections add to rows of their own: else every sale would wait for the one before to be committed.
    shard smallint not null,
    sales bigint not null,
    quantity numeric(18, 3) not null,
    net numeric(18, 2) not null,
    tax numeric(18, 2) not null,
    cost numeric(18, 2) not null,
    primary key (day, shard)
);

create function sales_total() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
begin
    insert into sales_totals as total (day, shard, sales, quantity, net, tax, cost)
        select (sold_at at time zone 'UTC')::date, pg_backend_pid() % 8, count(distinct sale_id), sum(quantity),
            sum(added.net), sum(added.tax), sum(round(quantity * unit_cost, 2))
        from added join sales on sales.id = sale_id
        group by 1 order by 1
    on conflict (day, shard) do update set
        sales = total.sales + excluded.sales, quantity = total.quantity + excluded.quantity,
        net = total.net + excluded.net, tax = total.tax + excluded.tax, cost = total.cost + excluded.cost;
    return null;
end $body$;

-- What is returned counts on the day it comes back. It was a sale all the same.
create function returns_total() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
begin
    insert into sales_totals as total (day, shard, sales, quantity, net, tax, cost)
        select (after.returned_at at time zone 'UTC')::date, pg_backend_pid() % 8, 0, -sum(quantity), -sum(line.net),
            -sum(line.tax), -sum(round(quantity * unit_cost, 2))
        from before join after using (id) join sale_lines line on line.sale_id = after.id
        where before.status = 'completed' and after.status = 'returned'
        group by 1 order by 1
    on conflict (day, shard) do update set
        sales = total.sales + excluded.sales, quantity = total.quantity + excluded.quantity,
        net = total.net + excluded.net, tax = total.tax + excluded.tax, cost = total.cost + excluded.cost;
    return null;
end $body$;

-- What was sold before there was this table.
insert into sales_totals (day, shard, sales, quantity, net, tax, cost)
    select (sold_at at time zone 'UTC')::date, 0, count(distinct sale_id), sum(quantity), sum(line.net), sum(line.tax),
        sum(round(quantity * unit_cost, 2))
    from sale_lines line join sales on sales.id = sale_id group by 1;
insert into sales_totals as total (day, shard, sales, quantity, net, tax, cost)
    select (returned_at at time zone 'UTC')::date, 1, 0, -sum(quantity), -sum(line.net), -sum(line.tax),
        -sum(round(quantity * unit_cost, 2))
    from sale_lines line join sales on sales.id = sale_id where status = 'returned' group by 1;

create trigger sum_up_totals after insert on sale_lines referencing new table as added
    for each statement execute function sales_total();
create trigger sum_up_returned after update on sales referencing old table as before new table as after
    for each statement execute function returns_total();

alter table sale_lines enable always trigger sum_up_totals;
alter table sales enable always trigger sum_up_returned;

-- Items that somebody was told run low; they leave when there is enough again.
create table low_stock_told (
    item_id uuid primary key references items on delete cascade,
    told_at timestamptz not null default now()
);
