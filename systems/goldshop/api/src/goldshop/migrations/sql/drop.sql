-- The way back: children first.

drop table if exists sales_months, sales_days, ledger_days, invoice_years, invoices, sale_lines, sales, purchase_lines,
    purchases, partners, movements, postings, transactions, accounts, stock_levels, warehouses, images, barcodes, variants, items,
    categories, units, users;
drop sequence internal_barcodes;
drop function returns_sum(), sales_sum(), ledger_sum(), ledger_shard(), ledger_check(), ledger_stamp(), refuse_change(),
    is_ean13(text);
