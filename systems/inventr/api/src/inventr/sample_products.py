"""The goods and customers of the sample shop."""

from __future__ import annotations

from typing import NamedTuple


class SampleProduct(NamedTuple):
    """A product as it stands today; the price is in euros."""

    sku: str
    name: str
    description: str
    category: str
    price: str
    stock: int
    reorder_level: int


PRODUCTS = (
    SampleProduct("KIT-101", "Enamel mug, blue", "350 ml, steel with a chipped-look rim", "Kitchen", "7.90", 48, 12),
    SampleProduct("KIT-102", "Enamel mug, white", "350 ml, steel with a black rim", "Kitchen", "7.90", 35, 12),
    SampleProduct(
        "KIT-103", "Chopping board, oak", "40 × 25 cm, oiled, with a juice groove", "Kitchen", "29.50", 14, 5
    ),
    SampleProduct("KIT-104", "Chef's knife, 20 cm", "Carbon steel, walnut handle", "Kitchen", "64.00", 9, 4),
    SampleProduct("KIT-105", "Paring knife, 9 cm", "Carbon steel, walnut handle", "Kitchen", "24.00", 3, 6),
    SampleProduct("KIT-106", "Cast-iron pan, 26 cm", "Seasoned, for every hob and the oven", "Kitchen", "54.90", 11, 4),
    SampleProduct("KIT-107", "Saucepan, 2 l", "Stainless steel with a glass lid", "Kitchen", "38.00", 7, 4),
    SampleProduct("KIT-108", "Wooden spoons, set of 3", "Olive wood, 30 cm", "Kitchen", "14.50", 26, 10),
    SampleProduct("KIT-109", "Linen tea towels, pair", "50 × 70 cm, washed linen", "Kitchen", "18.90", 31, 12),
    SampleProduct("KIT-110", "Mixing bowl, 3 l", "Stoneware with a pouring lip", "Kitchen", "27.00", 12, 5),
    SampleProduct(
        "KIT-111", "Kitchen scale", "Up to 5 kg by the gram, runs on a wind-up spring", "Kitchen", "42.00", 2, 4
    ),
    SampleProduct("KIT-112", "Measuring jug, 1 l", "Heat-proof glass", "Kitchen", "11.90", 19, 8),
    SampleProduct("COF-101", "House espresso, 500 g", "Whole beans, dark roast", "Coffee & tea", "13.90", 42, 20),
    SampleProduct("COF-102", "Filter blend, 500 g", "Whole beans, medium roast", "Coffee & tea", "12.90", 38, 20),
    SampleProduct("COF-103", "Decaf, 250 g", "Whole beans, water process", "Coffee & tea", "8.50", 6, 10),
    SampleProduct("COF-104", "Assam, 100 g", "Loose black tea, second flush", "Coffee & tea", "6.90", 27, 10),
    SampleProduct("COF-105", "Sencha, 100 g", "Loose green tea, first harvest", "Coffee & tea", "9.80", 18, 8),
    SampleProduct("COF-106", "Peppermint, 50 g", "Loose leaves, organic", "Coffee & tea", "4.50", 33, 10),
    SampleProduct("COF-107", "French press, 1 l", "Steel and beech wood", "Coffee & tea", "34.90", 8, 4),
    SampleProduct("COF-108", "Pour-over cone", "Porcelain, for size 4 papers", "Coffee & tea", "16.50", 13, 5),
    SampleProduct("COF-109", "Paper filters, 100", "Size 4, unbleached", "Coffee & tea", "3.90", 64, 25),
    SampleProduct("COF-110", "Hand grinder", "Conical burr of steel, 30 g", "Coffee & tea", "59.00", 4, 4),
    SampleProduct("STA-101", "Notebook A5, dotted", "160 numbered pages, lies flat", "Stationery", "12.50", 57, 20),
    SampleProduct("STA-102", "Notebook A5, lined", "160 numbered pages, lies flat", "Stationery", "12.50", 44, 20),
    SampleProduct("STA-103", "Notebook A6, plain", "96 pages, for the pocket", "Stationery", "6.90", 61, 20),
    SampleProduct(
        "STA-104", "Fountain pen, medium", "Aluminium body, converter included", "Stationery", "32.00", 15, 5
    ),
    SampleProduct("STA-105", "Ink, blue-black, 30 ml", "Documents keep it for a century", "Stationery", "8.90", 22, 8),
    SampleProduct("STA-106", "Pencils HB, box of 12", "Cedar, sharpened", "Stationery", "9.50", 36, 12),
    SampleProduct("STA-107", "Eraser", "Natural rubber, leaves no smear", "Stationery", "1.80", 88, 30),
    SampleProduct("STA-108", "Desk calendar", "A week on each page", "Stationery", "14.90", 5, 10),
    SampleProduct("STA-109", "Kraft envelopes C6, 25", "Recycled paper, self-adhesive", "Stationery", "5.40", 47, 15),
    SampleProduct("STA-110", "Letter paper A4, 50 sheets", "Laid paper, 100 g", "Stationery", "11.20", 21, 8),
    SampleProduct("HOM-101", "Beeswax candle, 20 cm", "Burns for about twelve hours", "Home", "6.50", 72, 24),
    SampleProduct("HOM-102", "Wool blanket, grey", "130 × 180 cm, from recycled wool", "Home", "79.00", 6, 3),
    SampleProduct("HOM-103", "Cushion cover, 50 × 50", "Heavy cotton with a zip", "Home", "22.00", 17, 6),
    SampleProduct("HOM-104", "Linen apron", "One size, two pockets", "Home", "36.50", 10, 4),
    SampleProduct("HOM-105", "Hand soap, olive, 200 g", "Cut and dried for six weeks", "Home", "5.90", 54, 20),
    SampleProduct("HOM-106", "Dish brush", "Beech and sisal, with a head to replace", "Home", "6.20", 40, 15),
    SampleProduct("HOM-107", "Brush heads, pair", "Sisal, for the dish brush", "Home", "4.80", 0, 15),
    SampleProduct("HOM-108", "Clothes pegs, 24", "Beech with galvanised springs", "Home", "5.50", 29, 10),
    SampleProduct("HOM-109", "Doormat, coir", "40 × 60 cm", "Home", "24.90", 8, 4),
    SampleProduct("HOM-110", "Storage basket, medium", "Woven seagrass with handles", "Home", "28.00", 9, 4),
    SampleProduct("GAR-101", "Hand trowel", "Forged steel, ash handle", "Garden", "19.90", 16, 6),
    SampleProduct("GAR-102", "Secateurs", "For branches up to 20 mm", "Garden", "44.00", 7, 4),
    SampleProduct("GAR-103", "Watering can, 5 l", "Galvanised, with a brass rose", "Garden", "39.50", 5, 4),
    SampleProduct("GAR-104", "Jute twine, 100 m", "Three-ply, undyed", "Garden", "4.90", 45, 15),
    SampleProduct("GAR-105", "Seeds: basil", "Genovese, for about 200 plants", "Garden", "2.90", 83, 30),
    SampleProduct("GAR-106", "Seeds: tomato 'Matina'", "Early and firm, 15 seeds", "Garden", "3.20", 58, 30),
    SampleProduct("GAR-107", "Seeds: bee meadow", "Annual flowers for 5 m²", "Garden", "4.50", 41, 20),
    SampleProduct("GAR-108", "Terracotta pot, 14 cm", "With saucer", "Garden", "6.80", 34, 12),
    SampleProduct("GAR-109", "Gardening gloves, M", "Goatskin", "Garden", "17.50", 3, 8),
    SampleProduct("GAR-110", "Plant labels, 20", "Larch wood, with a pencil", "Garden", "5.20", 25, 10),
    SampleProduct("TOY-101", "Wooden train", "Maple, three carriages", "Toys & gifts", "27.90", 12, 5),
    SampleProduct("TOY-102", "Building blocks, 50", "Beech, in a cotton bag", "Toys & gifts", "34.00", 9, 4),
    SampleProduct("TOY-103", "Playing cards", "Linen finish, French faces", "Toys & gifts", "7.50", 39, 15),
    SampleProduct("TOY-104", "Kite, small", "Flies in a light wind, from six years", "Toys & gifts", "23.50", 11, 5),
    SampleProduct("TOY-105", "Jigsaw, 500 pieces", "A map of the night sky", "Toys & gifts", "18.90", 4, 6),
    SampleProduct("TOY-106", "Skipping rope", "Cotton with turned handles", "Toys & gifts", "8.90", 20, 8),
    SampleProduct(
        "TOY-107", "Greeting card, letterpress", "With envelope, printed by hand", "Toys & gifts", "3.80", 96, 40
    ),
    SampleProduct("TOY-108", "Gift wrap, 3 sheets", "Recycled, 50 × 70 cm", "Toys & gifts", "6.40", 30, 12),
)

CUSTOMERS = (
    "Ada Brandt",
    "Bram de Wit",
    "Carla Rossi",
    "Dimitri Aydin",
    "Elif Kaya",
    "Farah Haddad",
    "Greta Olsen",
    "Hugo Martin",
    "Ines Pereira",
    "Jonas Weber",
    "Kaia Lund",
    "Leo Novak",
    "Mina Sato",
    "Café Linde",
    "School on the Hill",
    "Studio Nord",
)
