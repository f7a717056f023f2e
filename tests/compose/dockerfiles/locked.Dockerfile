# The Python service api, written by Stackyard from its project and the stack file.
# PYTHON is the base of what runs, BUILDER of what builds: one with compilers, where a package has no wheel.
# Optional build secrets: ca (certificates to trust), pip, uv (a pip.conf, a uv.toml: indexes, credentials).
ARG PYTHON=python:3.13-slim
ARG BUILDER=${PYTHON}

FROM ${BUILDER} AS build
ARG UV=0.13.8
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_PROGRESS=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/packages \
    VIRTUAL_ENV=/opt/packages
RUN --mount=type=cache,target=/root/.cache/uv,sharing=locked \
    --mount=type=secret,id=ca \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    if [ -f /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca PIP_CERT=/run/secrets/ca REQUESTS_CA_BUNDLE=/run/secrets/ca; fi \
    && python -m pip install --quiet --no-cache-dir --disable-pip-version-check --root-user-action ignore --target /opt/uv "uv==${UV}" \
    && python -m venv --without-pip /opt/packages \
    && echo 'import site; site.addsitedir("/opt/own")' > "$(/opt/packages/bin/python -c 'import site; print(site.getsitepackages()[0])')/own.pth" \
    && mkdir /opt/own /opt/backend
ENV PATH=/opt/uv/bin:$PATH

WORKDIR /app/systems/shop/api

COPY systems/shop/api/requirements.lock ./

RUN --mount=type=cache,target=/root/.cache/uv,sharing=locked \
    --mount=type=secret,id=ca \
    --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    if [ -f /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca PIP_CERT=/run/secrets/ca REQUESTS_CA_BUNDLE=/run/secrets/ca; fi \
    && uv pip install --quiet --requirement requirements.lock

COPY kit /app/kit/

COPY systems/shop/api/pyproject.toml ./

RUN --mount=type=cache,target=/root/.cache/uv,sharing=locked \
    --mount=type=secret,id=ca \
    --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    if [ -f /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca PIP_CERT=/run/secrets/ca REQUESTS_CA_BUNDLE=/run/secrets/ca; fi \
    && uv pip install --quiet --requirement pyproject.toml --constraint requirements.lock \
    && uv pip install --quiet --target /opt/backend hatchling editables \
    && chmod -R a+rX /opt/packages

COPY systems/shop/api ./

RUN --mount=type=cache,target=/root/.cache/uv,sharing=locked \
    --mount=type=secret,id=ca \
    --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    if [ -f /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca PIP_CERT=/run/secrets/ca REQUESTS_CA_BUNDLE=/run/secrets/ca; fi \
    && { PYTHONPATH=/opt/backend uv pip install --quiet --no-deps --target /opt/own --editable . --offline --no-build-isolation 2>/tmp/at-once || uv pip install --quiet --no-deps --target /opt/own --editable .; } \
    && { python -m compileall -qq . || true; } \
    && chmod -R a+rX . /opt/own

FROM ${PYTHON}
ENV PATH=/opt/own/bin:/opt/packages/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /opt/packages /opt/packages
COPY --from=build /opt/own /opt/own
COPY --from=build /app/systems/shop/api /app/systems/shop/api
WORKDIR /app/systems/shop/api
USER 10001:10001
