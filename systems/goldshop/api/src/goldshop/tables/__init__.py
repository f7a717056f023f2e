"""The tables, as the migrations leave them. Constraints beyond keys stand in the SQL of the migrations alone."""

from goldshop.tables.catalogue import (
    Barcode,
    Category,
    Image,
    Item,
    Unit,
    Variant,
    internal_barcodes,
)
from goldshop.tables.common import Ltree, Table
from goldshop.tables.ledger import Account, LedgerDay, Posting, Transaction
from goldshop.tables.people import User, idempotency, identity, outbox
from goldshop.tables.stock import AUDIT_MONTHS, MOVEMENT_MONTHS, LowStockTold, Movement, StockLevel, Warehouse
from goldshop.tables.trade import (
    Invoice,
    InvoiceYear,
    Partner,
    Purchase,
    PurchaseLine,
    Sale,
    SaleLine,
    SalesDay,
    SalesMonth,
    SalesTotal,
)

__all__ = [
    "AUDIT_MONTHS",
    "MOVEMENT_MONTHS",
    "Account",
    "Barcode",
    "Category",
    "Image",
    "Invoice",
    "InvoiceYear",
    "Item",
    "LedgerDay",
    "LowStockTold",
    "Ltree",
    "Movement",
    "Partner",
    "Posting",
    "Purchase",
    "PurchaseLine",
    "Sale",
    "SaleLine",
    "SalesDay",
    "SalesMonth",
    "SalesTotal",
    "StockLevel",
    "Table",
    "Transaction",
    "Unit",
    "User",
    "Variant",
    "Warehouse",
    "idempotency",
    "identity",
    "internal_barcodes",
    "outbox",
]
