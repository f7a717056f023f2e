"""References in text: `${db.url}` becomes a Ref, `$${` a plain `${`."""

from __future__ import annotations

from stackyard.model.values import Ref, Value
from stackyard.spec.report import Wrong, quote

SECRET = "secret:"


def read_value(text: str) -> Value:
    """The pieces of `text`. Raises Wrong for a reference that is not closed or names no part and attribute."""
    pieces: list[str | Ref] = []
    literal = ""
    rest = text
    while rest:
        before, dollar, rest = rest.partition("$")
        literal += before
        if rest.startswith("${"):
            literal, rest = literal + "${", rest[2:]
        elif rest.startswith("{"):
            reference, brace, rest = rest[1:].partition("}")
            if not brace:
                raise Wrong('"${" is not closed', 'add a "}", or write "$${" for a plain "${"')
            pieces += [literal, _reference(reference)]
            literal = ""
        else:
            literal += dollar
    pieces.append(literal)
    return tuple(piece for piece in pieces if piece) or ("",)


def _reference(text: str) -> Ref:
    part, dot, attribute = text.strip().partition(".")
    if not (part and dot and attribute):
        what = f"{quote('${' + text + '}')} names no part and attribute"
        raise Wrong(what, 'write such as ${db.url} or ${secret.NAME}, or "$${" for a plain "${"')
    return Ref(f"{SECRET}{attribute}", "value") if part == "secret" else Ref(part, attribute)
