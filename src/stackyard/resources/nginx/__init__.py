"""The edge as an nginx: its configuration from the model, its tuning, and what a change of it needs.

`render` is pure. What only a target knows (ports, paths, addresses of replicas) it hands over as an `EdgePlace`.

For the target: the `work` folder exists and belongs to nginx's user; the rendered files, static roots and certificate
are readable by that user, the key by nobody else; stdout is a FIFO which that user may write, for nginx opens it again
by name (`access_log /dev/stdout`): mode 0622, or its own with 0600. Probe `GET /nginx-health` at `EdgePlace.health`
(plain HTTP, answers 200, not logged). Stop with SIGQUIT and a grace of some seconds: open WebSockets do not end by
themselves. A reload is SIGHUP; run `nginx -t` before it, for nginx keeps the old configuration when the new one fails.
"""

from stackyard.resources.nginx.change import start_lines
from stackyard.resources.nginx.place import Direct, EdgePlace, StaticRoot
from stackyard.resources.nginx.render import command, render

__all__ = ["Direct", "EdgePlace", "StaticRoot", "command", "render", "start_lines"]
