# Two stages: one that builds, one with the runtime libraries alone.
#   docker build -t thumbs .
#   docker run --rm -v "$PWD/photos:/photos:ro" -v "$PWD/out:/out" thumbs /photos /out
FROM debian:12-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential cmake ninja-build pkg-config \
        libvips-dev libtiff-dev libjpeg-dev libpng-dev zlib1g-dev libisal-dev liburing-dev liblcms2-dev \
        libseccomp-dev libde265-dev libdav1d-dev libwebp-dev libgif-dev libavif-dev libjxl-dev libxxhash-dev libutf8proc-dev libjansson-dev \
        libtomlplusplus-dev libraw-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cmake --preset release -DTHUMBS_BUILD_BENCHMARKS=OFF -DCMAKE_INSTALL_PREFIX=/usr/local \
    && cmake --build --preset release \
    && cmake --install build/release --strip

FROM debian:12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libvips42 libjpeg62-turbo libpng16-16 zlib1g libisal2 liburing2 liblcms2-2 libseccomp2 libgomp1 libutf8proc2 \
        libde265-0 libdav1d6 libwebp7 libgif7 libavif15 libjxl0.7 libraw20 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home thumbs
COPY --from=build /usr/local /usr/local
RUN ldconfig
USER thumbs
ENTRYPOINT ["thumbs"]
CMD ["--help"]
