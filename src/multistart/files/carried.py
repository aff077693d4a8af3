"""Records of checksums travel with their files where a storage of Snakemake keeps these.

A storage (S3, say) keeps what rules name as their outputs, and jobs on other machines are given copies of their inputs
by it. The record beside a file is no output, so copies would come without it, and :func:`.whole_files.verify` refuses
such. With this they come with it: what a job reads is what another one wrote, whatever was between them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from multistart.files.whole_files import checksum_file


def carry_records(objects: type[Any]) -> None:
    """Let objects of a storage plugin, from now on, store, retrieve and remove a file together with its record.

    Where a file has none (a log), nothing is stored beside it; where the storage has none, the copy gets none.

    Parameters
    ----------
    objects
        The plugin's class of storage objects, as ``snakemake_interface_storage_plugins`` describes it.
    """
    store, retrieve, remove = objects.store_object, objects.retrieve_object, objects.remove

    def store_object(self: Any) -> None:
        store(self)
        if (beside := _record(self)).local_path().is_file():
            store(beside)
        elif beside.exists():
            remove(beside)

    def retrieve_object(self: Any) -> None:
        retrieve(self)
        beside = _record(self)
        beside.local_path().unlink(missing_ok=True)
        if beside.exists():
            retrieve(beside)

    def remove_both(self: Any) -> None:
        remove(self)
        if (beside := _record(self)).exists():
            remove(beside)

    objects.store_object, objects.retrieve_object, objects.remove = store_object, retrieve_object, remove_both


def _record(stored: Any) -> Any:
    """The object of the record of an object's checksum: beside it in the storage, and beside its copy."""
    folder, slash, name = stored.query.rpartition("/")
    beside = stored.provider.object(f"{folder}{slash}{checksum_file(Path(name))}")
    beside.set_local_path(checksum_file(stored.local_path()))
    return beside
