# Stand-in for postgres:<major>, from Debian's packages: the official image's user, paths, variables and entry point.
FROM debian:trixie-slim
ARG MAJOR
ARG SUITE
ARG DATA=/var/lib/postgresql/data
ARG VOLUME=/var/lib/postgresql/data
RUN groupadd -r --gid 999 postgres \
    && useradd -r --gid postgres --uid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres \
    && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql
RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked --mount=type=cache,target=/var/cache/apt,sharing=locked \
    sed -n "s/ trixie / ${SUITE} /p" /etc/apt/sources.list > /etc/apt/sources.list.d/more.list \
    && mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && apt-get -qq update \
    && apt-get -qq install -y --no-install-recommends "postgresql-${MAJOR}" locales xz-utils zstd \
    && localedef -i en_US -c -f UTF-8 en_US.UTF-8 \
    && rm -rf /etc/apt/sources.list.d/more.list /var/log/apt /var/log/dpkg.log
RUN sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" "/usr/share/postgresql/${MAJOR}/postgresql.conf.sample" \
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
