"""Judges that nobody here wrote: sslyze on TLS, gixy on nginx files, Google's csp_evaluator on policies.

They need packages that do not go together with ours, so each lives in a folder of its own in the user's cache. The
first check that needs one installs it: pinned, with the hashes in `pins/`. What speaks with a judge is a short program
in `programs/`; it runs inside the judge's own environment and answers with one JSON object.

A judge may exit with 0 and have judged nothing, so every answer says how much was looked at.
"""

from stackyard.verify.judges.asking import consult
from stackyard.verify.judges.installing import JUDGES, Judge, ensure, missing

__all__ = ["JUDGES", "Judge", "consult", "ensure", "missing"]
