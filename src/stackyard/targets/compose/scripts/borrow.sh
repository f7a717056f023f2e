# Takes programs of another image over, with those of their libraries that are not here.
#   borrow.sh FROM TO FILE...      FILE, a program or a folder of the image at FROM, goes to TO/FILE, libraries to TO/lib
set -eu
from=$1
to=$2
shift 2
mkdir -p "$to/lib"
for file; do
    # Links there lead to places there: so they are followed there.
    [ -e "$from$file" ] || [ -h "$from$file" ] || { echo "the other image has no $file" >&2; exit 1; }
    chroot "$from" tar -chf - --exclude=bitcode "${file#/}" | tar -x -C "$to"
done
find "$to" -type f -path '*/bin/*' -perm -u+x >"$to/programs"
while read -r program; do
    chroot "$from" ldd "${program#"$to"}" | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3}' >"$to/needed"
    while read -r name path; do
        ldconfig -p | grep -q "^[[:space:]]*$name " || [ -e "$to/lib/$name" ] || chroot "$from" cat "$path" >"$to/lib/$name"
    done <"$to/needed"
    if LD_LIBRARY_PATH="$to/lib" ldd "$program" | grep 'not found'; then
        echo "$program of the other image cannot run in this one: they are of different distributions" >&2
        exit 1
    fi
done <"$to/programs"
rm "$to/programs" "$to/needed"
