"""The table that `make faults` ends with."""

import pytest

ROWS = pytest.StashKey[list[dict[str, object]]]()
_COUNTED = ("lost", "out_of_order", "duplicate", "after_stop")


def row(name, books, findings, **more):
    """One line: how much there was, and how often each claim failed."""
    return (
        {"run": name, "callers": len({one.sender for one in books.incoming})}
        | {"texts": len(books.incoming), "turns": len({one.turn for one in books.incoming})}
        | {"replies": len(books.accepted)}
        | {claim: len(getattr(findings, claim)) for claim in _COUNTED}
        | more
    )


def lines(rows):
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[str(row.get(name, "")) for name in columns] for row in rows]
    titles = [name.replace("_", " ") for name in columns]
    widths = [max(len(row[place]) for row in [titles, *cells]) for place in range(len(columns))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [titles, *cells]]  # fmt: skip
