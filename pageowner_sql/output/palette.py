"""The colours of pictures; web/src/base.css has the same for pages, and a test compares them."""

CATEGORIES = (
    "#4687d8",
    "#cd9219",
    "#429c5a",
    "#d45568",
    "#9470cd",
    "#10a49e",
    "#d56f2c",
    "#cd72a7",
    "#949938",
    "#3fa5cd",
    "#926f53",
)
RANKS = (
    "#e3d688",
    "#ebb955",
    "#ee9946",
    "#e97950",
    "#db5b6c",
    "#b94c90",
    "#8949a4",
    "#5a46a1",
)
OTHER = "#97a1ae"
PAPER = "#ffffff"
FREE = "#eef1f4"
INK = "#18202b"
MUTED = "#5a6676"
STRAY = INK


def rgb(color: str) -> tuple[int, int, int]:
    """`#rrggbb` as three numbers from 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def blend(start: str, end: str, part: float) -> str:
    """Return the colour `part` of the way from `start` to `end`."""
    channels = zip(rgb(start), rgb(end), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in channels)


def rank_colors(ranks: int) -> tuple[str, ...]:
    """Spread the ranked colours over `ranks` values, lowest first."""
    if ranks <= 1:
        return RANKS[:ranks]
    last = len(RANKS) - 1
    return tuple(RANKS[round(i * last / (ranks - 1))] for i in range(ranks))
