"""Mutations of a stack file: of its bytes, its words, its lines, its YAML, its tree and its environments.

Each is a function of a source of chance and the text; the same seed gives the same file.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

_WORD = re.compile(r"[A-Za-z0-9_./$>=@-]+|\s+|.", re.DOTALL)
_ODD_TEXT = (
    "\x85", "\u2028", "\u2029", "\ufeff", "\u200b", "\u202e", "\u00a0", "\x00", "\x07", "\x1b[31m", "\x7f", "é", "é",
    "ａｐｉ", "аpi", "𝟖𝟎𝟎𝟎", "١٢", "😀", "\U0010ffff", "\ufffe", "ß", "İ", "\r", "\r\n", "\t", "\x0c",
)  # fmt: skip
_ODD_BYTES = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc0\xaf", b"\xff\xfe", b"\x00\x00")
_YAML = (
    "&a ", "*a", "*a ", "<<: *a\n", "<<: {x: 1}\n", "!!str ", "!!int ", "!!binary ", "!!python/object:os.system ", "! ",
    "!local ", "---\n", "\n---\n", "...\n", "%YAML 1.1\n---\n", "? ", "|\n", ">-\n", "|2+\n", "{", "}", "[", "]", "[[",
    "{{ x }}", "- ", ": ", ":", ", ", "#", " #", "'", '"', '"\\x41"', '"\\u0000"', "null", "~", "''", "@", "`", "@x",
)  # fmt: skip
_VALUES = (
    "0", "-1", "1", "65535", "65536", "80", "443", "5432", "1e3", "1.0", "8000.0", "0x1F", "0o17", "017", ".inf",
    ".nan", "9" * 30, "1_000", "22:22", "2026-01-01", "yes", "no", "on", "off", "true", "False", "null", "~", '""',
    "' '", "16.10", ">=16", '">=16"', "1/s", "0/s", "10/min", "0s", "1ms", "1y", "101y", "1.5.5s", "0MB", "1TB", "1KiB",
    "..", "../..", "/", "/etc/passwd", "//", "/%2e%2e", "/.", "*", "**", "${db.url}", "${", "$${", "${a}", "${a.b}",
    "${secret.x}", "$host", "a b", "a;b", "a\\nb", "a'b", 'a"b', "localhost", "a..b", "-a", "a-", "A", "1.2.3.4",
    "10.0.0.1/8", "::1", "::/129", "fe80::1%eth0", "a" * 64, "a" * 300, "edge", "secret", "self", "{}", "[]", "[null]",
    "[[]]", "{a: {}}", "[a, a]", "60 3 * * *", "0 0 31 2 *", "* * * * *", "*/0 * * * *", "http://x", "ftp://x",
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 65536, 10**17, 1.5, 1e300, "", " ", "x", "é", "a" * 5000, "${db.url}", "${secret.x}",
    "30d", "/", "\n", "api", "db", [], {}, [None], [[]], [[["deep"]]], {"a": {}}, {"": 1}, {"postgres": 16, "redis": 7},
    {"path": "/"}, {"objects": True}, ["api"], ["db", "db"], {"db": "own"}, "off", "acme", {"rate": "1/s", "burst": -1},
    "../../..", "./api", "\x85", 8000, 443, "0 0 30 2 *", 16, ">=0",
)  # fmt: skip
_KEYS = (
    "x", "port", "a.b", "<mapping>", "[key]", "/", "<<", "1", "true", "edge", "secret", "api", "db", "connections",
    "needs", "build", "image", "static", "schedule", "profiles", "tls", "host", "http", "limits", "é", "a b", "A", "",
)  # fmt: skip

Mutation = Callable[[random.Random, str], bytes]


def flipped(chance: random.Random, text: str) -> bytes:
    """Some bits are flipped, some bytes replaced."""
    content = bytearray(text.encode())
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        place = chance.randrange(len(content))
        content[place] = content[place] ^ (1 << chance.randrange(8)) if chance.random() < 0.6 else chance.randrange(256)
    return bytes(content)


def truncated(chance: random.Random, text: str) -> bytes:
    """The end, the beginning or a piece in between is missing, also in the middle of a character."""
    content = text.encode()
    start, end = sorted((chance.randrange(len(content)), chance.randrange(len(content) + 1)))
    return chance.choice((content[:end], content[start:], content[:start] + content[end:], content[start:end]))


def odd_characters(chance: random.Random, text: str) -> bytes:
    """Characters and bytes that look like others, like nothing, or are none."""
    content = text.encode()
    for _ in range(chance.choice((1, 1, 2, 5))):
        place = chance.randrange(len(content) + 1)
        odd = chance.choice(_ODD_TEXT).encode() if chance.random() < 0.85 else chance.choice(_ODD_BYTES)
        content = content[:place] + odd + content[place + chance.choice((0, 0, 1)) :]
    return content


def moved_words(chance: random.Random, text: str) -> bytes:
    """Words are doubled, swapped, dropped, or replaced by one from elsewhere in the file or by an odd value."""
    words = _WORD.findall(text)
    for _ in range(chance.choice((1, 1, 2, 3))):
        one, other = chance.randrange(len(words)), chance.randrange(len(words))
        deed = chance.choice(("double", "swap", "drop", "take", "value", "value"))
        if deed == "double":
            words.insert(one, words[one])
        elif deed == "swap":
            words[one], words[other] = words[other], words[one]
        elif deed == "drop" and len(words) > 2:
            del words[one]
        elif deed == "take":
            words[one] = words[other]
        elif deed == "value":
            places = [place for place, word in enumerate(words) if word.strip() and word not in ",:{}[]"]
            words[chance.choice(places or [0])] = chance.choice(_VALUES)
    return "".join(words).encode()


def moved_lines(chance: random.Random, text: str) -> bytes:
    """Lines are doubled, swapped, dropped, moved or indented otherwise."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.choice((1, 1, 2, 3))):
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        deed = chance.choice(("double", "swap", "drop", "move", "indent", "outdent"))
        if deed == "double":
            lines.insert(other, lines[one])
        elif deed == "swap":
            lines[one], lines[other] = lines[other], lines[one]
        elif deed == "drop" and len(lines) > 2:
            del lines[one]
        elif deed == "move":
            lines.insert(other, lines.pop(one))
        elif deed == "indent":
            lines[one] = chance.choice((" ", "  ", "\t")) + lines[one]
        else:
            lines[one] = lines[one].removeprefix("  ")
    return "".join(lines).encode()


def odd_yaml(chance: random.Random, text: str) -> bytes:
    """Anchors, aliases, merge keys, tags, more documents, blocks, open quotes and brackets, deep nesting."""
    words = _WORD.findall(text)
    for _ in range(chance.choice((1, 1, 2, 3))):
        words.insert(chance.randrange(len(words) + 1), chance.choice(_YAML))
    made = "".join(words)
    if chance.random() < 0.15:
        depth = chance.choice((10, 49, 51, 200, 5000))
        deep = chance.choice(("[" * depth, "[" * depth + "]" * depth, "{a: " * depth + "}" * depth, "- " * depth))
        made += f"\n{chance.choice(('x', 'services', 'description', 'logs'))}: {deep}\n"
    if chance.random() < 0.1:
        rows = [f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]" for n in range(1, chance.choice((3, 9)))]
        made = "\n".join([made, "b0: &b0 [x, x]", *rows])
    return made.encode("utf-8", "surrogatepass")


def moved_branches(chance: random.Random, text: str) -> bytes:
    """Values of the tree change type, wander, vanish or come twice under another name; keys are renamed."""
    return _dumped(chance, _mutated(chance, yaml.safe_load(text), chance.randint(1, 3)))


def overlaid(chance: random.Random, text: str) -> bytes:
    """An environment that lays odd things on the file: pieces of itself, mutated, and nulls."""
    data = yaml.safe_load(text)
    overlay = copy.deepcopy({key: data[key] for key in data if chance.random() < 0.4} or data)
    overlay = _mutated(chance, overlay, chance.randint(1, 4))
    if isinstance(overlay, dict) and chance.random() < 0.9:
        overlay.pop("system", None)
        overlay.pop("environments", None)
    for holder, key in list(_places(overlay)):
        if isinstance(holder, dict) and chance.random() < 0.05:
            holder[key] = None
    name = chance.choice(("development", "development", "testing", "production", "staging", "Bad Name"))
    environments = data.get("environments") if isinstance(data.get("environments"), dict) else {}
    data["environments"] = {**environments, name: overlay}
    return _dumped(chance, data)


def _mutated(chance: random.Random, data: Any, times: int) -> Any:
    for _ in range(times):
        places = list(_places(data))
        if not places:
            break
        holder, key = chance.choice(places)
        deed = chance.choice(("replace", "replace", "steal", "remove", "rename", "typo", "copy"))
        if deed == "replace":
            holder[key] = copy.deepcopy(chance.choice(_ODD))
        elif deed == "steal":
            donor, from_key = chance.choice(places)
            holder[key] = copy.deepcopy(donor[from_key])
        elif deed == "remove":
            del holder[key]
        elif isinstance(holder, dict) and isinstance(key, str):
            new = chance.choice(_KEYS) if deed != "typo" else _misspelt(chance, key)
            holder[new] = copy.deepcopy(holder[key]) if deed == "copy" else holder.pop(key)
    return data


def _misspelt(chance: random.Random, word: str) -> str:
    place = chance.randrange(len(word)) if word else 0
    return chance.choice((word[:place] + word[place + 1 :], word[:place] + word[place:][::-1], word + "s"))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from _places(item)


def _dumped(chance: random.Random, data: Any) -> bytes:
    flow = chance.choice((None, False, True))
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_flow_style=flow, width=1000)
    return str(text).encode("utf-8", "surrogatepass")


MUTATIONS: dict[str, Mutation] = {
    "flipped bytes": flipped,
    "truncations": truncated,
    "odd characters": odd_characters,
    "words doubled, swapped, replaced": moved_words,
    "lines doubled, swapped, moved": moved_lines,
    "anchors, aliases, tags, deep nesting": odd_yaml,
    "keys renamed, types swapped, branches moved": moved_branches,
    "overlays in environments": overlaid,
}
"""The mutations, by the name under which they are counted."""
