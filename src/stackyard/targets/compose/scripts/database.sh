# Starts the server through the entry point of its image. A first creation that was cut short is begun again: until it
# is whole nobody can reach the server, so there is nothing of anybody's in it.
set -eu
# Servers in two containers do not see one another, and would ruin the data. That of an upgrade goes when that ends.
exec 9>>"$volume/alone"
flock 9 || echo "stackyard: this volume knows no locks" >&2
for found in "$volume"/PG_VERSION "$volume"/cluster/PG_VERSION "$volume"/[0-9]*/docker/PG_VERSION; do
    # An empty database beside the data of another version would look like a loss.
    if [ -e "$found" ] && [ "${found%/PG_VERSION}" != "$PGDATA" ] && [ ! -e "$PGDATA/PG_VERSION" ]; then
        echo "stackyard: the data here is of PostgreSQL $(cat "$found"), which this server cannot open" >&2
        exit 1
    fi
done
if [ -e "$PGDATA/standby.signal" ]; then
    # What it lacks another server has taken since: as a primary it would be a second one.
    echo "stackyard: the data in $PGDATA only follows, for a replica took over: that has the data to lead with" >&2
    exit 1
fi
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
