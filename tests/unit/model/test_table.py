"""Both shapes of a table."""

from __future__ import annotations

from typing import Annotated

import msgspec
import polars as pl
import pytest

from kastellan.kernel.errors import Defect
from kastellan.model.table import About, Frame, Rows, Unseen, column


class Sizes(Frame, name="sizes", key=("broker", "path")):
    """A large table."""

    broker = column(pl.Int32, "node id")
    path = column(pl.String, "directory")
    size_bytes = column(pl.Int64, "bytes in it", "bytes")


class Lamp(msgspec.Struct, frozen=True, kw_only=True):
    """One lamp."""

    broker: Annotated[int, About("node id")]
    lit: Annotated[bool | None, About("is it on?")] = None
    heat: Annotated[float | None, About("how warm", "K")] = None
    answer: Annotated[int | None, About("its Answer")] = None


class Lamps(Rows[Lamp], name="lamps", key=("broker",), row=Lamp):
    """A small table."""


def test_a_frame_declares_its_columns_and_adds_the_answer() -> None:
    assert Sizes.schema() == {"broker": pl.Int32, "path": pl.String, "size_bytes": pl.Int64, "answer": pl.Int32}
    assert (Sizes.roster, Sizes.columns["size_bytes"].unit, Sizes.columns["size_bytes"].of_sight) == ("broker", "bytes", False)


def test_a_key_that_is_no_column_is_refused() -> None:
    with pytest.raises(Defect, match="names disk in its key"):

        class Wrong(Frame, name="wrong", key=("disk",)):
            broker = column(pl.Int32, "node id")


def test_what_is_not_given_is_null() -> None:
    table = Sizes.of({"broker": [1, 2], "path": ["/a", "/b"]})
    assert table.df.rows() == [(1, "/a", None, None), (2, "/b", None, None)]
    assert Sizes.of({}).df.schema == Sizes.empty().df.schema
    assert Sizes.of_rows([{"broker": 3}]).df.rows() == [(3, None, None, None)]


def test_a_frame_of_other_types_or_order_is_cast_to_the_declared_ones() -> None:
    table = Sizes(pl.DataFrame({"size_bytes": [5], "answer": [1], "path": ["/a"], "broker": [1], "more": ["x"]}))
    assert table.df.schema == pl.Schema(Sizes.schema())
    with pytest.raises(pl.exceptions.ColumnNotFoundError, match="size_bytes"):
        Sizes(pl.DataFrame({"broker": [1], "path": ["/a"], "answer": [1]}))


def test_rows_go_to_a_frame_and_back() -> None:
    table = Lamps([Lamp(broker=1, lit=True, heat=2.5, answer=4), Lamp(broker=2)])
    assert table.df.schema == pl.Schema({"broker": pl.Int32, "lit": pl.Boolean, "heat": pl.Float64, "answer": pl.Int64})
    assert Lamps.from_df(table.df).rows == table.rows
    assert Lamps.columns["heat"].unit == "K"
    assert Lamps.empty().df.schema == table.df.schema


@pytest.mark.parametrize("table", [Sizes.of({"broker": [1]}), Lamps([Lamp(broker=1)])])
def test_unseen_members_come_with_the_same_rows(table: Sizes | Lamps) -> None:
    marked = table.with_unseen((Unseen(7, "broker"),))
    assert (marked.unseen, table.unseen) == ((Unseen(7, "broker"),), ())
    assert marked.df.equals(table.df)
    assert "1 rows, 1 unseen" in repr(marked)
