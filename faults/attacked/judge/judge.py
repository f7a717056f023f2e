"""An upstream that trusts nobody: it writes down every byte of every connection, and tells it to who asks.

It takes requests apart as HTTP/1.1 frames them and answers each with its own path. Whatever follows a request on the
same connection is the next request: that is what makes smuggling visible. `/judge/record`, asked on the service's own
port, gives what came since it was last asked.
"""

import asyncio
import json
import os

MOST = 1 << 24
QUIET = ("/judge/ready", "/judge/record")


class Connection:
    """One connection from the edge, and what came over it since the record was last asked for."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.reader = reader
        self.raw = bytearray()

    async def head(self) -> bytes:
        """The next request line and headers, up to the empty line; what there is when the connection ends before."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = await self.reader.read(1)
            if not byte:
                break
            head += byte
        return head

    async def body(self, head: bytes) -> bytes:
        """The body as the headers frame it."""
        fields = [line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:] if b":" in line]
        headers = {name: value.strip() for name, value in fields}
        if headers.get(b"transfer-encoding") != b"chunked":
            return await self.reader.readexactly(int(headers.get(b"content-length", b"0")))
        body = b""
        while True:
            line = await self.reader.readline()
            size = int(line.split(b";")[0] or b"0", 16)
            body += line + await self.reader.readexactly(size + 2)
            if size == 0:
                return body


OPEN: list[Connection] = []


def record() -> bytes:
    """What came over each connection since the last time, and forget it."""
    found = [connection.raw.decode("latin-1") for connection in OPEN if connection.raw]
    for connection in OPEN:
        connection.raw.clear()
    return json.dumps(found).encode()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection: as many requests as come."""
    connection = Connection(reader)
    OPEN.append(connection)
    try:
        while head := await connection.head():
            path = head.split(b" ")[1].decode("latin-1") if head.count(b" ") > 1 else ""
            if path not in QUIET:
                connection.raw += head
            body = await connection.body(head)
            connection.raw += body
            answer = record() if path == "/judge/record" else json.dumps({"path": path, "got": len(body)}).encode()
            start = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
            writer.write(start.encode() + answer)
            await writer.drain()
            if b"\r\nconnection: close\r\n" in head.lower():
                break
    except (OSError, ValueError, asyncio.IncompleteReadError):
        connection.raw += b"(the rest could not be read)"
    writer.close()


async def main() -> None:
    """Serve for as long as we live."""
    server = await asyncio.start_server(serve, "127.0.0.1", int(os.environ["PORT"]), limit=MOST, backlog=1024)
    await server.serve_forever()


asyncio.run(main())
