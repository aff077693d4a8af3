"""Every table is declared once: what is written or read otherwise is refused, and nobody repeats the declarations."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from multistart.errors import DamagedError, InputError, TableError
from multistart.functions.expressions import check_names
from multistart.study import storage
from multistart.tables import TABLES, TYPES, VARIABLE, reserved_names, table_of

VARIABLES = ["x", "slope"]
VALUES = {"float64": 0.5, "int64": 1, "int32": 1, "bool": True, "category": 0, "text": "a"}


def frame_of(name, variables=VARIABLES):
    """A table of one row with every column that is declared, in order."""
    columns = [(name, c.type) for c in table_of(name).columns for name in c.names(variables)]
    return pd.DataFrame({name: [VALUES[kind]] for name, kind in columns})


def columns_of(name, variables=VARIABLES):
    """The same as columns of a Parquet file with a row a start."""
    columns = [(name, c.type) for c in table_of(name).columns for name in c.names(variables)]
    codes = {"category": np.int8, "int32": np.int64}
    objects = {"bool": True, "category": "a"}
    return {
        name: np.array([objects[kind]], dtype=object)
        if name in storage.OBJECTS
        else np.array([VALUES[kind]], dtype=codes.get(kind, kind))
        for name, kind in columns
    }


CSV = [table.name for table in TABLES if table.name.endswith(".csv")]
ROWS = [table.name for table in TABLES if "start_<variable>" in [column.name for column in table.columns]]


@pytest.mark.parametrize("name", CSV)
def test_a_declared_table_is_written_and_read(tmp_path, name):
    """A frame with the declared columns passes, for any names of variables, and comes back."""
    frame = frame_of(name)
    storage.write_csv(tmp_path / name, frame)
    pd.testing.assert_frame_equal(storage.read_csv(tmp_path / name), frame)
    storage.write_csv(tmp_path / name, frame.iloc[:0])
    assert list(storage.read_csv(tmp_path / name)) == list(frame)


@pytest.mark.parametrize("name", CSV)
def test_a_table_without_a_column_is_not_written(tmp_path, name):
    """Whatever column is missing, or of another type, or in another place, nothing is written."""
    whole = frame_of(name)
    optional = {column.name for column in table_of(name).columns if column.optional} | {*VARIABLES}
    optional |= {f"direction_{variable}" for variable in VARIABLES}  # one variable fewer is no missing column
    for column in whole.columns.difference(list(optional)):
        wrong = {
            "missing": whole.drop(columns=column),
            "of another type": whole.assign(**{column: "b" if whole[column].dtype != "str" else 0.5}),
            "elsewhere": whole[[*whole.columns.drop(column), column]],
            "one more": whole.assign(another=0),
        }
        for what, frame in wrong.items():
            if list(frame) == list(whole) and what == "elsewhere":
                continue  # it was the last
            with pytest.raises(TableError, match=f"{name} is not written: its column"):
                storage.write_csv(tmp_path / name, frame)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ROWS)
def test_rows_of_starts_have_the_declared_columns_and_types(tmp_path, name):
    """Parquet files are checked by their schema: a column too few, too many, or of another type is refused."""
    path, columns = tmp_path / "gd" / name.replace("<i>", "00001"), columns_of(name)
    storage.write_rows(path, [columns])
    assert list(next(storage.read_rows([path]))) == list(columns)
    variables = table_of(path).columns[-1].name.endswith(VARIABLE)  # any column more is one more variable
    for wrong in (
        {} if variables else {name: column for name, column in columns.items() if name != "ending"},
        {} if variables else columns | {"another": np.zeros(1)},
        columns | {"start_x": np.zeros(1, dtype=np.float32)},
    ):
        with pytest.raises(TableError, match="its column"):
            storage.write_rows(path, [wrong])


def test_a_table_of_another_version_is_not_read(tmp_path):
    """A file that is whole, but has not the columns of today, is one to make anew; the message says what differs."""
    older = frame_of("endings.csv").drop(columns="share")
    storage.write_text(tmp_path / "endings.csv", older.to_csv(index=False))
    said = (
        r"endings.csv is damaged: its columns are ending, basin, count, and are declared as ending, basin, count, share"
    )
    with pytest.raises(DamagedError, match=said):
        storage.read_csv(tmp_path / "endings.csv")


def test_declarations_are_whole():
    """Each column has a type that there is, a unit and a meaning; no table has a column or a file twice."""
    assert len({table.file for table in TABLES}) == len(TABLES)
    for table in TABLES:
        assert len({column.name for column in table.columns}) == len(table.columns), table.file
        assert table.holds.endswith(".")
        assert table.row
        assert all(c.type in TYPES and c.unit and c.meaning for c in table.columns), table.file
        assert not table.like or next(t for t in TABLES if t.file == table.like)


@pytest.mark.parametrize("name", sorted(reserved_names()))
def test_no_variable_is_called_as_a_column(name):
    """A variable that would stand beside a column of its own name is refused before anything runs."""
    with pytest.raises(InputError, match="reserved"):
        check_names([name])


def test_the_declarations_load_no_library():
    """The workflow reads them each time it starts, so nothing heavy comes with them."""
    heavy = "numpy", "pandas", "pyarrow", "pydantic", "yaml", "sympy"
    found = f"import sys, multistart.tables.reference; print(sorted(set({heavy}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("folder", sorted({table.name.split("/")[0] for table in TABLES if "/" in table.name}))
def test_a_study_or_method_may_be_called_as_a_folder_of_tables(folder):
    """Any table is found by its columns where the user's own names make its path look like that of another one."""
    for table in TABLES:
        names = [name for column in table.columns for name in column.names(["u", "v"], ["a"])]
        name = re.sub("<[a-z]+>", "5", table.name)
        for path in (f"results/{folder}/{name}", f"results/{folder}/gd/{name}", f"results/peaks/{folder}/{name}"):
            assert table_of(path, names).mismatch(dict.fromkeys(names, "")) == "", path
