"""The two shapes of a table, chosen by the table and never by the author of a check.

`Rows` holds few rows as frozen structs, in which a value that may be unseen is `| None`.
`Frame` holds many rows as a polars frame, long rather than nested.

Missing data, for both:

* Rows exist before values: a source completes a table from a roster; a value that was not seen is null, and the
  row's `answer` names the Answer that failed.
* Where a roster member is known but none of its rows could be read (the commits of one group), one placeholder row
  stands for them: the roster column is filled, every other column is null.
* Where nobody could say which members exist, the table carries an `Unseen` per failed Answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import polars as pl

from kastellan.kernel.errors import Defect
from kastellan.model.rights import Permission
from kastellan.model.text_kind import TextKind

Row = TypeVar("Row", bound=msgspec.Struct)


class Unseen(msgspec.Struct, frozen=True):
    """Members of a roster that nobody could enumerate: the failed Answer and the roster's column."""

    answer: int
    roster: str


class Column(msgspec.Struct, frozen=True):
    """One column: its polars type, its meaning and, where it is a quantity, its unit.

    `of_sight` marks one that tells how much was seen (a lower bound, a count of what is unknown): it changes with that,
    and no verdict may rest on it. `nullable` marks one in which null may also mean that there is no value.

    `text` says what a text column holds, so that redaction knows by declaration what to replace; a text column without it
    is replaced whole. `words` and `shape` (a regular expression) are what a column of words may hold; anything else in it
    is replaced.
    """

    dtype: Any
    meaning: str
    unit: str = ""
    of_sight: bool = False
    nullable: bool = False
    text: TextKind | None = None
    words: frozenset[str] = frozenset()
    shape: str = ""


def column(dtype: Any, meaning: str, unit: str = "", **facts: Any) -> Any:  # noqa: ANN401  (a Column on the class only)
    """Declares a column in a Frame's class body; `facts` are the other fields of `Column`."""
    return Column(dtype, meaning, unit, **facts)


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """How a table is collected.

    `requests` names the Kafka requests whose Answers its rows carry, `right` the operation and the type of resource that
    they need. `probes_right` marks a table that `preflight` requests to find out whether the right is there.
    `enumerated_by` is the request that lists the members of its roster; Kafka leaves out silently what a principal may not
    describe. A table with `refresh_s` changes slowly or costs the cluster much: `--watch` reuses it for that long.
    `on_demand` marks one that only a person asks for, never a check. A bundle that is too large leaves out the tables with
    a `spare_rank`, the lowest first. Without `placeholders` all rows of a roster member come in one answer with the
    member itself, so that no placeholder row ever stands for them.
    """

    requests: tuple[str, ...] = ()
    right: Permission | None = None
    probes_right: bool = False
    enumerated_by: str = ""
    refresh_s: float = 0.0
    on_demand: bool = False
    spare_rank: int = 0
    placeholders: bool = True


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """How people name a table and what a list shows of it.

    `aliases` are further names that people type, `noun` the word for what a NAME selects and `name_column` the column in
    which it stands (the roster by default). `shown` names the columns of the list in order; none means all.
    `name_required` says why the table is listed for one NAME only.
    """

    aliases: tuple[str, ...] = ()
    noun: str = ""
    name_column: str = ""
    shown: tuple[str, ...] = ()
    name_required: str = ""


_UNDECLARED = Collection()
_PLAIN = Listing()


class Table:
    """What both shapes share: a name, a key, a roster and what could not be enumerated.

    `key` names the columns that identify a row. `roster` is the one of them by which rows come or fail to come as a
    block (topics for partitions, groups for commits, brokers for log directories). `enumerates` is the kind of subject whose
    members its rows are, where it lists them all. `collection` and `listing` hold what
    other rooms need to know of a table: they derive from it, and keep no list of tables of their own.
    """

    name: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    roster: ClassVar[str]
    enumerates: ClassVar[str]
    columns: ClassVar[Mapping[str, Column]]
    collection: ClassVar[Collection]
    listing: ClassVar[Listing]
    unseen: tuple[Unseen, ...]

    @property
    def df(self) -> pl.DataFrame:
        """The table as a frame."""
        raise NotImplementedError

    def with_unseen(self, unseen: tuple[Unseen, ...]) -> Self:
        """The same rows with other unseen members."""
        raise NotImplementedError

    @classmethod
    def empty(cls) -> Self:
        """Without rows."""
        raise NotImplementedError

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """Column names and polars types, in order."""
        return {name: column.dtype for name, column in cls.columns.items()}


class Frame(Table):
    """A large table.

    A subclass declares its columns with `column(...)`; the `answer` column is added to every one.
    """

    __slots__ = ("_df", "unseen")

    def __init_subclass__(
        cls,
        *,
        name: str,
        key: tuple[str, ...],
        roster: str | None = None,
        enumerates: str = "",
        collection: Collection = _UNDECLARED,
        listing: Listing = _PLAIN,
    ) -> None:
        cls.name, cls.key, cls.roster = name, key, roster or key[0]
        cls.enumerates, cls.collection, cls.listing = enumerates, collection, listing
        declared = {key_column: value for key_column, value in vars(cls).items() if isinstance(value, Column)}
        declared["answer"] = Column(pl.Int32, "id of the Answer that gave these values, or that failed to")
        cls.columns = declared
        for key_column in (*key, cls.roster):
            if key_column not in declared:
                msg = f"table {name} names {key_column} in its key and does not declare it"
                raise Defect(msg)

    def __init__(self, df: pl.DataFrame, unseen: tuple[Unseen, ...] = ()) -> None:
        if df.schema != _polars_schema(type(self)):
            df = df.select(pl.col(column_name).cast(dtype) for column_name, dtype in self.schema().items())
        self._df = df
        self.unseen = unseen

    @property
    def df(self) -> pl.DataFrame:
        """The rows."""
        return self._df

    @classmethod
    def of(cls, columns: Mapping[str, Any], unseen: tuple[Unseen, ...] = ()) -> Self:
        """From columns as sequences; a column that is not given is null throughout."""
        height = len(next(iter(columns.values()))) if columns else 0
        series = [
            pl.Series(name, columns[name], dtype=dtype, strict=False)
            if name in columns
            else pl.Series(name, [None] * height, dtype=dtype)
            for name, dtype in cls.schema().items()
        ]
        return cls(pl.DataFrame(series), unseen)

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, Any]], unseen: tuple[Unseen, ...] = ()) -> Self:
        """From rows as mappings; for small tables and tests."""
        return cls(pl.DataFrame(list(rows), schema=cls.schema(), orient="row"), unseen)

    @classmethod
    def empty(cls) -> Self:
        """Without rows."""
        return cls(pl.DataFrame(schema=cls.schema()))

    def with_unseen(self, unseen: tuple[Unseen, ...]) -> Self:
        """The same rows with other unseen members."""
        return type(self)(self._df, unseen)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._df.height} rows, {len(self.unseen)} unseen)"


@cache
def _polars_schema(kind: type[Frame]) -> pl.Schema:
    return pl.Schema(kind.schema())


# bool before int: a bool is an int in Python.
_DTYPES: dict[Any, Any] = {bool: pl.Boolean, int: pl.Int64, float: pl.Float64, str: pl.String}
# Node ids have one type in both shapes, so that they join.
_NODE_IDS = frozenset({"broker", "node", "leader"})


class About(msgspec.Struct, frozen=True):
    """The declaration of a struct's field in its annotation, with the meaning of the fields of `Column`."""

    meaning: str
    unit: str = ""
    nullable: bool = False
    text: TextKind | None = None
    words: frozenset[str] = frozenset()
    shape: str = ""


class Rows(Table, Generic[Row]):
    """A small table: frozen structs, one per member. A subclass names its struct as `row`."""

    __slots__ = ("rows", "unseen")
    row: ClassVar[type[msgspec.Struct]]

    def __init_subclass__(
        cls,
        *,
        name: str,
        key: tuple[str, ...],
        row: type[msgspec.Struct],
        roster: str | None = None,
        enumerates: str = "",
        collection: Collection = _UNDECLARED,
        listing: Listing = _PLAIN,
    ) -> None:
        cls.name, cls.key, cls.roster, cls.row = name, key, roster or key[0], row
        cls.enumerates, cls.collection, cls.listing = enumerates, collection, listing
        cls.columns = {field: _column_of(field, hint) for field, hint in get_type_hints(row, include_extras=True).items()}

    def __init__(self, rows: Iterable[Row], unseen: tuple[Unseen, ...] = ()) -> None:
        self.rows: tuple[Row, ...] = tuple(rows)
        self.unseen = unseen

    @property
    def df(self) -> pl.DataFrame:
        """The rows as a frame."""
        return pl.DataFrame([msgspec.structs.asdict(row) for row in self.rows], schema=self.schema(), orient="row")

    @classmethod
    def from_df(cls, df: pl.DataFrame, unseen: tuple[Unseen, ...] = ()) -> Self:
        """The structs of a frame."""
        return cls((msgspec.convert(row, cls.row) for row in df.iter_rows(named=True)), unseen)  # pyright: ignore[reportArgumentType]

    @classmethod
    def empty(cls) -> Self:
        """Without rows."""
        return cls(())

    def with_unseen(self, unseen: tuple[Unseen, ...]) -> Self:
        """The same rows with other unseen members."""
        return type(self)(self.rows, unseen)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.rows)} rows, {len(self.unseen)} unseen)"


def _column_of(name: str, hint: Any) -> Column:  # noqa: ANN401
    about = next((extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, About)), About(""))
    plain = get_args(hint)[0] if getattr(hint, "__metadata__", None) else hint
    kinds = [argument for argument in get_args(plain) if argument is not type(None)] if get_origin(plain) is not None else [plain]
    kind = kinds[0]
    dtype = next((dtype for python_type, dtype in _DTYPES.items() if issubclass(kind, python_type)), pl.String)
    return Column(dtype=pl.Int32 if name in _NODE_IDS else dtype, **msgspec.structs.asdict(about))
