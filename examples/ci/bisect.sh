#!/bin/sh
# For `git bisect run`: build this kernel, boot it, take a dump, hold it against that of a good kernel.
#
#   GOOD=good.txt BUDGET=bisect.toml BUILD='make -j8' BOOT='./boot-and-dump' git bisect run ./bisect.sh
#
# BOOT is called with the name of the file to write the dump to. A kernel that cannot be built or
# booted is skipped (125); a broken budget is bad (1); what else goes wrong stops the bisection (128).
set -u
: "${GOOD:?a dump of a good kernel}" "${BUDGET:?a budget file}" "${BUILD:?}" "${BOOT:?}"
folder=$(mktemp -d) || exit 128
trap 'rm -rf "$folder"' EXIT

sh -c "$BUILD" || exit 125
sh -c "$BOOT \"\$1\"" boot "$folder/new.txt" || exit 125

pageowner-sql --db "$folder/bisect.duckdb" check "$folder/new.txt" "$GOOD" --budget "$BUDGET"
case $? in
0) exit 0 ;;
4) exit 1 ;;
*) exit 128 ;;
esac
