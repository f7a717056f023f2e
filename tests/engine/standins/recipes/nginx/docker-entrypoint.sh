#!/bin/sh
# Stand-in for the entry point of the official nginx image: what lies in /docker-entrypoint.d runs first, when nginx is to
# start; *.envsh is taken in, *.sh runs. It leaves out: the scripts for templates and IPv6 that the image brings along.
set -e
case ${1:-} in
nginx | nginx-debug)
    for file in $(find /docker-entrypoint.d -follow -type f | sort -V); do
        case $file in
        *.envsh) if [ -x "$file" ]; then . "$file"; fi ;;
        *.sh) if [ -x "$file" ]; then "$file"; fi ;;
        esac
    done ;;
esac
exec "$@"
