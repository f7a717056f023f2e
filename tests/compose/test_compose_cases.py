"""Stack files and the documents that they become: above and below a line, in one file each. UPDATE=1 writes anew."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from stackyard.targets.compose.rendering import Rendered

from .yard import CASES, ENVIRONMENTS, MARK, case, compose, ejected, rendered, write

ALL = sorted(path.stem for path in CASES.glob("*.yaml"))
_SEPARATOR = "# ---- {name}\n"


def becomes(folder: Path, text: str) -> str:
    """The documents one after the other, and the configuration that is written for the target's own sake."""
    made = ejected(folder, text)
    shown = [file for file in made.files if file.path.suffix == ".yaml" and len(file.path.parts) == 1]
    return "".join(_SEPARATOR.format(name=file.path) + file.content for file in shown)


@pytest.mark.parametrize("name", ALL)
def test_a_stack_file_becomes_these_documents(name: str, tmp_path: Path) -> None:
    """TGT-01: Docker Compose: base, development, production, testing, monitoring."""
    path = CASES / f"{name}.yaml"
    made = becomes(tmp_path, case(name))
    if os.environ.get("UPDATE"):
        path.write_text(case(name) + MARK + made)
    assert path.read_text().partition(MARK)[2] == made


@pytest.mark.parametrize("name", ALL)
def test_a_second_rendering_differs_in_nothing(name: str, tmp_path: Path) -> None:
    assert ejected(tmp_path, case(name)) == ejected(tmp_path, case(name))


@pytest.mark.parametrize("name", ALL)
def test_the_documents_follow_the_schema_of_compose(name: str, tmp_path: Path) -> None:
    """TGT-01: by the schema of the Compose specification, which comes with a judge of schemas."""
    assert schema_faults(ejected(tmp_path, case(name))) == []


def schema_faults(made: Rendered) -> list[str]:
    """What the schema of the Compose specification says is wrong with the documents."""
    jsonschema = pytest.importorskip("jsonschema")
    check = pytest.importorskip("check_jsonschema")
    schema = json.loads((Path(check.__file__).parent / "builtin_schemas/vendor/compose-spec.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    documents = [json.loads(json.dumps(document)) for document in made.documents.values()]
    return [error.message for document in documents for error in validator.iter_errors(document)]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", ALL)
def test_compose_itself_reads_them_and_sees_one_whole(name: str, environment: str, tmp_path: Path) -> None:
    """TGT-01: what Compose makes of base and overlay is what it makes of the environment by itself."""
    if not compose():
        pytest.skip("no Docker Compose on this machine")
    made = ejected(tmp_path, case(name), environment)
    alone = rendered(tmp_path, case(name), environment, ejected=True)
    merged = composed(tmp_path / "out", made)
    shutil.rmtree(tmp_path / "out")
    assert _placeless(merged) == _placeless(composed(tmp_path / "out", alone))


def composed(folder: Path, made: Rendered) -> dict[str, object]:
    """What Compose itself makes of the documents, written into the folder."""
    write(made, folder)
    files = [word for name in made.order for word in ("-f", name)]
    argv = ["docker", "compose", *files, "config", "--format", "json"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    read: dict[str, object] = json.loads(done.stdout)
    return read


def _placeless(document: dict[str, object]) -> dict[str, object]:
    """Without where files stand: environments that share a folder keep theirs apart."""
    return {key: value for key, value in document.items() if key not in ("configs", "secrets")}


@pytest.mark.parametrize("name", ALL)
def test_what_is_written_reads_back_as_what_was_meant(name: str, tmp_path: Path) -> None:
    made = ejected(tmp_path, case(name))
    texts = {str(file.path): file.content for file in made.files}
    for file, document in made.documents.items():
        assert yaml.safe_load(texts[file].replace("$$", "$")) == json.loads(json.dumps(document))
