# The edge with its front ends, written by Stackyard from the stack file.
# Optional build secrets: ca (certificates to trust), npm (an .npmrc: registries and their credentials).
ARG NODE=node:22-slim
ARG NGINX=nginx:1.30

FROM ${NODE} AS site-web
ENV CI=true
WORKDIR /site/systems/shop/web
COPY old-1.0.0.tgz /site/old-1.0.0.tgz
COPY ["web kit/package.json", "/site/web kit/"]
COPY systems/shop/web/package.json systems/shop/web/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm,sharing=locked \
    --mount=type=secret,id=ca \
    --mount=type=secret,id=npm,target=/root/.npmrc \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi \
    && npm ci --no-audit --no-fund --silent
COPY ["web kit", "/site/web kit/"]
COPY systems/shop/web ./
RUN npm run --silent build \
    && { [ -f dist/index.html ] || { echo 'npm run build wrote no dist/index.html' >&2; exit 1; }; } \
    && cp -R dist /out && chmod -R a+rX /out

FROM ${NGINX}
COPY --from=site-web /out /srv/www/web
USER 101:101
