#!/bin/bash
# Runs in the guest in place of init: uses the program as people do, and leaves in /guest/out what
# came of it. table.txt has for each way of reading: seconds, CPU seconds of the user and the
# system, kB of page cache left, bytes written.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root PYTHONPATH=/opt/pageowner
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -o remount,rw /
hostname guest
mkdir -p /guest/out
cd /guest/out || exit
FILE=/sys/kernel/debug/page_owner

tool() { python3 -m pageowner_sql "$@"; }

cached() {
    sync
    awk '/^Cached:/ {print $2}' /proc/meminfo
}

# NAME FILE COMMAND…
measure() {
    local name=$1 file=$2 before
    shift 2
    before=$(cached)
    TIMEFORMAT="%R %U %S"
    { time "$@" >"$name.log" 2>&1; } 2>"$name.time"
    echo "$name $(tail -n 1 "$name.time") $(($(cached) - before)) $(stat -c %s "$file")" >>table.txt
    tail -n 1 table.txt
}

# A leak: pipes that are filled and never read.
workload() {
    exec python3 - <<'PYTHON'
import os, time
pipes = []
while True:
    for _ in range(10):
        pipes.append(os.pipe())
        os.write(pipes[-1][1], bytes(65536))
    time.sleep(0.5)
PYTHON
}

# Modules are in the page cache after this, and what the program reads of itself.
tool --db :memory: capture --readers 1 --mode handle >/dev/null 2>&1
rm -f table.txt
measure cat cat.txt sh -c "cat $FILE >cat.txt"
for readers in 1 2 4; do
    measure readers-$readers readers-$readers.tar.zst \
        python3 -m pageowner_sql capture --mode stack --readers $readers -o readers-$readers.tar.zst
done
measure handles handles.tar.zst python3 -m pageowner_sql capture --mode handle --readers 2 -o handles.tar.zst
measure database guest.duckdb python3 -m pageowner_sql --db guest.duckdb capture --mode stack --readers 2 --label guest
tool capture --print-script >capture.sh
measure script script.tar.gz sh -c "busybox sh capture.sh >script.tar.gz"
measure cat-again cat-again.txt sh -c "cat $FILE >cat-again.txt"

ulimit -n 8192
workload &
tool --db samples.duckdb record --every 1s --for 20s >record.log 2>&1
kill $!
wait

# Ctrl-C at ten moments: nothing half done may stay.
for moment in 1 2 3 4 5; do
    timeout -s INT $((2 * moment)) python3 -m pageowner_sql capture -o "cut-$moment.tar.zst" >>cut.log 2>&1
    timeout -s INT $((2 * moment + 1)) python3 -m pageowner_sql --db "cut-$moment.duckdb" capture >>cut.log 2>&1
    [ ! -e "cut-$moment.duckdb" ] || tool --db "cut-$moment.duckdb" dumps --format csv >"cut-$moment.csv" 2>&1
done
ls -A >list.txt
echo done >done.txt
sync
busybox poweroff -f
sleep 10
