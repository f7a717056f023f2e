"""The goods of the sample shop: what a jeweller has, in the words a jeweller uses. The same every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

from goldshop.sample_jewellery import bracelets, earrings, necklaces, rings
from goldshop.sample_ware import ALL, STONES, TAX, Good, Variant, gold_variant, single, variant_of

CATEGORIES = {
    "jewellery": "Jewellery",
    "jewellery.rings": "Rings",
    "jewellery.rings.engagement": "Engagement rings",
    "jewellery.rings.wedding": "Wedding bands",
    "jewellery.rings.signet": "Signet rings",
    "jewellery.rings.eternity": "Eternity rings",
    "jewellery.necklaces": "Necklaces",
    "jewellery.necklaces.chains": "Chains",
    "jewellery.necklaces.pendants": "Pendants",
    "jewellery.necklaces.pearls": "Pearl strands",
    "jewellery.earrings": "Earrings",
    "jewellery.earrings.studs": "Studs",
    "jewellery.earrings.hoops": "Hoops",
    "jewellery.earrings.drops": "Drops",
    "jewellery.bracelets": "Bracelets",
    "jewellery.bracelets.chain": "Chain bracelets",
    "jewellery.bracelets.bangles": "Bangles",
    "jewellery.cufflinks": "Cufflinks",
    "watches": "Watches",
    "watches.dress": "Dress watches",
    "watches.sport": "Sports watches",
    "watches.pocket": "Pocket watches",
    "gold": "Investment gold",
    "gold.bars": "Bars",
    "gold.coins": "Coins",
    "materials": "Materials",
    "materials.metal": "Metal by the gram",
    "silverware": "Silverware",
    "silverware.cutlery": "Cutlery",
    "silverware.table": "Table",
    "silverware.gifts": "Gifts",
    "gemstones": "Gemstones",
    "gemstones.diamonds": "Diamonds",
    "gemstones.coloured": "Coloured stones",
    "services": "Services",
    "services.engraving": "Engraving",
    "services.workshop": "Workshop",
    "care": "Care and boxes",
}
"""Every category by its path."""


def goods() -> list[Good]:
    """Some four thousand items, in a fixed order."""
    chance = random.Random(1888)
    makers = (rings, necklaces, earrings, bracelets, _watches, _gold, _silverware, _gemstones, _rest)
    return [one for make in makers for one in make(chance)]


def _watches(_chance: random.Random) -> Iterator[Good]:
    lines = {
        "Aurelian Classic": ("watches.dress", 64000),
        "Aurelian Moonphase": ("watches.dress", 189000),
        "Tessel No. 4": ("watches.dress", 42000),
        "Tessel Petite": ("watches.dress", 38000),
        "Northwall Diver": ("watches.sport", 88000),
        "Northwall Chronograph": ("watches.sport", 134000),
        "Kestrel Field": ("watches.sport", 29000),
        "Kestrel Pilot": ("watches.sport", 47000),
        "Maris Regulator": ("watches.pocket", 76000),
        "Maris Hunter": ("watches.pocket", 98000),
    }
    dials = {"ivory": "light", "black": "dark", "midnight blue": "blue", "forest green": "green", "silver": "light"}
    straps = {"brown calf": "B", "black calf": "K", "steel": "S"}
    for (line, (path, price)), across, dial in product(lines.items(), (34, 37, 40, 42), dials):
        sku = f"WAT-{line.split()[0][:2].upper()}{line[-3:].strip().upper()}-{across}{dial[:2].upper()}"
        name = f"{line}, {across} mm, {dial} dial"
        text = "Automatic movement, sapphire glass, five years of warranty."
        variants = tuple(
            variant_of(f"{sku}-{short}", f"{strap} strap", {"Strap": strap}, price + extra * 4900, 1.75)
            for extra, (strap, short) in enumerate(straps.items())
        )
        yield Good(sku, name, text, path, "pc", TAX, 0.9, f"watch {dials[dial]} none", variants)


def _gold(_chance: random.Random) -> Iterator[Good]:
    makers = ("Hallmark Refinery", "Alpine Mint", "Harbour Assay")
    for maker, milligrams in product(makers, (1000, 2000, 5000, 10000, 20000, 31103, 50000, 100000, 250000)):
        price = int(8420 * milligrams / 1000 * (1.12 if milligrams < 5000 else 1.04 if milligrams < 50000 else 1.02))
        grams = f"{milligrams / 1000:g} g" if milligrams != 31103 else "1 oz"
        sku = f"BAR-{maker[:3].upper()}-{milligrams}"
        text = f"Fine gold 999.9 by {maker}, with its certificate. Free of VAT as investment gold."
        name = f"Gold bar, {grams}, {maker}"
        yield Good(sku, name, text, "gold.bars", "pc", 0, 3.0, "bar yellow none", (gold_variant(sku, price),))
    coins = ("Krugerrand", "Sovereign", "Philharmonic", "Maple", "Britannia", "Ducat", "Vreneli", "Panda")
    for coin, (size, ounces) in product(coins, (("1 oz", 1.0), ("1/2 oz", 0.5), ("1/4 oz", 0.25), ("1/10 oz", 0.1))):
        price = int(261900 * ounces * (1.05 + 0.03 / ounces**0.5))
        sku = f"COI-{coin[:4].upper()}-{round(ounces * 100)}"
        name, text = f"{coin}, {size} gold coin", "In its capsule. Free of VAT as investment gold."
        yield Good(sku, name, text, "gold.coins", "pc", 0, 2.6, "coin yellow none", (gold_variant(sku, price),))
    for metal in ALL:
        price = metal.gram // 40 * 40 + 480
        for form in ("casting grain", "sheet", "wire"):
            sku = f"MET-{form[:2].upper()}-{metal.short}"
            variant = Variant(sku, "", {}, price, int(price / 1.6) // 20 * 20)
            name, text = f"{metal.name[0].upper()}{metal.name[1:]}, {form}", "For the workshop, by the gram."
            yield Good(sku, name, text, "materials.metal", "g", TAX, 1.0, f"grain {metal.look} none", (variant,))


def _silverware(chance: random.Random) -> Iterator[Good]:
    patterns = ("Old English", "King's", "Fiddle", "Rattail", "Art déco", "Bead", "Hanoverian")
    pieces = {
        "Table fork": 9800,
        "Table knife": 8800,
        "Table spoon": 9600,
        "Dessert fork": 7900,
        "Dessert spoon": 7700,
        "Tea spoon": 4900,
        "Soup ladle": 28900,
        "Butter knife": 6900,
        "Cake server": 16900,
        "Sugar tongs": 9900,
    }
    for pattern, (piece, price), plate in product(patterns, pieces.items(), ("sterling silver", "silver plate")):
        own = price if plate == "sterling silver" else price // 5
        short = "S" if plate == "sterling silver" else "P"
        initials = "".join(word[0] for word in piece.split()).upper()
        sku = f"CUT-{pattern[:2].upper()}{pattern[-1].upper()}-{initials}{len(piece)}-{short}"
        look = "spoon silver none" if "spoon" in piece or "ladle" in piece else "fork silver none"
        text = f"{pattern} pattern, hallmarked." if short == "S" else f"{pattern} pattern, 90 g plate."
        yield single(chance, sku, f"{piece}, {pattern}, {plate}", text, "silverware.cutlery", own, 1.0, look)
    things = {
        "Candlestick": 42000,
        "Bowl": 56000,
        "Tray": 78000,
        "Teapot": 124000,
        "Salt cellar": 18900,
        "Beaker": 24900,
    }
    things |= {
        "Photo frame": 12900,
        "Christening mug": 16900,
        "Letter opener": 8900,
        "Card case": 14900,
        "Money clip": 9900,
    }
    for (thing, price), finish, size in product(things.items(), ("plain", "hammered", "beaded"), ("small", "large")):
        own = int(price * (1.0 if size == "small" else 1.45))
        path = "silverware.table" if price in (42000, 56000, 78000, 124000, 18900, 24900) else "silverware.gifts"
        sku = f"SIL-{thing[:3].upper()}{thing[-1].upper()}-{finish[0].upper()}{size[0].upper()}"
        name, text = f"{thing}, {finish}, {size}", "Sterling silver, made in our workshop."
        yield single(chance, sku, name, text, path, own, 0.7, "bowl silver none")


def _gemstones(chance: random.Random) -> Iterator[Good]:
    for cut, carat, colour, clarity in product(
        ("Brilliant", "Princess", "Emerald", "Oval"), (30, 50, 70, 100, 150), "DFH", ("IF", "VS1", "SI1")
    ):
        worth = {"D": 1.35, "F": 1.1, "H": 0.85}[colour] * {"IF": 1.5, "VS1": 1.1, "SI1": 0.8}[clarity]
        price = int(3900 * carat * (carat / 60) * worth)
        name = f"{cut} diamond, {carat / 100:.2f} ct, {colour}/{clarity}"
        sku, text = f"DIA-{cut[:2].upper()}{carat}{colour}{clarity}", "Loose, with its grading report."
        yield single(chance, sku, name, text, "gemstones.diamonds", price, 0.25, "stone none clear")
    for stone, cut, carat in product(list(STONES)[1:], ("Oval", "Round", "Pear", "Cushion", "Octagon"), (50, 100, 200)):
        short, look, worth = STONES[stone]
        price = int(worth * 1500 * carat * (0.6 + carat / 200))
        sku, name = f"GEM-{short}{cut[:2].upper()}{carat}", f"{cut} {stone}, {carat / 100:.2f} ct"
        text, path = "Loose stone, origin stated.", "gemstones.coloured"
        yield single(chance, sku, name, text, path, price, 0.3, f"stone none {look}")


def _rest(chance: random.Random) -> Iterator[Good]:
    services = {
        "Engraving, up to 20 letters": ("services.engraving", "pc", 2900),
        "Engraving, monogram by hand": ("services.engraving", "pc", 8900),
        "Seal engraving": ("services.engraving", "pc", 24900),
        "Ring resizing": ("services.workshop", "pc", 4900),
        "Restringing of pearls": ("services.workshop", "pc", 6900),
        "Rhodium plating": ("services.workshop", "pc", 5900),
        "Watch service": ("services.workshop", "pc", 18900),
        "Battery change": ("services.workshop", "pc", 1500),
        "Goldsmith's work": ("services.workshop", "h", 7200),
        "Valuation with certificate": ("services.workshop", "pc", 9500),
    }
    for number, (name, (path, unit, price)) in enumerate(services.items(), 1):
        sku = f"SRV-{number:02d}"
        variant = Variant(sku, "", {}, price, 0)
        yield Good(sku, name, "Done in our workshop.", path, unit, TAX, 12.0, "tool none none", (variant,), False)
    for thing, price in {"Ring box": 1400, "Watch box": 4900, "Travel case": 8900, "Polishing cloth": 900}.items():
        for colour in ("navy", "ivory", "racing green", "burgundy"):
            sku = f"CAR-{thing[:2].upper()}{thing[-2:].upper()}-{colour[:2].upper()}"
            name, text = f"{thing}, {colour}", "Soft inside."
            yield single(chance, sku, name, text, "care", price, 9.0, f"box {colour.split()[0]} none")
