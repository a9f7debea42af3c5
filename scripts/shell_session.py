"""Record a shell session in a terminal of 80 columns into docs/shell.md. Needs tmux."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TYPED = (
    "SELECT dump, comm, sum(bytes) AS held",
    "FROM live_allocations GROUP BY ALL ORDER BY sum(bytes) DESC LIMIT 3;",
    "SELEC 1;",
    ".schema dump",
    ".leaks --by owner --limit 2",
    ".mode csv",
    ".query owners/top top=3",
)
HEAD = """# A session in the shell

Recorded in a terminal of 80 columns by scripts/shell_session.py.
"""


def main() -> None:
    """Type every line, then save the terminal's content."""
    program = f"{sys.executable} -m pageowner_sql"
    with tempfile.TemporaryDirectory() as folder:
        dumps = [f"fixtures/linux-7.3/{name}.txt.xz" for name in ("t0", "t2")]
        command = [sys.executable, "-m", "pageowner_sql", "--db", f"{folder}/demo.duckdb", "load"]
        subprocess.run([*command, *dumps], cwd=ROOT, check=True)
        place = f"cd {folder} && XDG_STATE_HOME={folder} PYTHONPATH={ROOT}"
        start = f"{place} {program} --db demo.duckdb shell"
        tmux(folder, "new-session", "-d", "-x", "80", "-y", "70", start)
        try:
            time.sleep(8)
            for line in TYPED:
                tmux(folder, "send-keys", "-l", line.replace(";", "\\;"))
                tmux(folder, "send-keys", "Enter")
                time.sleep(4)
            shown = tmux(folder, "capture-pane", "-p").strip()
        finally:
            tmux(folder, "kill-server")
    text = "\n".join(line.rstrip() for line in shown.splitlines())
    (ROOT / "docs" / "shell.md").write_text(f"{HEAD}\n```\n{text}\n```\n", encoding="utf-8")


def tmux(folder: str, *words: str) -> str:
    """Run tmux on a separate server."""
    command = ["tmux", "-S", f"{folder}/tmux", "-f", "/dev/null", "-u", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
