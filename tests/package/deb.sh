#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Make the Debian packages, look at them, then install, use and remove them in a system of their own:
# this one, seen through an overlay that is thrown away. With THUMBS_NIGHTLY=1 also in a bare Debian,
# where mmdebstrap can fetch one.
#   deb.sh PROGRAM SAMPLES SOURCE_FOLDER
set -eu
samples=$2 source=$3
command -v dpkg-shlibdeps >/dev/null || { echo "SKIPPED: there is no dpkg-dev" && exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() {
    echo "FAILED: $*"
    exit 1
}

cd "$source"
cmake --preset package -B "$scratch/build" >"$scratch/log" 2>&1 || { cat "$scratch/log" && exit 1; }
cmake --build "$scratch/build" >"$scratch/log" 2>&1 || { tail -n 20 "$scratch/log" && exit 1; }
mkdir "$scratch/packages"
(cd "$scratch/build" && cpack -G DEB -B "$scratch/packages") >"$scratch/log" 2>&1 || { cat "$scratch/log" && exit 1; }
bash tests/install/run_paths.sh "$scratch/build/thumbs" "$samples" "$scratch/build" || [ $? -eq 77 ]
rm -rf "$scratch/build" "$scratch/packages/_CPack_Packages"
cd "$scratch"

# ---- what they hold ----

[ "$(find packages -name '*.deb' | wc -l)" -eq 3 ] || fail "there are not three packages"
contents() { dpkg-deb -c "$1" | awk '{ print $6 }'; }
contents packages/thumbs_*.deb >thumbs.list
contents packages/libthumbs[0-9]*.deb >library.list
contents packages/libthumbs-dev_*.deb >development.list
for name in usr/bin/thumbs share/man/man1/thumbs.1.gz bash-completion/completions/thumbs vendor-completions/_thumbs \
    vendor_completions.d/thumbs.fish doc/thumbs/copyright share/thumbs/report.schema.json; do
    grep -q "$name\$" thumbs.list || fail "thumbs holds no $name"
done
grep -q 'libthumbs\.so\.[0-9]*$' library.list || fail "the library's package holds no library"
for name in 'libthumbs\.so' thumbs/thumbs.h pkgconfig/thumbs.pc thumbsConfig.cmake; do
    grep -q "$name\$" development.list || fail "libthumbs-dev holds no $name"
done
[ -z "$(cat ./*.list | grep -v '/$' | sort | uniq -d)" ] || fail "two packages hold one file"
dpkg-deb -f packages/thumbs_*.deb Depends | grep -q 'libthumbs[0-9]* (= .*libjpeg' ||
    fail "thumbs depends on too little"
if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error packages/*.deb >lintian.log 2>&1 || {
        cat lintian.log
        fail "lintian finds errors"
    }
else
    echo "passed over: lintian, which is not installed"
fi

# ---- installed, used and removed ----

cat >inside.sh <<'E2'
set -eu
cd /work
dpkg -i packages/*.deb >dpkg.log 2>&1 || { cat dpkg.log && exit 1; }
[ "$(command -v thumbs)" = /usr/bin/thumbs ]
thumbs --version
thumbs --quiet samples/orientation out
[ "$(find out -name '*.jpg' | wc -l)" -ge 8 ]
! command -v man >/dev/null || man -P cat thumbs 2>/dev/null | grep -q -- '--files-from' ||
    [ -e /etc/dpkg/dpkg.cfg.d/excludes ] || [ -e /etc/dpkg/dpkg.cfg.d/docker ] || { echo "no manual page" && exit 1; }
for shell in bash zsh; do
    script=/usr/share/bash-completion/completions/thumbs
    [ $shell = bash ] || script=/usr/share/zsh/vendor-completions/_thumbs
    ! command -v python3 >/dev/null || python3 completion.py $shell $script /usr/bin/thumbs || [ $? -eq 77 ]
done
if command -v cc >/dev/null && command -v pkg-config >/dev/null; then
    # shellcheck disable=SC2046
    cc example.c -o example $(pkg-config --cflags --libs thumbs)
    ./example samples/orientation by-library
    diff -r -x .thumbs out by-library
fi
library=$(dpkg-deb -f packages/libthumbs[0-9]*.deb Package)
dpkg --purge thumbs libthumbs-dev "$library" >dpkg.log 2>&1 || { cat dpkg.log && exit 1; }
[ -z "$(find /usr -name '*thumbs*' \( -path '*/bin/*' -o -path '*/lib/*' -o -path '*man1*' \) ! -path '*python*')" ]
E2
cp "$source/tests/install/example.c" "$source/tests/install/completion.py" .
cp -r "$samples" samples

# This system below, a memory file system above it, nothing of it left when the last process ends.
cat >overlay.sh <<'E2'
set -eu
mount --make-rprivate /
mkdir layer root
mount -t tmpfs none layer
mkdir layer/upper layer/work
mount -t overlay -o "lowerdir=/,upperdir=$PWD/layer/upper,workdir=$PWD/layer/work" none root
mkdir -p root/work
mount --bind "$PWD" root/work
mount -t proc none root/proc
mount --rbind /dev root/dev
chroot root true
touch overlay-works
exec chroot root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb bash /work/inside.sh
E2
status=0
unshare --mount --pid --fork bash overlay.sh >overlay.log 2>&1 || status=$?
if [ ! -e overlay-works ]; then
    echo "passed over: installing, since there can be no overlay here: $(tail -n 1 overlay.log)"
elif [ $status -ne 0 ]; then
    cat overlay.log
    fail "installed packages do not work, or are not removed whole"
else
    echo "installed, used and removed: $(head -n 1 overlay.log)"
fi

[ "${THUMBS_NIGHTLY:-}" = 1 ] && command -v mmdebstrap >/dev/null || exit 0
names=$(for deb in packages/*.deb; do dpkg-deb -f "$deb" Package; done)
apt-get clean 2>/dev/null || true
# shellcheck disable=SC2016 # $1 is the new system's folder, which mmdebstrap fills in
mmdebstrap --variant=minbase --include=man-db,bash,zsh,python3 --customize-hook='mkdir "$1/work"' \
    --customize-hook="cp -r $scratch/packages $scratch/samples $scratch/inside.sh $scratch/completion.py \"\$1/work\"" \
    --customize-hook='chroot "$1" sh -c "apt-get install -y --no-install-recommends /work/packages/*.deb"' \
    --customize-hook='chroot "$1" bash /work/inside.sh' bookworm bare.tar >bare.log 2>&1 || {
    tail -n 20 bare.log
    fail "in a bare Debian it does not work"
}
echo "in a bare Debian, too: ${names//$'\n'/ }"
