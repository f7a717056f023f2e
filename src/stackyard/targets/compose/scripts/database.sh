# Starts the server through the entry point of its image. A first creation that was cut short is begun again: until it
# is whole nobody can reach the server, so there is nothing of anybody's in it.
set -eu
if [ -e "$creating" ]; then
    echo "stackyard: the first creation of this database did not come to its end, and begins again" >&2
    rm -rf "$PGDATA"
elif [ -z "$(ls -A "$PGDATA" 2>/dev/null)" ]; then
    : >"$creating"
fi
if [ -n "$key" ]; then
    # The server refuses a key that others may read, and a mounted secret is readable by all of its container.
    (umask 077 && cat "$key" >/tmp/server.key)
fi
exec docker-entrypoint.sh "$@"
