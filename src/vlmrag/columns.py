"""How words fit the columns of a terminal: where English and Chinese lines may break, how headings are shortened."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from vlmrag.language.patterns import compile_later

_WIDE = r"\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60"
_CLOSERS = r"，。、；：！？）》〉】」』”’,.;:!?)\]}%…"
_OPENERS = r"（《〈【「『“‘(\[{"
_BREAK = compile_later(
    rf"(?<=\s)(?=\S)"
    rf"|(?<=[{_WIDE}])(?<![{_OPENERS}])(?=[^\s{_CLOSERS}])"
    rf"|(?<=[^\s{_OPENERS}])(?=[{_WIDE}])(?![{_CLOSERS}])"
)
"""Where a line may end: after a blank, or beside a Chinese character, but not before a mark that closes."""
_CONTROL = compile_later(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MARK = compile_later(r"\s(?=\[\d+\])")


def wrap(text: Text, width: int) -> list[Text]:
    """Return `text` as lines of at most `width` columns, its styles kept; a word that is too long is broken."""
    words = _MARK.sub("_", text.plain)  # a mark stays with the words that it proves
    stops = [m.start() for m in _BREAK.finditer(words)] + [len(words)]
    cuts, begin, last = [], 0, 0
    for stop in stops:
        while cell_len(words[begin:stop].rstrip()) > width:
            fits = last if last > begin else begin + _count_fitting(words[begin:stop], width)
            cuts.append(fits)
            begin = last = fits
        last = stop
    lines = list(text.divide(cuts))
    for line in lines:
        line.rstrip()
    return lines


def shorten_path(heading: str, width: int) -> str:
    """Return a path of headings in at most `width` columns; its last one tells most and is given up last."""
    *above, last = heading.split(" > ")
    forms = (heading, f"{above[0]} > … > {last}" if above else heading, f"… > {last}")
    return next((form for form in forms if cell_len(form) <= width), shorten(last, width))


def shorten(words: str, width: int) -> str:
    """Return `words` in at most `width` columns, their middle left out."""
    if cell_len(words) <= width:
        return words
    if width < 3:
        return "…"[: max(0, width)]
    head = width // 2
    tail = words[::-1]
    kept = set_cell_size(tail, width - 1 - head).rstrip()[::-1]
    return f"{set_cell_size(words, head).rstrip()}…{kept.lstrip()}"


def show_controls(words: str) -> str:
    """Return `words` with what would steer the terminal made visible: a note is read, it gives no orders."""
    return _CONTROL.sub(lambda control: f"\\u{ord(control[0]):04x}", words)


def _count_fitting(words: str, width: int) -> int:
    """How many characters fit into `width` columns; at least one."""
    used = 0
    for count, char in enumerate(words):
        used += cell_len(char)
        if used > width:
            return max(1, count)
    return len(words)
