"""Exit with 0 when the service answers. Usage: python -I -S probe.py PORT SECONDS [PATH]

With a PATH it must answer a GET with a status from 200 to 399; without, it must accept a connection. Sockets by hand:
importing an HTTP client takes longer than all the rest.
"""

import _socket
import sys

sock = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
sock.settimeout(float(sys.argv[2]))
try:
    sock.connect(("127.0.0.1", int(sys.argv[1])))
    if len(sys.argv) == 3:
        sys.exit(0)
    sock.sendall(
        b"GET " + sys.argv[3].encode() + b" HTTP/1.1\r\nHost: localhost\r\nUser-Agent: stackyard-probe\r\n"
        b"Connection: close\r\n\r\n"
    )
    head = b""
    while b"\r\n" not in head:
        piece = sock.recv(4096)
        if not piece:
            break
        head += piece
except OSError as error:
    sys.exit(f"port {sys.argv[1]}: {error}")
line = head.partition(b"\r\n")[0].decode("latin-1")
sys.exit(0 if line[:5] == "HTTP/" and line[9:10] in ("2", "3") else f"{sys.argv[3]}: {line or 'no answer'}")
