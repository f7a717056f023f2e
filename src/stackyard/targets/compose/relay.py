"""A way into a container that needs no published port: a private unix socket here, and a copying process in there.

Every connection to the socket becomes one `docker exec`, whose input and output are the connection itself. It works
wherever the engine is, and nobody else on this machine can use it: the folder of the socket is ours alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from stackyard.targets.compose import commands

# Perl is in every Debian image, and knows both kinds of sockets; images of other distributions have nc.
_PERL = """
use Socket;
my $to = $ARGV[0];
my ($host, $port) = $to =~ /^(.*):(\\d+)$/;
my $address = $to =~ m{^/} ? sockaddr_un($to) : sockaddr_in($port, inet_aton($host));
my $server;
socket($server, $to =~ m{^/} ? PF_UNIX : PF_INET, SOCK_STREAM, 0) or die "$to: $!\\n";
$ARGV[1] and (bind($server, sockaddr_in(0, inet_aton($ARGV[1]))) or die "$ARGV[1]: $!\\n");
connect($server, $address) or die "$to: $!\\n";
sub put {
    my ($out, $data) = @_;
    while (length $data) { my $n = syswrite $out, $data; exit 1 unless $n; substr($data, 0, $n) = "" }
}
my $open = 1;
while (1) {
    my $bits = "";
    vec($bits, fileno($server), 1) = 1;
    vec($bits, 0, 1) = 1 if $open;
    select($bits, undef, undef, undef);
    if (vec($bits, fileno($server), 1)) { exit 0 unless sysread $server, my $data, 65536; put(\\*STDOUT, $data) }
    if ($open && vec($bits, 0, 1)) {
        if (sysread STDIN, my $data, 65536) { put($server, $data) } else { $open = 0; shutdown $server, 1 }
    }
}
"""
_ENTER = """
if command -v perl >/dev/null; then exec perl -e "$1" "$2" "$3"; fi
if [ -n "$3" ]; then echo "this image has no perl" >&2; exit 69; fi
if ! command -v nc >/dev/null; then echo "this image has neither perl nor nc" >&2; exit 69; fi
case "$2" in /*) exec nc -U "$2" ;; *) exec nc "${2%:*}" "${2##*:}" ;; esac
"""
_PATIENCE = 3.0
"""Seconds for a copying process to end by itself when its connection is closed."""


class Relay:
    """Opened with `with`: `path` is the socket, `folder` the private folder that it is in.

    `container` is the id or name of a running container, `target` what is connected to in there: the absolute path of
    a unix socket, or "host:port". `name` is that of our socket; clients of PostgreSQL want theirs named in their way.
    `user` is who connects; without one, whom the container runs as. `source` is the address that connections come
    from in there, which may be any on its loopback.
    """

    def __init__(self, container: str, target: str, *, name: str = "socket", user: str = "", source: str = "") -> None:
        self._argv = _argv(container, target, user=user, source=source)
        self._name = name
        self._children: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Relay:
        self.folder = Path(tempfile.mkdtemp(prefix="stackyard-"))
        self.path = self.folder / self._name
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(16)
        self._complaints = (self.folder / "complaints").open("a+b")
        self._thread = threading.Thread(target=self._accept, name=f"relay {self._name}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for child in self._children:
            _end(child)
        self._complaints.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def complaints(self) -> tuple[str, ...]:
        """What the copying processes said was wrong: a server that does not listen, a container that has gone."""
        text = (self.folder / "complaints").read_text(errors="replace")
        return tuple(line for line in text.splitlines() if line.strip())[-4:]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._children.append(self._join(connection))

    def _join(self, connection: socket.socket) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._argv,
            stdin=connection.fileno(),
            stdout=connection.fileno(),
            stderr=self._complaints.fileno(),
            env=commands.environment(os.environ),
            start_new_session=True,
        )


def stream(container: str, target: str, *, source: str = "") -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """One connection as a socket of ours, and the copying process, which ends with it. See `Relay`."""
    near, far = socket.socketpair()
    with far:
        child = subprocess.Popen(
            _argv(container, target, source=source),
            stdin=far.fileno(),
            stdout=far.fileno(),
            stderr=subprocess.DEVNULL,
            env=commands.environment(os.environ),
            start_new_session=True,
        )
    return near, child


def _argv(container: str, target: str, *, user: str = "", source: str = "") -> commands.Argv:
    return commands.execute(container, ("sh", "-c", _ENTER, "relay", _PERL, target, source), user=user)


def _end(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
