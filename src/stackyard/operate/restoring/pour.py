"""`python -m stackyard.operate.restoring.pour JOB.json PART PLACE`: the database of a restored copy, dumped to stdout.

What reads it is the running server's own pg_restore, so it is written by pg_dump of the same version.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stackyard.backup import job as jobs
from stackyard.backup.recover import serving
from stackyard.errors import StackyardError
from stackyard.operate.restoring.engine import postgres_part


def main() -> int:
    """Dump it; the exit code is that of pg_dump, or 1 when the copy cannot be served."""
    file, name, place = sys.argv[1:]
    part = postgres_part(jobs.from_text(Path(file).read_text()), name)
    try:
        with serving(part, Path(place)) as server:
            access = {"PGHOST": server.host, "PGPORT": str(server.port), "PGUSER": server.user}
            argv = (str(Path(part.server) / "pg_dump"), "--format=custom", "--compress=0", f"--dbname={part.database}")
            return subprocess.run(argv, env={**access, **part.environment}, check=False).returncode
    except StackyardError as error:
        sys.stderr.write("\n".join((error.what, *error.details, "")))
        return 1


if __name__ == "__main__":
    sys.exit(main())
