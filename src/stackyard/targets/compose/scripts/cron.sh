# Runs "$@" at the times below, in UTC, one run at a time: what comes due while it runs is passed over.
# USR1 has it run now.
stopping=
soon=
napping=
child=
how=KILL
stop() {
    stopping=1
    [ -z "$child" ] || kill -s "$how" "$child" 2>/dev/null
}
hurry() {
    soon=1
    [ -z "$napping" ] || [ -z "$child" ] || kill -s KILL "$child" 2>/dev/null
}
trap stop TERM INT
trap hurry USR1

among() {
    case " $2 " in *" $1 "*) return 0 ;; esac
    return 1
}
due() {
    # Minute, hour, day of the month, month, day of the week.
    among "$1" "$minutes" && among "$2" "$hours" && among "$4" "$months" || return 1
    if [ "$days_and_weekdays" = yes ]; then
        among "$3" "$days" && among "$5" "$weekdays"
    else
        among "$3" "$days" || among "$5" "$weekdays"
    fi
}

while [ -z "$stopping" ]; do
    second=$(date -u +%S)
    # A signal that reaches a child before it is itself is lost, but for this one.
    how=KILL
    napping=yes
    sleep $((60 - ${second#0})) &
    child=$!
    # Whoever was told something before there was a child has stopped none.
    [ -z "$stopping$soon" ] || kill -s KILL "$child" 2>/dev/null
    wait "$child"
    child=
    napping=
    [ -z "$stopping" ] || break
    # shellcheck disable=SC2046
    [ -n "$soon" ] || due $(date -u '+%M %H %d %m %w') || continue
    soon=
    how=$signal
    "$@" &
    child=$!
    [ -z "$stopping" ] || stop
    wait "$child"
    code=$?
    # A signal ends the wait, not what is waited for.
    while kill -0 "$child" 2>/dev/null; do
        wait "$child"
        code=$?
    done
    child=
    [ "$code" -eq 0 ] || echo "stackyard: it ended with exit code $code" >&2
done
