"""The judges that nobody here wrote: each says how much it judged, and finds what is wrong with a bad twin."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.errors import MachineError
from stackyard.verify import judges
from stackyard.verify.areas import checks
from stackyard.verify.check import CannotSeeError
from stackyard.verify.judges import asking, installing

GOOD = """
events {}
http {
    server_tokens off;
    server {
        listen 127.0.0.1:8080;
        location / { return 204; }
    }
}
"""
TRAP = "location /files { alias /srv/files/; }"


@pytest.mark.real
def test_a_judge_of_nginx_files_finds_the_trap_and_counts_what_it_read(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text(GOOD)
    bad.write_text(GOOD.replace("location / {", f"{TRAP}\n        location / {{"))
    fine, wrong = (judges.consult("nginx", str(path), "hsts_header") for path in (good, bad))
    assert wrong["directives"] == fine["directives"] + 2
    assert fine["rules"] > 20
    assert "alias_traversal" not in {one["rule"] for one in fine["issues"]}
    assert {one["severity"] for one in wrong["issues"] if one["rule"] == "alias_traversal"} == {"HIGH"}


@pytest.mark.real
def test_a_judge_of_policies_finds_what_lets_foreign_code_in() -> None:
    strict = judges.consult("csp", "default-src 'self'; object-src 'none'; base-uri 'self'")
    loose = judges.consult("csp", "script-src 'unsafe-inline' *; object-src 'none'")
    assert strict["directives"] == 3
    assert "HIGH" not in {one["severity"] for one in strict["findings"]}
    assert [one["value"] for one in loose["findings"] if one["severity"] == "HIGH"] == ["'unsafe-inline'", "*"]


@pytest.mark.real
def test_a_judge_that_reaches_no_server_says_so_instead_of_finding_nothing() -> None:
    """The scanner itself ends with success when there is nobody to scan."""
    said = judges.consult("tls", "nobody.localhost", "127.0.0.1", "1", "")
    assert said["status"] != "COMPLETED"
    assert said["commands"] == 0


def test_every_judge_is_asked_by_a_check() -> None:
    assert {one.check for one in judges.JUDGES.values()} <= {check.id for check in checks()}


def test_a_judge_that_cannot_be_installed_is_a_reason_not_to_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "user_cache", lambda: tmp_path)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    with pytest.raises(CannotSeeError, match=r"gixy-ng .* could not be installed.*verify again"):
        asking.consult("nginx", "/nowhere/nginx.conf", "")
    assert [path.name for path in (tmp_path / "judges").iterdir()] == [".lock"]
    assert [one.name for one in judges.missing(["edge.files-sound"])] == ["gixy-ng"]


def test_a_machine_without_node_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "user_cache", lambda: tmp_path)
    monkeypatch.setattr(installing, "find", lambda _: None)
    with pytest.raises(MachineError, match="needs npm, and there is none") as caught:
        judges.ensure(judges.JUDGES["csp"])
    assert "doctor --install" in caught.value.hint
