# syntax=docker/dockerfile:1
# SPDX-License-Identifier: MIT
#   docker build -t thumbs .                            JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP, Netpbm, icons
#   docker build -t thumbs:full --build-arg VIPS=ON .   libvips as well: TIFF, SVG, JPEG 2000, JPEG XL
#   docker run --rm -v "$PWD/photos:/in:ro" -v "$PWD/out:/out" --user "$(id -u):$(id -g)" thumbs /in /out
# The image holds thumbs, the libraries that it loads, and nothing else. Which those are, with their
# versions, is told by /usr/share/thumbs/packages.txt.
#
# The base is pinned, so that two builds begin alike; the packages on it are the newest of Debian 12. A
# newer base is named by `docker buildx imagetools inspect debian:12-slim`.
ARG BASE=debian:12-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171
FROM ${BASE} AS build
ARG VIPS=OFF
COPY scripts/setup /src/scripts/setup
RUN apt-get update && if [ "$VIPS" = ON ]; then /src/scripts/setup; else /src/scripts/setup --slim; fi
WORKDIR /src
COPY . .
RUN cmake --preset release -DTHUMBS_WITH_VIPS="$VIPS" -DTHUMBS_BUILD_BENCHMARKS=OFF -DCMAKE_INSTALL_PREFIX=/usr/local \
    && cmake --build --preset release \
    && cmake --install build/release --strip
# libvips loads these by name, and its SVG reader looks for fonts.
RUN if [ "$VIPS" = ON ]; then \
        set -- "$(echo /usr/lib/*/vips-modules-*/vips-heif.so)" "$(echo /usr/lib/*/vips-modules-*/vips-jxl.so)" \
            fontconfig-config fonts-dejavu-core; \
    fi; \
    scripts/image-tree /usr/local /image "$@"

FROM scratch
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="thumbs" \
      org.opencontainers.image.description="Batch thumbnailer that never loses a file" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/debian:12-slim"
COPY --from=build /image /
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/thumbs"]
CMD ["--help"]
