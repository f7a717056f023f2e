"""The jewellery of the sample shop."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

from goldshop.sample_ware import ALL, FINE, STONES, Good, single, sized

_RING_SIZES = ("50", "52", "54", "56", "58", "60")


def rings(chance: random.Random) -> Iterator[Good]:
    """Rings."""
    designs = {
        "Solitaire": "A single stone in six claws, raised to catch the light.",
        "Halo": "A centre stone in a circle of small diamonds.",
        "Trilogy": "Three stones for past, present and future.",
        "Cathedral": "Shoulders that rise in arches to the stone.",
        "Bezel": "A stone in a smooth rim, made for hands that work.",
        "Vintage milgrain": "Beaded edges after a pattern of 1920.",
        "Twist": "Two strands that wind around one another.",
        "East-west": "An oval stone, set across the finger.",
        "Cluster": "Seven stones set as one flower.",
        "Tension": "The stone is held by the ring alone.",
    }
    stones = [("diamond", carat) for carat in (25, 40, 50, 70, 100)]
    stones += [(name, carat) for name in list(STONES)[1:] for carat in (60, 120)]
    for (design, text), metal, (stone, carat) in product(designs.items(), FINE, stones):
        short, look, worth = STONES[stone]
        price = metal.gram * 4 + int(worth * 3600 * carat * (1 + carat / 120)) + 24000 + chance.randrange(0, 9000)
        name = f"{design} ring, {carat / 100:.2f} ct {stone}, {metal.name}"
        sku = f"ENG-{design[:2].upper()}{design[-1].upper()}-{short}{carat}-{metal.short}"
        weight = 1.4 if stone == "diamond" and carat <= 50 else 0.5
        path = "jewellery.rings.engagement"
        yield sized(chance, sku, name, text, path, price, weight, f"ring {metal.look} {look}", "Size", _RING_SIZES)
    profiles = {
        "Court": "CO",
        "Flat court": "FC",
        "D-shape": "DS",
        "Bevelled": "BV",
        "Hammered": "HM",
        "Milgrain": "MG",
    }
    for (profile, code), width, metal in product(profiles.items(), (20, 25, 30, 40, 50, 60), ALL):
        price = int(metal.gram * width / 10 * 1.15) + 9000 + chance.randrange(0, 3000)
        name = f"{profile} wedding band, {width / 10:.1f} mm, {metal.name}"
        text = f"{profile} profile, polished by hand, rounded inside for comfort."
        path, look = "jewellery.rings.wedding", f"band {metal.look} none"
        yield sized(chance, f"WED-{code}{width}-{metal.short}", name, text, path, price, 2.2, look, "Size", _RING_SIZES)
    for shape, size, metal in product(("Oval", "Cushion", "Round", "Shield", "Octagon"), (11, 13, 16), ALL):
        price = int(metal.gram * size * 0.75) + 12000
        name, path = f"{shape} signet ring, {size} mm, {metal.name}", "jewellery.rings.signet"
        sku, look = f"SIG-{shape[:3].upper()}{size}-{metal.short}", f"signet {metal.look} none"
        yield sized(chance, sku, name, "A face ready for a seal.", path, price, 0.9, look, "Size", _RING_SIZES[1:])
    for setting, stone, metal in product(("Claw", "Channel", "Pavé", "Bar"), STONES, FINE):
        short, look, worth = STONES[stone]
        price = metal.gram * 4 + int(worth * 92000) + 20000
        name, path = f"{setting}-set eternity ring, {stone}, {metal.name}", "jewellery.rings.eternity"
        sku = f"ETE-{setting[:2].upper()}{short}-{metal.short}"
        text = "Stones all the way round."
        yield sized(chance, sku, name, text, path, price, 0.7, f"eternity {metal.look} {look}", "Size", _RING_SIZES)


def necklaces(chance: random.Random) -> Iterator[Good]:
    """Chains, pendants and pearls."""
    links = ("Curb", "Figaro", "Belcher", "Rope", "Trace", "Box", "Singapore", "Byzantine", "Spiga", "Anchor")
    for link, width, metal in product(links, (10, 14, 18, 24, 32, 40), ALL):
        price = int(metal.gram * width * 0.34) + 4500
        name = f"{link} chain, {width / 10:.1f} mm, {metal.name}"
        sku, path = f"CHN-{link[:3].upper()}{width}-{metal.short}", "jewellery.necklaces.chains"
        text, look = f"Diamond-cut {link.lower()} links with a lobster clasp.", f"chain {metal.look} none"
        yield sized(chance, sku, name, text, path, price, 1.8, look, "Length in cm", ("42", "45", "50", "60"))
    motifs = ["Heart", "Cross", "Moon", "Star", "Leaf", "Locket", "Compass", "Feather", "Key", "Anchor", "Infinity"]
    motifs += [f"Initial {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWZ"]
    for motif, metal, stone in product(motifs, ALL, ("none", "diamond")):
        short, look, worth = STONES.get(stone, ("N", "none", 0.0))
        price = int(metal.gram * 2.2) + int(worth * 19000) + 3900
        name = f"{motif} pendant{', diamond' if worth else ''}, {metal.name}"
        sku = f"PEN-{motif[:3].upper()}{motif[-1].upper()}-{short}-{metal.short}"
        text, path = "Comes with a fine chain of 45 cm.", "jewellery.necklaces.pendants"
        shape = "heart" if motif in ("Heart", "Locket") else "pendant"
        yield single(chance, sku, name, text, path, price, 1.7, f"{shape} {metal.look} {look}")
    for kind, millimetres, grade in product(("Akoya", "Freshwater", "Tahitian", "South Sea"), (6, 7, 8, 9), "AB"):
        price = {"Akoya": 62000, "Freshwater": 14000, "Tahitian": 118000, "South Sea": 236000}[kind]
        price = int(price * (millimetres / 7) ** 2 * (1.5 if grade == "A" else 1))
        name, path = f"{kind} pearl strand, {millimetres} mm, grade {grade}", "jewellery.necklaces.pearls"
        sku, look = (
            f"PRL-{kind[:2].upper()}{millimetres}{grade}",
            f"pearls {'dark' if kind == 'Tahitian' else 'light'} none",
        )
        yield sized(chance, sku, name, "Knotted on silk.", path, price, 0.6, look, "Length in cm", ("42", "45"))


def earrings(chance: random.Random) -> Iterator[Good]:
    """Studs, hoops and drops."""
    shapes = ("Round", "Oval", "Princess", "Pear", "Cushion", "Marquise")
    for shape, stone, metal, carat in product(shapes, STONES, FINE, (20, 50)):
        short, look, worth = STONES[stone]
        price = int(metal.gram * 1.6) + int(worth * 3100 * carat) + 6000
        name = f"{shape} {stone} studs, {carat / 100:.2f} ct, {metal.name}"
        sku, path = f"STU-{shape[:2].upper()}{short}{carat}-{metal.short}", "jewellery.earrings.studs"
        text = "A pair with screw backs."
        yield single(chance, sku, name, text, path, price, 1.6, f"studs {metal.look} {look}", unit="pair")
    for style, across, metal in product(("Plain", "Twisted", "Hammered", "Huggie"), (12, 18, 25, 35, 50), ALL):
        price = int(metal.gram * across * 0.11) + 3200
        name, path = f"{style} hoops, {across} mm, {metal.name}", "jewellery.earrings.hoops"
        sku, look = f"HOO-{style[:2].upper()}{across}-{metal.short}", f"hoops {metal.look} none"
        yield single(chance, sku, name, "Hollow and light.", path, price, 2.0, look, unit="pair")
    for style, stone, metal in product(("Chandelier", "Teardrop", "Threader", "Art déco"), STONES, FINE):
        short, look, worth = STONES[stone]
        price = int(metal.gram * 2.6) + int(worth * 88000) + 9000
        name, path = f"{style} drop earrings, {stone}, {metal.name}", "jewellery.earrings.drops"
        sku = f"DRO-{style[:2].upper()}{short}-{metal.short}"
        yield single(chance, sku, name, "For evenings.", path, price, 0.6, f"drops {metal.look} {look}", unit="pair")


def bracelets(chance: random.Random) -> Iterator[Good]:
    """Bracelets, bangles and cufflinks."""
    links = ("Curb", "Figaro", "Belcher", "Rope", "Paperclip", "Tennis")
    for link, width, metal in product(links, (20, 30, 45), ALL):
        price = int(metal.gram * width * 0.2) + 4000 + (90000 if link == "Tennis" else 0)
        name, path = f"{link} bracelet, {width / 10:.1f} mm, {metal.name}", "jewellery.bracelets.chain"
        sku, look = f"BRA-{link[:3].upper()}{width}-{metal.short}", f"bracelet {metal.look} none"
        text = "With a safety catch."
        yield sized(chance, sku, name, text, path, price, 1.3, look, "Length in cm", ("17", "19", "21"))
    for style, width, metal in product(("Plain", "Hinged", "Torque", "Engraved"), (3, 5, 8), ALL):
        price = int(metal.gram * width * 2.3) + 5000
        name, path = f"{style} bangle, {width} mm, {metal.name}", "jewellery.bracelets.bangles"
        sku, look = f"BAN-{style[:2].upper()}{width}-{metal.short}", f"bangle {metal.look} none"
        yield sized(chance, sku, name, "Oval inside, so it stays in place.", path, price, 0.9, look, "Size", ("S", "M"))
    for motif, metal in product(("Knot", "Oval", "Bar", "Chain link", "Onyx", "Mother-of-pearl"), ALL):
        price = int(metal.gram * 5) + 4200
        sku, look = f"CUF-{motif[:3].upper()}-{metal.short}", f"cufflinks {metal.look} none"
        name, path = f"{motif} cufflinks, {metal.name}", "jewellery.cufflinks"
        yield single(chance, sku, name, "A pair in a box.", path, price, 0.8, look, unit="pair")
