"""Files that are no stack files end in a clear finding: never a traceback, never a hang."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.errors import SpecError, UsageError
from stackyard.finding import Finding
from stackyard.model.system import System
from stackyard.spec import parser
from stackyard.spec.load import load
from tests.reading import reading_less_than

FindingsOf = Callable[[str | bytes], list[Finding]]
GOOD = "system: shop\nservices:\n  api: {image: x, port: 8000}\n"

CONTENTS: list[tuple[str | bytes, int, int, str]] = [
    (b"", 1, 1, "this file is empty"),
    (b"# only a comment\n", 1, 1, "this file is empty"),
    (b"---\n...\n", 1, 1, "this file is empty"),
    ("just text", 1, 1, "a stack file is a mapping"),
    ("[a, b]", 1, 1, "a stack file is a mapping"),
    ("42", 1, 1, "a stack file is a mapping"),
    (GOOD.encode("utf-16"), 1, 1, "UTF-16"),
    (GOOD.encode("utf-16-le"), 1, 2, "NUL character"),
    (b"system: shop\ndescription: \xff\n", 2, 14, "byte 0xff is not UTF-8"),
    (b"system: sh\xc3\n", 1, 11, "is not UTF-8"),
    (b"system: shop\nx: \0\n", 2, 4, "NUL character"),
    ("system: shop\ndescription: a\x07b", 2, 15, "control character"),
    ('system: shop\ndescription: "a\\0b"', 2, 14, "control character"),
    ('system: shop\ndescription: "a\\eb"', 2, 14, "control character"),
    ("system: shop\r\ndescription: a\r\nwelcome: é\x07", 3, 11, "control character"),
    ("system: shop\nservices:\x85  api: {image: x}", 2, 10, "the character U+0085 cannot be seen"),
    ("system: shop\nlogs:\u2028  keep: 1d", 2, 6, "the character U+2028 cannot be seen"),
    ("system: shop\n\ufeff  logs: {}", 2, 1, "the character U+FEFF cannot be seen"),
    ("system: shop\n---\nsystem: other\n", 2, 1, "a second document"),
    ("system: !!python/object/apply:os.system [echo]", 1, 9, 'the tag "!!python/object/apply:os.system"'),
    ("system: !secret x", 1, 9, 'the tag "!secret" is not allowed'),
    ("system: !!str shop", 1, 9, 'the tag "!!str" is not allowed'),
    ("system: shop\nlogs: {keep: 1d}\nlogs: {keep: 2d}", 3, 1, '"logs" is given twice'),
    ("system: shop\nlogs: {keep: 1d, keep: 2d}", 2, 18, '"keep" is given twice'),
    ("1: x\nsystem: shop", 1, 1, "the key 1 is not text"),
    ("true: x\nsystem: shop", 1, 1, "the key true is not text"),
    ("null: x\nsystem: shop", 1, 1, "the key null is not text"),
    ('"": x\nsystem: shop', 1, 1, "this key is empty"),
    ("? [a]\n: x", 1, 3, "a list or mapping cannot be a key"),
    ("host: {{ domain }}", 1, 8, "a list or mapping cannot be a key"),
    ("a: &x b\n*x : c", 2, 1, "an alias cannot be a key"),
    ("&x a: b", 1, 1, "a key cannot carry an anchor"),
    ("a: &x {<<: {b: c}}", 1, 8, 'merge keys ("<<")'),
    ("a: *x", 1, 4, "the alias *x names an anchor that was not defined"),
    ("a: &x [*x]", 1, 8, "the alias *x stands inside what it names"),
    ("system: shop\nlogs: {size: .inf}", 2, 14, '".inf" is not a number that can be used'),
    ("system: shop\nlogs: {size: .NaN}", 2, 14, '".NaN" is not a number that can be used'),
    ("system: shop\nlogs: {size: 1e999}", 2, 14, "this number is too large"),
    ("system: shop\nlogs: {size: " + "9" * 5000 + "}", 2, 14, "more than 18 digits"),
    ("system: shop\nlogs: {size: 0x" + "f" * 5000 + "}", 2, 14, "more than 18 digits"),
    ("system: shop\nlogs: {size: 0755}", 2, 14, '"0755" could be octal, decimal or text'),
    ("a:\n\tb: c", 2, 1, "this character cannot begin a value"),
    ("a: b: c", 1, 5, "a second key in one line"),
    ("a: [b", 1, 6, "a quote or bracket is opened and never closed"),
    ('a: "b', 1, 6, "a quote or bracket is opened and never closed"),
    ("a: b\n\tc: d", 2, 1, "a tab stands where indentation is expected"),
    ("a: @b", 1, 4, "this character cannot begin a value"),
    ("a: [b\nc: d", 2, 2, "a bracket or comma is missing"),
    ("a: b\n c: d\n", 2, 3, "a second key in one line"),
    ("%YAML 3.0\n---\na: b", 1, 1, "this is not YAML"),
]


@pytest.mark.parametrize(("content", "line", "column", "what"), CONTENTS, ids=[repr(case[0])[:40] for case in CONTENTS])
def test_what_is_wrong_is_found_where_it_stands(
    content: str | bytes, line: int, column: int, what: str, findings_of: FindingsOf
) -> None:
    found = [(finding.line, finding.column) for finding in findings_of(content) if what in finding.what]
    assert found == [(line, column)]


def test_a_finding_does_not_speak_to_the_terminal(findings_of: FindingsOf) -> None:
    text = '"\\u202eserv\\u00a0ices": {}\nresources: {db: {postgres: 16, init: "x\\u202e\\ny"}}'
    findings = findings_of(f"system: shop\n{text}")
    assert findings
    assert all(finding.what.isprintable() and finding.hint.isprintable() for finding in findings)


def test_a_value_that_cannot_be_read_hides_no_other_finding(findings_of: FindingsOf) -> None:
    findings = findings_of("system: shop\nlogs: {size: .inf, kepe: 1d}\nnetwrok: x\n")
    assert [finding.what.split(":")[0] for finding in findings] == [
        '".inf" is not a number that can be used',
        'unknown key "kepe"',
        'unknown key "netwrok"',
    ]


def test_a_bomb_of_aliases_is_counted_not_expanded(findings_of: FindingsOf) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    start = time.monotonic()
    findings = findings_of("\n".join(lines))
    assert "more than 100000 values once aliases are expanded" in findings[0].what
    assert time.monotonic() - start < 5


def test_depth_is_limited_also_through_aliases(findings_of: FindingsOf) -> None:
    assert "more than 50 levels deep" in findings_of("a: " + "[" * 100_000)[0].what
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60)]
    assert "more than 50 levels deep" in findings_of("\n".join(lines))[0].what


def test_many_values_are_refused_soon(findings_of: FindingsOf) -> None:
    assert "more than 100000 values" in findings_of("a: [" + "1," * 200_000 + "]")[0].what


def test_a_large_file_is_refused_before_it_is_read(project: Path) -> None:
    path = project / "stackyard.yaml"
    with path.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    with reading_less_than(2 * 1024 * 1024), pytest.raises(SpecError) as caught:
        load(path)
    assert caught.value.findings[0].what == "this file has 50.0 MB; a stack file has at most 1 MB"


def test_thousands_of_wrong_keys_are_all_reported_in_time(findings_of: FindingsOf) -> None:
    keys = "\n".join(f"servicse{n}: x" for n in range(20_000))
    start = time.monotonic()
    findings = findings_of(f"system: shop\n{keys}\n")
    assert len(findings) == 20_000
    assert time.monotonic() - start < 30


def test_a_byte_order_mark_and_windows_line_ends_are_fine(project: Path) -> None:
    path = project / "stackyard.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path).service("api").position.line == 3


def test_anchors_and_aliases_work(project: Path) -> None:
    path = project / "stackyard.yaml"
    path.write_text("system: shop\nservices:\n  a: &a {image: x, replicas: 2}\n  b: *a\n")
    assert load(path).service("b").replicas == 2


def test_words_of_yaml_1_1_are_plain_text(project: Path) -> None:
    path = project / "stackyard.yaml"
    words = "A: yes, B: off, C: 22:22, D: 1_000, E: 0o17, F: 2026-01-01"
    path.write_text(f"system: on\nservices:\n  a: {{image: x, environment: {{{words}}}}}\n")
    system = load(path)
    values = [value[0] for value in system.service("a").environment.values()]
    assert (system.name, values) == ("on", ["yes", "off", "22:22", "1_000", "0o17", "2026-01-01"])


def test_the_parser_without_libyaml_says_the_same(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    path = project / "stackyard.yaml"
    path.write_text("system: shop\nlogs: {keep: 1d, keep: 2d}\nservices: {a: {image: x, prot: 1}}\n")
    with pytest.raises(SpecError) as fast:
        load(path)
    monkeypatch.setattr(parser, "_LOADER", yaml.SafeLoader)
    with pytest.raises(SpecError) as slow:
        load(path)
    assert slow.value.findings == fast.value.findings


def test_the_file_is_found_in_its_folder(project: Path) -> None:
    (project / "stackyard.yml").write_text(GOOD)
    system = load(project)
    assert (system.file, system.root) == (project / "stackyard.yml", project)


def test_a_relative_path_stays_relative_in_messages_only(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "stackyard.yaml").write_text(GOOD)
    monkeypatch.chdir(project)
    system = load(Path())
    assert str(system.service("api").position) == "stackyard.yaml:3"
    assert system.root == project


def refusal(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load(path)
    return caught.value.findings[0].what


def test_what_is_no_readable_file_is_refused(project: Path) -> None:
    assert refusal(project) == "there is no stack file here"
    assert refusal(project / "other.yaml") == "there is no such file"
    assert "cannot be read" in refusal(project / ("x" * 300))
    assert refusal(Path("/dev/zero")) == "this is not a regular file"
    os.mkfifo(project / "stackyard.yml")
    assert refusal(project) == "this is not a regular file"
    (project / "stackyard.yaml").mkdir()
    assert refusal(project / "stackyard.yaml") == "this is a folder, not a file"
    assert refusal(project) == "there is a stackyard.yaml beside this file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_refused(project: Path) -> None:
    path = project / "stackyard.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    assert refusal(path) == "this file cannot be read: Permission denied"


def test_an_unknown_environment_or_profile_is_a_wrong_call(project: Path) -> None:
    """TOP-03: development, testing and production exist always. TOP-08."""
    (project / "stackyard.yaml").write_text(GOOD)
    assert [load(project, name).environment for name in ("development", "testing", "production")]
    with pytest.raises(UsageError) as caught:
        load(project, "prodcution")
    assert (caught.value.what, caught.value.hint) == (
        'there is no environment "prodcution"',
        'did you mean "production"?',
    )
    with pytest.raises(UsageError, match='there is no profile "debgu"'):
        load(project, profiles=["debgu"])


def test_a_system_needs_nothing_but_a_name(project: Path) -> None:
    (project / "stackyard.yaml").write_text("system: shop")
    assert load(project) == System(
        name="shop",
        environment="development",
        root=project,
        file=project / "stackyard.yaml",
        services=(),
        logs=load(project).logs,
    )
