"""What is kept of many things in few files: it comes back whatever shares a file, and what is damaged does not."""

import numpy as np
import pytest

from multistart.study import kept
from multistart.study.kept import Kept


def thing(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 6))
    rows = {"x": rng.normal(size=n), "code": rng.integers(-3, 3, size=n).astype(np.int8)}
    words = {"word": np.array(["a", "beta", ""], dtype=object)[rng.integers(0, 3, size=2)]}
    return {"rows": rows, "words": words}


def same(one, other):
    return all(
        one[name].dtype == other[name].dtype and one[name].tolist() == other[name].tolist() for name in one | other
    )


@pytest.mark.parametrize(("size", "files"), [(1, 20), (300, 3), (2**23, 1)])
def test_what_is_kept_comes_back(tmp_path, monkeypatch, size, files):
    """To the bit and type, in any order, however many things share a file, by another reader too."""
    monkeypatch.setattr(kept, "SIZE", size)
    things = {f"{seed:02}": thing(seed) for seed in range(20)}
    Kept(tmp_path).write(things.items())
    reader = Kept(tmp_path)
    for name in np.random.default_rng(0).permutation(list(things)).tolist():
        for table in ("rows", "words"):
            assert same(reader.read(name, table), things[name][table])
    assert len(list(tmp_path.glob("*.npz"))) == files


def test_what_was_made_before_a_failure_is_kept(tmp_path):
    """Things that came before one that fails are there."""

    def failing():
        yield "a", thing(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Kept(tmp_path).write(failing())
    assert "a" in Kept(tmp_path)


def test_work_of_some_seconds_is_written(tmp_path, monkeypatch):
    """A killed run loses that of a few seconds: where things take long, each has its file before the next is made."""
    monkeypatch.setattr(kept, "OFTEN", 0.0)
    seen = []

    def slow():
        for name in "abc":
            seen.append(len(list(tmp_path.glob("*.npz"))))
            yield name, thing(1)

    Kept(tmp_path).write(slow())
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: content[:40] + b"?" + content[41:]])
def test_damage_is_not_believed(tmp_path, damage):
    """A file cut short or with another byte is removed with all that it holds; others stay."""
    store = Kept(tmp_path)
    store.write([("a", thing(1))])
    (path,) = tmp_path.glob("*.npz")
    store.write([("b", thing(2))])
    path.write_bytes(damage(path.read_bytes()))
    reader = Kept(tmp_path)
    assert ("a" in reader, "b" in reader) == (False, True)
    assert not path.exists()


def test_files_of_no_use_are_forgotten(tmp_path):
    """A file goes where nothing in it is asked for any more, and stays whole where something is."""
    store = Kept(tmp_path)
    store.write([("a", thing(1)), ("b", thing(2))])
    store.write([("c", thing(3))])
    store.forget_all_but({"b", "d"})
    for reader in (store, Kept(tmp_path)):
        assert ["a" in reader, "b" in reader, "c" in reader] == [True, True, False]
