# shellcheck shell=bash
# What the scripts share. Sourced by bash, with "set -u"; the caller stands in the repository's root.

say()  { printf '%s\n' "$*" >&2; }
stop() { say "$(basename "$0"): $*"; exit 1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

apt_is_fresh=

# need_packages PACKAGE…: installs those that are missing. Fails, and says why, where one cannot be
# had.
need_packages() {
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    say "this system has no dpkg: install by hand what stands for $*"
    return 1
  fi
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0

  say "installing ${missing[*]}"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends
    -o DPkg::Lock::Timeout=300)
  # Fresh machines have no package lists, and old ones name versions that are gone.
  if ! as_root "${install[@]}" "${missing[@]}" </dev/null >"$apt_log" 2>&1; then
    if [ -z "$apt_is_fresh" ]; then
      as_root apt-get update -o DPkg::Lock::Timeout=300 </dev/null >>"$apt_log" 2>&1 || true
      apt_is_fresh=yes
    fi
    if ! as_root "${install[@]}" "${missing[@]}" </dev/null >>"$apt_log" 2>&1; then
      tail -n 5 "$apt_log" >&2
      say "cannot install ${missing[*]}: it takes root, or sudo without a password, and a reachable" \
        "package archive (log: $apt_log)"
      return 1
    fi
  fi
}

# need_cmocka_source: unpacks CMocka's source package for the builds that cannot use an installed
# library, and sets cmocka_source to it. Where there is no source package to be had, cmocka_source
# stays empty and cmake/cmocka.cmake downloads the release.
need_cmocka_source() {
  local work=$PWD/build/cmocka
  cmocka_source=$work/source
  [ -f "$cmocka_source/src/cmocka.c" ] && return 0
  if ! command -v apt-get >/dev/null || ! need_packages xz-utils; then
    cmocka_source=
    return 0
  fi

  rm -rf "$work"
  mkdir -p "$work/sources" "$work/lists/partial" "$work/source"
  # The machine's own package sources, read as source packages; nothing in /etc is touched.
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] && sed -n 's/^deb\( .*\)/deb-src\1/p' "$file" >"$work/sources/$(basename "$file" .list).list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/sources/$(basename "$file")"
  done
  local options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources"
    -o Dir::State::lists="$work/lists" -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache=
    -o APT::Sandbox::User="$(id -un)")
  # One source that cannot be reached does not matter if another has the package.
  apt-get update "${options[@]}" </dev/null >"$work/log" 2>&1 || true
  if (cd "$work" && apt-get source --download-only "${options[@]}" cmocka </dev/null >>log 2>&1) &&
    tar -xf "$work"/cmocka_*.orig.tar.?z -C "$work/source" --strip-components=1 2>>"$work/log"; then
    return 0
  fi
  say "no source package of CMocka: CMake downloads the release (log: $work/log)"
  cmocka_source=
}

# A Wine of the project's own, left alone by other prefixes and leaving them alone. winedbg would
# write a hundred lines for each crash.
export WINEPREFIX=$PWD/build/wine
export WINEDEBUG=-all WINEDLLOVERRIDES='winedbg.exe,mscoree,mshtml='

# start_wine: makes the prefix, and leaves a server running until stop_wine. Without it, each test
# would wait until a server of its own has ended, for that inherits the test's output.
start_wine() {
  local wine
  wine=$(find_wine) || return 1
  mkdir -p "$WINEPREFIX"
  # It ends with an error where one runs already.
  wineserver -p </dev/null >/dev/null 2>&1 || true
  # Wine ends with 0 for some programs that it cannot run; what they print tells.
  env -u DISPLAY timeout 120 "$wine" cmd /c "echo started" </dev/null 2>/dev/null | grep -q started
}

stop_wine() {
  if [ -d "$WINEPREFIX" ] && command -v wineserver >/dev/null; then
    wineserver -k </dev/null >/dev/null 2>&1 || true
  fi
}

# find_wine: prints the program that starts 64-bit Windows programs.
find_wine() {
  PATH=$PATH:/usr/lib/wine command -v wine64 || command -v wine
}

mkdir -p build
apt_log=$PWD/build/apt.log
