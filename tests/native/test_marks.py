"""The marks of files with secrets, which others may be writing while they are read."""

from pathlib import Path

from stackyard.targets.native.layout import Layout
from stackyard.targets.native.machine import read_marks


def test_a_secret_that_is_still_being_written_has_no_mark(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "development")
    layout.secrets.mkdir(parents=True)
    (layout.secrets / "db.owner").write_text("a secret")
    (layout.secrets / ".db.web.b46a10ee").write_text("half a sec")
    # What was listed may be gone before it is looked at: a link to nothing stands for it.
    (layout.secrets / "db.gone").symlink_to(layout.secrets / "nothing")
    assert list(read_marks(layout)) == [str(layout.secrets / "db.owner")]
