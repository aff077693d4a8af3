"""A pod of Kubernetes that failed is started again, also where its log cannot be read.

Snakemake's executor (0.5.1) asks for the log of the container that ran in the pod before, and takes an answer that is
no log for the end of the whole run. No container runs in a pod of its jobs twice, and of a machine that is gone there
is no log at all, so that without this nothing would be retried.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any


def let_logs_be_missing(client: ModuleType | Any) -> None:
    """Let ``kubernetes.client`` give the log of a pod's container that is there, or a sentence that there is none."""
    api, refused = client.CoreV1Api, client.ApiException
    read = api.read_namespaced_pod_log

    def read_namespaced_pod_log(self: Any, *given: Any, **named: Any) -> str:
        for previous in (named.pop("previous", False), False):
            try:
                return read(self, *given, previous=previous, **named)
            except refused as error:
                said = f"The log of this pod cannot be read: {error.reason}"
        return said

    api.read_namespaced_pod_log = read_namespaced_pod_log
