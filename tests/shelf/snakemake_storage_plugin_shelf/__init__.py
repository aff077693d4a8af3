"""A storage plugin of Snakemake that keeps what it is given in a folder, by copying; its queries are paths.

As ``snakemake-storage-plugin-fs``, without rsync. Nothing of it knows of checksums.
"""

import shutil
from pathlib import Path

from snakemake_interface_storage_plugins.io import Mtime
from snakemake_interface_storage_plugins.storage_object import StorageObjectRead, StorageObjectWrite
from snakemake_interface_storage_plugins.storage_provider import StorageProviderBase, StorageQueryValidationResult


class StorageProvider(StorageProviderBase):
    """What Snakemake asks of a storage: little, of folders."""

    @classmethod
    def example_queries(cls):
        return []

    @classmethod
    def is_valid_query(cls, query):
        return StorageQueryValidationResult(query=query, valid=query.startswith("/"), reason="no whole path")

    def rate_limiter_key(self, query, operation):
        return None

    def default_max_requests_per_second(self):
        return 1.0

    def use_rate_limiter(self):
        return False


class StorageObject(StorageObjectRead, StorageObjectWrite):
    """A file of it."""

    async def inventory(self, cache):
        key = self.cache_key()
        cache.exists_in_storage[key] = self.exists()
        if self.exists():
            cache.mtime[key], cache.size[key] = Mtime(storage=self.mtime()), self.size()

    def get_inventory_parent(self):
        return None

    def local_suffix(self):
        return self.query.removeprefix("/")

    def cleanup(self):
        pass

    def exists(self):
        return Path(self.query).exists()

    def mtime(self):
        return Path(self.query).stat().st_mtime

    def size(self):
        return Path(self.query).stat().st_size

    def retrieve_object(self):
        shutil.copyfile(self.query, self.local_path())

    def store_object(self):
        Path(self.query).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.local_path(), self.query)

    def remove(self):
        Path(self.query).unlink()
