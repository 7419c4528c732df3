# Dockerfile: Herald on Debian 12, built in one stage and run in a slim other.

FROM debian:12 AS build
WORKDIR /src
COPY scripts/packages scripts/
RUN apt-get update \
    && apt-get install -y --no-install-recommends $(awk '$1 == "build" { print $2 }' scripts/packages) \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset release -D HERALD_TESTS=OFF \
    && cmake --build --preset release --target herald \
    && strip build/release/herald

FROM debian:12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libc-ares2 libfmt9 libidn2-0 libpoconet80 libpoconetssl80 libpococrypto80 libpocojson80 libpocofoundation80 libpq5 \
        libprometheus-cpp-core1.0 libpugixml1v5 libspdlog1.10 libsqlite3-0 libssl3 libsystemd0 \
        libtomlplusplus3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/herald herald
COPY --from=build /src/build/release/herald /usr/local/bin/herald
USER herald
WORKDIR /var/lib/herald
VOLUME /var/lib/herald
# SIGTERM stops cleanly: what is acknowledged is stored, connected watchers are told.
STOPSIGNAL SIGTERM
ENTRYPOINT ["herald"]
CMD ["serve"]
