# Runs a server for whoever holds our standard input; when that is closed, or they are gone, the server stops.
#   alone.sh LOCK postgres WORD...
# LOCK is a file beside the data ("" for none): while it is locked, no other server starts on the data, nor does this.
lock=$1
shift
if [ -n "$lock" ]; then
    exec 9>>"$lock"
    flock -n 9 || { echo "stackyard: another server has this data in use" >&2; exit 1; }
fi
echo 'host all all 127.0.0.1/32 trust' >/tmp/hba.conf
: >/tmp/ident.conf
: >/tmp/postgresql.conf
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
stop() {
    # Until it has come so far, it hears nothing: a shell has its children ignore this signal.
    while kill -INT "$server" 2>/dev/null; do sleep 0.2; done
}
trap 'stop 9>&- &' TERM INT
(
    while read -r _; do :; done
    stop
) <&3 9>&- &
holder=$!
code=0
wait "$server" || code=$?
# A signal ends the wait, not what is waited for.
while kill -0 "$server" 2>/dev/null; do
    code=0
    wait "$server" || code=$?
done
kill "$holder" 2>/dev/null || true
exit "$code"
