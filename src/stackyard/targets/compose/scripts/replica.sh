# Starts a replica: a copy of its primary, made when there is none, which then only follows. It never leads: without the
# mark of a replica in its data it does not start.
set -eu
PGPASSWORD=$(cat "$password")
export PGPASSWORD
if [ "$encrypted" = yes ]; then
    export PGSSLMODE=require
fi
cluster() {
    pg_controldata "$1" | grep 'system identifier'
}
if [ -e "$anew" ]; then
    echo "stackyard: this replica can no longer follow, and is copied anew" >&2
    if [ -e "$PGDATA" ]; then
        mv "$PGDATA" "$PGDATA.aside-$(date -u +%Y%m%dT%H%M%S)"
    fi
    rm -f "$anew"
fi
if [ ! -e "$PGDATA/PG_VERSION" ]; then
    mkdir -p "$(dirname "$PGDATA")"
    tries=0
    until rm -rf "$PGDATA.new" &&
        pg_basebackup -h "$primary" -U "$role" -w -D "$PGDATA.new" -X stream -S "$slot" -c fast; do
        tries=$((tries + 1))
        # Its primary may still be making the role and the slot.
        [ "$tries" -lt 60 ] || exit 1
        sleep 1
    done
    touch "$PGDATA.new/standby.signal"
    chmod 700 "$PGDATA.new"
    mv "$PGDATA.new" "$PGDATA"
    # Of the same cluster it had nothing that its primary has not; of another one it may be the last copy.
    for old in "$PGDATA".aside-*; do
        if [ -e "$old/standby.signal" ] && [ "$(cluster "$old")" = "$(cluster "$PGDATA")" ]; then
            rm -rf "$old"
        fi
    done
fi
if [ ! -e "$PGDATA/standby.signal" ]; then
    echo "stackyard: the data in $PGDATA is no replica's: it was a server of its own, and is not touched" >&2
    exit 1
fi
if [ -n "$key" ]; then
    # The server refuses a key that others may read, and a mounted secret is readable by all of its container.
    (umask 077 && cat "$key" >/tmp/server.key)
fi
exec "$@"
