# The first creation of the database: its roles, schemas and extensions, and then the init scripts of the system.
# The entry point of the image runs this once, when there is no data yet. Later Stackyard reconciles what is here.
(
    set -eu
    set -a
    . /run/secrets/roles
    set +a
    psql -X --quiet -v ON_ERROR_STOP=1 --username postgres --dbname postgres -f /etc/stackyard/catalog.sql
    if [ ! -d /etc/stackyard/init ]; then
        rm -f "$creating"
        exit 0
    fi
    record() {
        psql -X --quiet -v ON_ERROR_STOP=1 --username postgres --dbname "$STACKYARD_DATABASE" -v script="$1" -v sha="$2"
    }
    # Scripts run as the owner of the database, who is no superuser, in the order of their names.
    export POSTGRES_DB="$STACKYARD_DATABASE" POSTGRES_USER="$STACKYARD_OWNER" POSTGRES_PASSWORD="$STACKYARD_PASSWORD"
    export PGHOST=/var/run/postgresql PGDATABASE="$STACKYARD_DATABASE"
    export PGUSER="$STACKYARD_OWNER" PGPASSWORD="$STACKYARD_PASSWORD"
    as_owner() {
        PGOPTIONS='-c lock_timeout=0' psql -X --quiet -v ON_ERROR_STOP=1 --single-transaction -f "$1"
    }
    LC_ALL=C
    for script in /etc/stackyard/init/*; do
        name=${script##*/}
        case "$name" in
            *.sql | *.sh) sha=$(sha256sum <"$script") ;;
            *.sql.gz) sha=$(gzip -dc "$script" | sha256sum) ;;
            *) continue ;;
        esac
        echo "stackyard: running $name"
        echo "INSERT INTO stackyard.init_scripts (script, sha256) VALUES (:'script', :'sha')" | record "$name" "${sha%% *}"
        case "$name" in
            *.sql) as_owner "$script" ;;
            *.sql.gz) gzip -dc "$script" | as_owner - ;;
            *.sh) if [ -x "$script" ]; then "$script"; else bash "$script"; fi ;;
        esac
        echo "UPDATE stackyard.init_scripts SET done = now() WHERE script = :'script'" | record "$name" ''
    done
    echo "INSERT INTO stackyard.init_scripts (script, sha256, done) VALUES (:'script', '', now())" | record '*' ''
    rm -f "$creating"
)
