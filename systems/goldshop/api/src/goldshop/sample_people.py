"""Whom the sample shop buys from and sells to: names from all over Europe, at addresses that do not exist."""

from __future__ import annotations

import random
from typing import NamedTuple

CUSTOMERS = 420

_FIRST = """
    Adéla Agnès Aino Aleksander Amélie Andreea Anouk António Aoife Beatriz Benedek Björn Bronisława Camille
    Carmen Charlotte Chiara Clément Dagmar Daniela Dimitra Dorota Eilidh Elena Elīna Emīlija Émile Enzo Eszter
    Ewa Filip Françoise Freya Gabija Giulia Gökhan Grażyna Greta Hanna Henrik Ilse Inés Ingrid Iris Ivana Jakub
    Jana Jérôme João Jolanta Jonas Jürgen Kaisa Kalina Katarzyna Kristóf Lars Laszlo Léa Leonor Liam Lieke
    Linnéa Łucja Lukáš Maarten Magdalena Maja Margaux Mateo Matilda Mehmet Mikael Milica Mirela Nadia Niamh
    Nikos Nóra Oksana Olivia Ondřej Oskar Paula Pavel Pilar Radka Rasmus Renée Rosa Saoirse Sébastien Signe
    Silvia Siobhán Sofía Søren Stefan Tereza Theo Tomás Ulrike Valentina Viktória Vilde Wiktor Yasmin Zdeněk
    Zofia
"""

_LAST = """
    Abel Aguilar Andersson Antonescu Bakker Barbieri Bernard Björklund Blažek Bojarski Brânză Byrne Carvalho
    Castellani Čapek Conti Dąbrowski Delacroix Dlouhý Dobrescu Dupont Eriksen Esposito Farkas Fernández Fischer
    Fontana Gallagher García Georgiou Girard Grönlund Haas Halonen Hájek Hansen Heikkinen Hofmann Horváth
    Ionescu Ivanova Jablonski Jansen Jensen Jovanović Kaminski Karlsson Kelly Kiss Kovač Kowalczyk Krüger Kučera
    Lambert Larsen Laurent Lehtonen Lindqvist Łukasik Maes Marino Markov Martens Mazur Meier Mészáros Molnár
    Moreau Müller Murphy Nagy Novák Nowak Nyström O’Brien Øverland Papadopoulos Pavlović Peeters Pereira Petrov
    Popa Ricci Romero Roux Sánchez Schmid Schröder Šimek Silva Smit Sørensen Szabó Tamm Tóth Urban Vasiliou
    Virtanen Vogel Wagner Wieczorek Žižka Zielińska
"""

_STREETS = """
    Mill Castle Station Orchard River Market Chapel Garden Linden Harbour Bridge Church Tower Field
"""
_TOWNS = (
    ("1011", "Harbour Quarter"),
    ("1032", "Old Town"),
    ("2140", "Lakeside"),
    ("3005", "Upper Hill"),
    ("4120", "Millbrook"),
    ("5600", "Northgate"),
    ("7010", "Fernwood"),
)

_SUPPLIERS = (
    "Aurum Casting",
    "Bergmann Chains",
    "Crown & Claw Settings",
    "Delft Diamond House",
    "Edelstein Kontor",
    "Filigrana Lisboa",
    "Hallmark Refinery",
    "Harbour Assay",
    "Meridian Gemstones",
    "Nordic Silver Works",
    "Perla del Mar",
    "Sheffield Cutlers",
    "Tessel & Sons Watches",
    "Vitrine Boxes",
)


class Person(NamedTuple):
    """A partner: a supplier or a customer."""

    kind: str
    name: str
    email: str
    phone: str
    address: str
    tax_id: str


def suppliers() -> list[Person]:
    """Whom the shop buys from."""
    chance = random.Random(14)
    return [_person(chance, "supplier", name, f"XX{chance.randrange(10**8, 10**9)}") for name in _SUPPLIERS]


def customers() -> list[Person]:
    """Who buys with his name; a few of them for a company."""
    chance = random.Random(7)
    first, last = _FIRST.split(), _LAST.split()
    names: dict[str, None] = {}
    while len(names) < CUSTOMERS:
        names[f"{chance.choice(first)} {chance.choice(last)}"] = None
    return [
        _person(chance, "customer", name, f"XX{chance.randrange(10**8, 10**9)}" if number % 23 == 0 else "")
        for number, name in enumerate(names)
    ]


def _person(chance: random.Random, kind: str, name: str, tax_id: str) -> Person:
    code, town = chance.choice(_TOWNS)
    address = f"{chance.choice(_STREETS.split())} Street {chance.randrange(1, 180)}\n{code} {town}"
    mail = "".join(letter for letter in name.lower().replace(" ", ".") if letter.isascii() and letter not in "&’")
    place = "goldshop-suppliers.example" if kind == "supplier" else "mail.example"
    return Person(
        kind, name, f"{mail.replace('..', '.')}@{place}", f"+00 555 {chance.randrange(10**6):06d}", address, tax_id
    )
