"""The supervisor process. Its one argument is JSON, written by `client.launch` and by the guardian."""

from __future__ import annotations

import json
import sys

from stackyard.targets.native.supervisor.life import Orders, live

if __name__ == "__main__":
    live(Orders(**json.loads(sys.argv[1])))
