#!/bin/bash
# Runs in the guest in place of init: uses the program as people do, and leaves in /guest/out what
# came of it. table.txt has for each way of reading: seconds, CPU seconds of the user and the
# system, kB of page cache left, bytes written. skipped.txt names the parts that a slow host left
# no time for; what the guide shows comes first.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root PYTHONPATH=/opt/pageowner
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t debugfs debugfs /sys/kernel/debug
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
mount -o remount,rw /
hostname guest
# Pages that migrate of themselves would be in one reading here, in the next there.
echo 0 >/proc/sys/vm/compaction_proactiveness
mkdir -p /guest/out
cd /guest/out || exit
FILE=/sys/kernel/debug/page_owner
# Seconds after which no further part begins.
LATEST=780

tool() { python3 -m pageowner_sql "$@"; }

in_time() {
    [ "$SECONDS" -lt "$LATEST" ] && echo "$1 begins after $SECONDS s" && return
    echo "$1" >>skipped.txt
    false
}

cached() {
    sync
    awk '/^Cached:/ {print $2}' /proc/meminfo
}

# NAME FILE COMMAND…
measure() {
    local name=$1 file=$2 before
    shift 2
    in_time "$name" || return
    before=$(cached)
    TIMEFORMAT="%R %U %S"
    { time "$@" >"$name.log" 2>&1; } 2>"$name.time"
    echo "$name $(tail -n 1 "$name.time") $(($(cached) - before)) $(stat -c %s "$file")" >>table.txt
    tail -n 1 table.txt
}

# A leak: pipes that are filled and never read.
leak() {
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

# What an hour may hold, in two minutes: pipes leak, a file in memory grows once, sockets are full
# for a moment, and a process breathes four times.
hour() {
    exec python3 - <<'PYTHON'
import math, mmap, os, socket, time
MIB = 1 << 20
start = time.monotonic()
pipes, sockets, step = [], [], None
breath = mmap.mmap(-1, 40 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
chunk = bytes(MIB)
while True:
    at = (time.monotonic() - start) / 120
    while len(pipes) < 200 * at:
        pipes.append(os.pipe())
        os.write(pipes[-1][1], bytes(65536))
    if at > 0.45 and step is None:
        step = os.memfd_create("step")
        os.posix_fallocate(step, 0, 16 * MIB)
    if 0.6 < at < 0.66 and not sockets:
        for _ in range(200):
            pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            pair[0].setblocking(False)
            try:
                while True:
                    pair[0].send(chunk[:32768])
            except BlockingIOError:
                pass
            sockets.append(pair)
    if at > 0.66:
        while sockets:
            for end in sockets.pop():
                end.close()
    held = 2 + int((1 + math.sin(8 * math.pi * at)) / 2 * 36)
    for place in range(held):
        breath[place * MIB] or breath.__setitem__(slice(place * MIB, (place + 1) * MIB), b"\1" * MIB)
    breath.madvise(mmap.MADV_DONTNEED, held * MIB, (40 - held) * MIB)
    time.sleep(0.3)
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

# Wait until a file says so.
until_said() {
    for _ in $(seq 240); do
        ! grep -qs "$2" "$1" || return
        sleep 0.5
    done
}

if in_time hour; then
    python3 -m pageowner_sql --db samples.duckdb record --every 1s --for 125s --source show_handles >record.log 2>&1 &
    recorder=$!
    until_said record.log recording
    hour &
    breathing=$!
    wait $recorder
    kill $breathing
    wait
fi

# Nothing but the readers runs, and what they write does not stay in memory.
if in_time rest; then
    sync
    sleep 5
    cat $FILE | gzip -1 >rest-before.gz
    tool capture --mode stack --readers 4 -o rest.tar.zst >rest.log 2>&1
    cat $FILE | gzip -1 >rest-after.gz
fi

if in_time watch; then
    leak &
    leaking=$!
    tool --db watch.duckdb watch --every 1s --for 240s --when 'leak of any > 50M/h' \
        --do 'echo broken >>watch.done' --capture --exit-code 9 --openmetrics watch.prom >watch.txt 2>watch.log
    echo $? >watch.code
    python3 - <<'PYTHON'
# Keys are pressed once the screen is there; what is typed before is flushed.
import os, pty, select, time
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("python3", ["python3", "-m", "pageowner_sql", "watch"])
seen, keys, end = b"", [b"n", b"/pipe\r", b"p", b"q"], time.monotonic() + 180
while time.monotonic() < end:
    if select.select([terminal], [], [], 5)[0]:
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            break
    if b"q quit" in seen and keys:
        os.write(terminal, keys.pop(0))
        time.sleep(2)
open("watch.screen", "wb").write(seen)
open("watch.key", "w").write(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if not keys else "too slow"))
PYTHON
    kill $leaking
    wait
fi

# Ctrl-C at ten moments, evenly over a capture's time: nothing half done may stay.
if in_time cut; then
    # As a machine that loses its power has it: killed, and not asked, before it writes once more.
    mkdir killed
    python3 -m pageowner_sql --db killed/killed.duckdb record --every 1s >killed.log 2>&1 &
    killed=$!
    before=$SECONDS
    tool capture -o whole.tar.zst >>cut.log 2>&1
    lasts=$((SECONDS - before))
    for moment in 1 2 3 4 5; do
        # Bash lets what runs beside it ignore that signal.
        env --default-signal=INT timeout -s INT $((2 * moment * lasts / 11)) \
            python3 -m pageowner_sql capture -o "cut-$moment.tar.zst" >>cut.log 2>&1 &
        cutting=$!
        timeout -s INT $(((2 * moment + 1) * lasts / 11)) python3 -m pageowner_sql --db "cut-$moment.duckdb" capture >>cut.log 2>&1
        wait $cutting
    done
    kill -9 $killed
    wait
    ls -A >list.txt
fi
echo "all took $SECONDS s" | tee done.txt
sync
busybox poweroff -f
sleep 10
