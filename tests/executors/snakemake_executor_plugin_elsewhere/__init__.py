"""Another machine, as far as Snakemake can tell: an executor that gives a job's script to a shell, as a queue would."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncGenerator

from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface
from snakemake_interface_executor_plugins.settings import CommonSettings

common_settings = CommonSettings(
    non_local_exec=True,
    implies_no_shared_fs=False,
    job_deploy_sources=False,
    pass_default_storage_provider_args=True,
    pass_default_resources_args=True,
    pass_envvar_declarations_to_cmd=False,
    auto_deploy_default_storage_provider=False,
    init_seconds_before_status_checks=1,
)


class Executor(RemoteExecutor):
    """Processes of shells, which are asked whether they have ended."""

    def run_job(self, job: JobExecutorInterface) -> None:
        """Start the script of a job."""
        script = self.get_jobscript(job)
        self.write_jobscript(job, script)
        process = subprocess.Popen(["sh", script])
        self.report_job_submission(SubmittedJobInfo(job, external_jobid=str(process.pid), aux={"process": process}))

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncGenerator[SubmittedJobInfo]:
        """Report those that have ended; the others."""
        for info in active_jobs:
            code = info.aux["process"].poll()
            if code is None:
                yield info
            elif code:
                self.report_job_error(info)
            else:
                self.report_job_success(info)

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """End them."""
        for info in active_jobs:
            info.aux["process"].kill()
