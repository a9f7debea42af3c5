#!/bin/sh
# Capture this machine's page_owner file, and what belongs to the moment, as one bundle for
# `pageowner-sql load`. Run it as root: sh capture.sh >NAME.tar.gz. It needs a POSIX shell with cat,
# date, dd, gzip, id, mktemp, od, printf, rm, sed, wc (busybox and Android's toybox have them), and
# 20 MB in $TMPDIR.

# What can be set from outside. FILE: the live file. NID: NUMA nodes to read (7.x kernels). RATE:
# bytes a second at most. COMPRESS: a command, `cat` for none.
: "${LABEL=}" "${FILE=}" "${NID=}" "${RATE=}" "${COMPRESS=}" "${PROC=/proc}" "${SYS=/sys}"
FILE=${FILE:-$SYS/kernel/debug/page_owner}
NULS='\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

fail() {
    printf 'capture: %s: %s\n' "$FILE" "$1" >&2
    exit 1
}

explain() {
    [ "$(id -u)" = 0 ] || fail 'only root may read it; run this as root'
    case $(cat "$SYS/kernel/security/lockdown" 2>/dev/null) in
        *'[integrity]'* | *'[confidentiality]'*) fail 'kernel lockdown forbids debugfs; boot without it' ;;
    esac
    case $(cat "$PROC/mounts" 2>/dev/null) in
        *" $SYS/kernel/debug debugfs "*) ;;
        *) fail "debugfs is not mounted; mount -t debugfs none $SYS/kernel/debug" ;;
    esac
    fail "page_owner is off (add page_owner=on to the kernel's command line and boot again), or this kernel was built without CONFIG_PAGE_OWNER"
}

pad() {
    left=$1
    while [ "$left" -ge 32 ]; do
        printf "$NULS"
        left=$((left - 32))
    done
    while [ "$left" -gt 0 ]; do
        printf '\0'
        left=$((left - 1))
    done
}

# Write a member of the tar: its name, and the file that it is.
add() {
    size=$(wc -c <"$2")
    digits=$(printf '%011o' "$size")
    sum=256
    for byte in $(printf '%s' "${1}000064400000000000000${digits}000000000000ustar00" | od -An -v -tu1); do
        sum=$((sum + byte))
    done
    printf '%s' "$1"
    pad $((100 - ${#1}))
    printf '0000644\0%s\0%s\0%s\0%s\0%06o\0 0' 0000000 0000000 "$digits" 00000000000 "$sum"
    pad 100
    printf 'ustar\0%s' 00
    pad 247
    cat "$2"
    pad $(((512 - size % 512) % 512))
}

# Write a file of the kernel, where there is one that can be read.
add_copy() {
    cat "$2" >"$folder/copy" 2>/dev/null
    [ ! -s "$folder/copy" ] || add "$1" "$folder/copy"
}

say_fact() {
    [ -z "$2" ] || printf '%s=%s\n' "$1" "$2"
}

first_line() {
    [ ! -r "$1" ] || sed -n 1p "$1"
}

facts() {
    say_fact host "$(first_line "$PROC/sys/kernel/hostname")"
    say_fact kernel "$(first_line "$PROC/sys/kernel/osrelease")"
    say_fact boot_id "$(first_line "$PROC/sys/kernel/random/boot_id")"
    kilobytes=$(sed -n 's/^KernelPageSize: *\([0-9]*\) kB.*/\1/p' /proc/self/smaps 2>/dev/null | sed -n 1p)
    say_fact page_size "$((${kilobytes:-4} * 1024))"
    say_fact captured_at "$(date +%s)"
    uptime=$(first_line "$PROC/uptime")
    say_fact uptime "${uptime%% *}"
    say_fact mode stack
    say_fact label "$LABEL"
}

# Set `group` to the path in the memory controller's hierarchy, or in the only one.
find_group() {
    group=
    while IFS= read -r line; do
        rest=${line#*:}
        case ,${rest%%:*}, in
            *,memory,*)
                group=${rest#*:}
                return
                ;;
        esac
        case $line in 0:*) group=${rest#*:} ;; esac
    done
}

# tgid, start in ticks, control group and escaped name of each process.
processes() {
    printf 'processes - version: 1.0 (tgid start_ticks cgroup comm)\n'
    set +f
    for process in "$PROC"/[0-9]*; do
        set -f
        # A name can hold anything but it ends at the last bracket.
        stat=$(cat "$process/stat" 2>/dev/null)
        { IFS= read -r name <"$process/status"; } 2>/dev/null || continue
        { find_group <"$process/cgroup"; } 2>/dev/null || group=
        tgid=${process##*/}
        set -- ${stat##*) }
        [ $# -lt 20 ] || printf '%s\t%s\t%s\t%s\n' "$tgid" "${20}" "$group" "${name#Name:?}"
    done
}

# Each read gives one record, so that dd copies whole ones.
pieces() {
    number=0
    while dd bs=65536 count=4096 <&3 >"$folder/piece" 2>/dev/null && [ -s "$folder/piece" ]; do
        add "page_owner/$(printf %06d "$number")" "$folder/piece"
        number=$((number + 1))
        [ -z "$RATE" ] || sleep $((size / RATE))
    done
    printf 'pieces=%s\n' "$number" >"$folder/copy"
}

bundle() {
    facts >"$folder/copy"
    add pageowner_sql/moment "$folder/copy"
    for name in meminfo zoneinfo buddyinfo pagetypeinfo slabinfo vmallocinfo allocinfo modules; do
        add_copy "$name" "$PROC/$name"
    done
    for name in show_stacks show_handles show_stacks_handles; do
        add_copy "$name" "$SYS/kernel/debug/page_owner_stacks/$name"
    done
    processes >"$folder/copy"
    add processes "$folder/copy"
    pieces
    add pageowner_sql/end "$folder/copy"
    pad 1024
}

main() {
    [ -r "$FILE" ] || explain
    folder=$(mktemp -d) || exit 1
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' HUP INT TERM
    if [ -n "$NID" ]; then
        exec 3<>"$FILE" || explain
        printf 'nid=%s' "$NID" >&3 || fail "this kernel cannot give the pages of nodes $NID"
    else
        exec 3<"$FILE" || explain
    fi
    if [ -z "$COMPRESS" ]; then
        COMPRESS='gzip -1'
        ! command -v zstd >/dev/null 2>&1 || COMPRESS='zstd -q -T1'
    fi
    bundle | $COMPRESS
}

main </dev/null
