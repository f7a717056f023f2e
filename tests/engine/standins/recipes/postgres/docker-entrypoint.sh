#!/bin/bash
# Stand-in for the entry point of the official postgres image. It keeps what the target relies on: variables with _FILE,
# a first start that makes the cluster and runs /docker-entrypoint-initdb.d with a server that listens on its socket
# only, the step from root to postgres, and exec of the server. It leaves out: users without a name, --wal-init options.
set -Eeuo pipefail

note() { printf '%s stand-in postgres: %s\n' "$(date --utc '+%F %T')" "$*"; }
refuse() { printf 'Error: %s\n' "$*" >&2; exit 1; }

# VAR, or the content of the file that VAR_FILE names, or a default.
take() {
    local name=$1 file=${1}_FILE
    [ -z "${!name:-}" ] || [ -z "${!file:-}" ] || refuse "both $name and $file are set (but are exclusive)"
    if [ -n "${!file:-}" ]; then printf -v "$name" '%s' "$(< "${!file}")"
    elif [ -z "${!name:-}" ]; then printf -v "$name" '%s' "${2:-}"
    fi
    export "${name?}"
    unset "$file"
}

prepare_folders() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 00700 "$PGDATA" || :
    chmod 03775 /var/run/postgresql || :
    if [ -n "${POSTGRES_INITDB_WALDIR:-}" ]; then mkdir -p "$POSTGRES_INITDB_WALDIR"; fi
    if [ "$(id -u)" = 0 ]; then
        find "$PGDATA" ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"} \! -user postgres -exec chown postgres '{}' +
        find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
    fi
}

make_cluster() {
    if [ -z "$POSTGRES_PASSWORD" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        refuse "Database is uninitialized and superuser password is not specified. You must specify POSTGRES_PASSWORD."
    fi
    local extra=()
    [ -z "${POSTGRES_INITDB_WALDIR:-}" ] || extra=(--waldir "$POSTGRES_INITDB_WALDIR")
    # The words of POSTGRES_INITDB_ARGS may be quoted, as for a shell.
    eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") \"\${extra[@]}\" ${POSTGRES_INITDB_ARGS:-}"
    # Debian compiles this in; the server of the npm package would use /tmp.
    sed -i "s@^#unix_socket_directories = '/tmp'@unix_socket_directories = '/var/run/postgresql'@" "$PGDATA/postgresql.conf"
    printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
}

ask() { PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password --username "$POSTGRES_USER" "$@"; }

make_database() {
    [ "$POSTGRES_DB" != postgres ] || return 0
    local there
    there=$(ask --dbname postgres --tuples-only --no-align --set db="$POSTGRES_DB" <<< "SELECT 1 FROM pg_database WHERE datname = :'db';")
    [ -n "$there" ] || ask --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db";'
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
        *.sh)
            if [ -x "$file" ]; then note "running $file"; "$file"
            else note "sourcing $file"; . "$file"
            fi ;;
        *.sql) note "running $file"; ask --dbname "$POSTGRES_DB" -f "$file" ;;
        *.sql.gz) note "running $file"; gunzip -c "$file" | ask --dbname "$POSTGRES_DB" ;;
        *.sql.xz) note "running $file"; xzcat "$file" | ask --dbname "$POSTGRES_DB" ;;
        *.sql.zst) note "running $file"; zstd -dc "$file" | ask --dbname "$POSTGRES_DB" ;;
        *) note "ignoring $file" ;;
        esac
    done
}

first_start() {
    make_cluster
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
    local words
    [ "$1" != postgres ] || shift
    words=$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")
    NOTIFY_SOCKET='' pg_ctl -D "$PGDATA" -o "$words" -w start
    make_database
    run_init_files
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    note "PostgreSQL init process complete; ready for start up."
}

if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
asks_only=
for word in "$@"; do
    case $word in -'?' | --help | --describe-config | -V | --version) asks_only=yes ;; esac
done
if [ "$1" = postgres ] && [ -z "$asks_only" ]; then
    prepare_folders
    if [ "$(id -u)" = 0 ]; then
        exec setpriv --reuid postgres --regid postgres --init-groups "${BASH_SOURCE[0]}" "$@"
    fi
    take POSTGRES_PASSWORD
    take POSTGRES_USER postgres
    take POSTGRES_DB "$POSTGRES_USER"
    take POSTGRES_INITDB_ARGS
    if [ -s "$PGDATA/PG_VERSION" ]; then
        note "Database directory appears to contain a database; skipping initialization"
    else
        ls /docker-entrypoint-initdb.d/ > /dev/null
        first_start "$@"
    fi
fi
exec "$@"
