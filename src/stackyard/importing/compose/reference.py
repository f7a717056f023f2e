"""The page on importing, from the importer's own tables: what it says is what the importer does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stackyard.importing.compose.images import APPLICATIONS, KNOWN
from stackyard.importing.compose.ledger import Reason
from stackyard.importing.compose.words import SERVICE, TOP
from stackyard.importing.result import Fate, Imported

_TITLES = {
    Fate.CARRIED: "Carried",
    Fate.REPLACED: "Done by Stackyard in its own way",
    Fate.LOST: "Not carried",
}

_BEGINNING = """\
# From a Compose file to a stack file

<!-- Printed from the importer's tables (`stackyard.importing.compose.reference`). Do not edit. -->

```console
$ stackyard import compose compose.yaml                    # print the stack file and the report
$ stackyard import compose compose.yaml -o stackyard.yaml  # write it beside the Compose file
$ stackyard import compose compose.yaml --all              # list what is carried, too
$ stackyard import compose compose.yaml --json             # {stack, notes, secrets, findings}
```

Every value of the Compose file is carried, or reported with its line: what stands in the stack file, what Stackyard
does in its own way, and what is not carried, why, and what to do instead. The importer keeps books on that; what no
part of it has spoken for is reported at the end. What it makes has passed `stackyard check`, or the report says what
the check finds.

It reads what stands beside the file: `.env`, env files, files that are included or extended, Dockerfiles, and the
configuration of nginx and Caddy. It reads nothing outside that folder, starts nothing, and writes over no file.

**Addresses** become references: `db:5432` is `${db.host}:${db.port}`, a database URL `${db.url}`. **Credentials** of
resources are generated, and services are given them in the variables that they read. **Secrets** are never written or
printed: a literal password becomes a secret to be set with `stackyard secrets set`; a placeholder such as `change-me`
in a key that nobody else has to know becomes a generated one. **Migrations** are taken out of commands and job
containers into `migrate`. **The proxy** in front becomes `edge`: its routes from Traefik's labels, an nginx
configuration or a Caddyfile, as far as they can be read surely. **Data** is not moved: bring it in by a dump.

Stackyard knows sources, not images. A service from an image is carried as `image`, for targets with containers; the
report says what it would take to run it natively.
"""


@dataclass(frozen=True)
class Result:
    """What an import of one system came to; `runs` says what was shown of it, "" for nothing."""

    name: str
    about: str
    imported: Imported
    runs: str = ""


def page(results: Iterable[Result]) -> str:
    """The whole page: the words, the images, and what became of the systems in `results`."""
    parts = [_BEGINNING, "## Words of a service\n", _words(SERVICE), "## Words at the top of the file\n", _words(TOP)]
    parts += ["## Images\n", _images(), "Natively, without their images, these need:\n", _applications()]
    parts += ["## Systems that were imported\n", _COUNTED, _results(results)]
    return "\n".join(parts)


_COUNTED = (
    "Files in the habit of well-known projects; each is a case in `tests/importing/compose/cases`, or an example in\n"
    "`examples/foreign` that a test imports and runs for real. Counted are the entries of the report.\n"
)


def _words(table: Mapping[str, Reason]) -> str:
    blocks = []
    for fate, title in _TITLES.items():
        rows = [(f"`{word}`", what, instead) for word, (own, what, instead) in table.items() if own is fate]
        blocks.append(f"**{title}**\n\n" + _table(("word", "what becomes of it", "what to do"), rows))
    return "\n".join(blocks)


def _images() -> str:
    rows = [(", ".join(f"`{name}`" for name in known.names), known.becomes, known.advice) for known in KNOWN]
    rows.append(("any other", "a service that runs an image", ""))
    return _table(("image", "becomes", "what to do"), rows)


def _applications() -> str:
    return _table(("image", "needs"), [(f"`{name}`", words) for name, words in APPLICATIONS.items()])


def _results(results: Iterable[Result]) -> str:
    rows = []
    for one in results:
        counts = [str(len(one.imported.with_fate(fate))) for fate in _TITLES]
        rows.append((one.name, one.about, *counts, one.runs))
    return _table(("system", "what it is", "carried", "own way", "not carried", "runs natively"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"
