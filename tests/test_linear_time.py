"""What others write takes no more than a linear number of steps, beside what tests/dump/ has."""

import pytest

from pageowner_sql.captures import stack_of
from pageowner_sql.errors import UsageError
from pageowner_sql.input_files import InputFile
from pageowner_sql.side_files import side_files_of
from pageowner_sql.sql.query import parameter_names
from pageowner_sql.sql.sizes import size
from pageowner_sql.sql.timespec import duration
from tests.dump.test_patterns import MANY

RECORD = b"""\
Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 1, tgid 1 (a
 f
handle: 7
), ts 1 ns
PFN 0x1 type Unmovable Block 0 type Unmovable Flags 0x0(node=0|zone=0)
"""


def test_the_stack_of_a_handle_is_what_stands_below_the_page() -> None:
    whole = RECORD + b" g+0x1/0x2\n h+0x1/0x2\nhandle: 9\n\n"
    assert stack_of(whole, b"9") == b" g+0x1/0x2\n h+0x1/0x2\n"
    # The name's own lines are none of the stack.
    assert stack_of(whole, b"7") == b""
    assert stack_of(RECORD + b" \n" * (MANY // 2) + b"handle: 8\n\n", b"9") == b""
    assert stack_of(b"\n \n" * (MANY // 2), b"9") == b""


def test_sql_of_quotes_that_are_not_closed() -> None:
    text = " ".join(f"$a{number}$" for number in range(MANY // 8))
    assert parameter_names(f"SELECT $b, $c$ $d $c$, $e {text} $f") == {"b", "e"}


@pytest.mark.parametrize("text", ["1" * MANY, "1." + "1" * MANY + "s", "1" * 5000 + "h"])
def test_a_time_or_size_of_many_digits(text: str) -> None:
    for read in (duration, size):
        with pytest.raises(UsageError, match="not a"):
            read(text, "--option")


def test_a_folder_a_machine() -> None:
    """Files are found beside each dump without a look at all others."""
    files = [InputFile(f"/no/such/{number}/dump.txt") for number in range(MANY // 200)]
    others = [InputFile(f"/no/such/{number}/dump.meminfo") for number in range(MANY // 200)]
    found = side_files_of(files, others)
    assert [found[file.path].named for file in files] == [[other] for other in others]
