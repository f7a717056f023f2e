"""More business on top of the sample's, to measure what grows with it: the same sales again, at other times.

What is sold was bought before, so that the stock stays what it is and the books hold. Not for production.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

SALES_AT_ONCE = 5000
"""Sales of one transaction: the checks of all its postings wait in memory for its end."""

DAYS = 350
"""Over how many of the last days the sales are spread."""

_UNTRAILED = ("sales", "transactions", "purchases")

_STEPS = (
    f"""
    create temp table grown on commit drop as
        select gen_random_uuid() as id, gen_random_uuid() as transaction_id, id as source,
            transaction_id as source_transaction, warehouse_id,
            now() - random() * interval '{DAYS} days' as at
        from first_sales order by random() limit {SALES_AT_ONCE}
    """,
    """
    create temp table bought on commit drop as
        select gen_random_uuid() as id, gen_random_uuid() as transaction_id, warehouse_id, at,
            (select id from partners where kind = 'supplier' order by md5(id::text || at) limit 1) as supplier_id
        from (select distinct warehouse_id, date_trunc('week', at) as at from grown) weeks
    """,
    """
    create temp table bought_lines on commit drop as
        select bought.id as purchase_id, line.variant_id,
            row_number() over (partition by bought.id order by line.variant_id) as position,
            sum(line.quantity) as quantity, max(line.unit_cost) as unit_cost,
            max(line.tax_rate) as tax_rate, round(sum(line.quantity) * max(line.unit_cost), 2) as net
        from grown join first_lines line on line.sale_id = grown.source and line.stocked
            join bought on bought.warehouse_id = grown.warehouse_id and bought.at = date_trunc('week', grown.at)
        group by bought.id, line.variant_id
    """,
    """
    create temp table bought_sums on commit drop as
        select purchase_id, sum(net) as net, sum(round(net * tax_rate, 2)) as tax from bought_lines group by 1
    """,
    """
    insert into transactions (id, at, description, source_kind, source_id, created_by)
        select bought.transaction_id, bought.at, 'Purchase', 'purchase', bought.id, (select id from users limit 1)
        from bought join bought_sums on purchase_id = bought.id
        union all
        select grown.transaction_id, grown.at, 'Sale', 'sale', grown.id, (select id from users limit 1) from grown
    """,
    """
    insert into postings (transaction_id, position, account_code, amount)
        select grown.transaction_id, position, account_code, amount
            from grown join first_postings posting on posting.transaction_id = grown.source_transaction
        union all select transaction_id, 1, '1200', net from bought join bought_sums on purchase_id = id where net > 0
        union all select transaction_id, 2, '1400', tax from bought join bought_sums on purchase_id = id where tax > 0
        union all select transaction_id, 3, '2000', -net - tax from bought join bought_sums on purchase_id = id
    """,
    """
    insert into purchases (id, supplier_id, warehouse_id, status, ordered_at, received_at, net, tax, gross, created_by,
            transaction_id)
        select id, supplier_id, warehouse_id, 'received', at, at, net, tax, net + tax, (select id from users limit 1),
            transaction_id
        from bought join bought_sums on purchase_id = id
    """,
    """
    insert into purchase_lines (purchase_id, position, variant_id, quantity, unit_cost, tax_rate)
        select purchase_id, position, variant_id, quantity, unit_cost, tax_rate from bought_lines
    """,
    """
    insert into sales (id, customer_id, warehouse_id, payment, sold_at, net, tax, gross, cost, created_by,
            transaction_id)
        select grown.id, customer_id, sale.warehouse_id, payment, at, net, tax, gross, cost, created_by,
            grown.transaction_id
        from grown join first_sales sale on sale.id = source
    """,
    """
    insert into sale_lines (sale_id, position, variant_id, sku, name, quantity, unit_price, tax_rate, net, tax,
            unit_cost)
        select grown.id, position, variant_id, sku, name, quantity, unit_price, tax_rate, net, tax, unit_cost
        from grown join first_lines on sale_id = source
    """,
    """
    insert into movements (id, at, variant_id, warehouse_id, quantity, unit_cost, reason, document_kind, document_id,
            created_by)
        select gen_random_uuid(), bought.at, variant_id, warehouse_id, quantity, unit_cost, 'received', 'purchase', id,
            (select id from users limit 1)
        from bought join bought_lines on purchase_id = id
        union all
        select gen_random_uuid(), grown.at, line.variant_id, grown.warehouse_id, -line.quantity, line.unit_cost, 'sold',
            'sale', grown.id, (select id from users limit 1)
        from grown join first_lines line on line.sale_id = source and line.stocked
    """,
)

# What is sold again: apart, so that finding it costs the same however much there is already.
_FIRST = (
    """
    create temp table first_sales as
        select * from sales where status = 'completed' and transaction_id is not null order by number limit 10000
    """,
    """
    create temp table first_lines as
        select line.*, stocked from sale_lines line join first_sales on first_sales.id = sale_id
            join variants on variants.id = variant_id join items on items.id = item_id
    """,
    """
    create temp table first_postings as
        select postings.* from postings join first_sales using (transaction_id)
    """,
)
_TABLES = ("first_sales", "first_lines", "first_postings")


def grow(connection: Connection, movements: int) -> int:
    """Add business, in several transactions, until there are so many movements; how many there are then.

    Raises LookupError when there is no sample to begin with.
    """
    with connection.begin():
        for statement in (*_FIRST, *(f"analyze {table}" for table in _TABLES)):
            connection.exec_driver_sql(statement)
        if not connection.scalar(text("select exists (select from first_sales)")):
            raise LookupError("there is nothing that could grow: load the sample first")
    while (there := _count(connection)) < movements:
        with connection.begin():
            _add(connection)
    with connection.begin():
        connection.exec_driver_sql(f"drop table {', '.join(_TABLES)}")
    with connection.execution_options(isolation_level="AUTOCOMMIT") as free:
        free.exec_driver_sql("vacuum analyze")
    return there


def _add(connection: Connection) -> None:
    for table in _UNTRAILED:
        connection.exec_driver_sql(f"alter table {table} disable trigger audit_rows")
    for step in _STEPS:
        connection.exec_driver_sql(step)
    connection.exec_driver_sql("set constraints all immediate")
    for table in _UNTRAILED:
        connection.exec_driver_sql(f"alter table {table} enable trigger audit_rows")


def _count(connection: Connection) -> int:
    with connection.begin():
        return int(connection.scalar(text("select count(*) from movements")) or 0)
