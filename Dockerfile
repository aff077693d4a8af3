# What jobs run in where no folder is shared, as in pods of Kubernetes: Python, and the packages of the locks.
# docker build --tag REGISTRY/multistart . && docker push REGISTRY/multistart
# The package in it is for its version and commands alone. A job unpacks in /workdir what it was sent and runs that, so
# an edit needs no new image; a change of a lock does.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/multistart
COPY Makefile pyproject.toml README.md LICENSE requirements.lock requirements-installer.lock requirements-kubernetes.lock ./
COPY src ./src
RUN make env kubernetes

# Snakemake has each pod install the plugin of its storage with pip, whatever there is. It finds the one of the lock here.
RUN sed -n '/^snakemake-storage-plugin-s3==/,/[^\\]$/p' requirements-kubernetes.lock > plugin.lock \
    && .venv/bin/python -m pip download --no-deps --require-hashes --requirement plugin.lock --dest /opt/wheels

ENV PATH=/opt/multistart/.venv/bin:$PATH \
    PYTHONPATH=/workdir/src \
    PIP_NO_INDEX=1 \
    PIP_NO_DEPS=1 \
    PIP_FIND_LINKS=/opt/wheels \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    HOME=/tmp \
    LOGNAME=multistart
USER 1000
WORKDIR /workdir
