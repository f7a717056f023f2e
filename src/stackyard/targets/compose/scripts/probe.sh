# Exit with 0 when the server answers, asked with whatever this image has. Usage: sh probe.sh PORT SECONDS [PATH]
# With a PATH it must answer a GET with a status from 200 to 399; without, it must accept a connection.
port=$1 limit=$2 path=${3-}

has() {
    command -v "$1" >/dev/null 2>&1
}

if [ -n "$path" ]; then
    if has curl; then
        exec curl -fsS -m "$limit" -o /dev/null "http://127.0.0.1:$port$path"
    elif has wget; then
        exec wget -q -T "$limit" -O /dev/null "http://127.0.0.1:$port$path"
    fi
elif has nc; then
    exec nc -z -w "$limit" 127.0.0.1 "$port"
fi
if has perl; then
    exec perl -MIO::Socket::INET -e '
        alarm $ARGV[1];
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or die "$!\n";
        exit 0 unless length($ARGV[2] // "");
        print $s "GET $ARGV[2] HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        my $line = <$s> // "no answer";
        exit 0 if $line =~ m{^HTTP/\S+ [23]};
        die $line' "$port" "$limit" "$path"
elif has python3; then
    exec python3 -c '
import socket, sys
port, limit, path = sys.argv[1:]
sock = socket.create_connection(("127.0.0.1", int(port)), float(limit))
if path:
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    line = sock.makefile("rb").readline()
    sys.exit(0 if line[:5] == b"HTTP/" and line[9:10] in (b"2", b"3") else repr(line))' "$port" "$limit" "$path"
elif has node; then
    exec node -e '
const [port, limit, path] = process.argv.slice(1);
const s = require("net").connect(+port, "127.0.0.1", () => {
  if (!path) process.exit(0);
  s.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
});
s.setTimeout(limit * 1000, () => process.exit(1));
s.on("error", () => process.exit(1));
s.on("data", (data) => process.exit(/^HTTP\/\S+ [23]/.test(String(data)) ? 0 : 1));
s.on("end", () => process.exit(1));' "$port" "$limit" "$path"
fi
echo "nothing in this image can ask: it has neither curl, wget, nc, perl, python3 nor node" >&2
exit 1
