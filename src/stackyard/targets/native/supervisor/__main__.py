"""The supervisor process. Its one argument is JSON, written by `birth.begin`."""

from __future__ import annotations

import gc
import json
import sys

# What is imported here stays for good: nothing of it has to be looked through, now or ever after.
gc.disable()

from stackyard.targets.native.supervisor.life import Orders, live  # noqa: E402 - behind the line above

if __name__ == "__main__":
    gc.freeze()
    gc.enable()
    live(Orders(**json.loads(sys.argv[1])))
