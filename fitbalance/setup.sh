#!/usr/bin/env bash
# Prepares this machine: system packages (installed only as root), virtual environment, pinned libraries.
# `setup.sh` for running the site, `setup.sh dev` for the tests as well. Quick when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."
extra="${1:-}"

packages=()
command -v python3 >/dev/null || packages+=(python3)
python3 -c "import ensurepip, venv" 2>/dev/null || packages+=(python3-venv)
if [ "$extra" = dev ]; then
  command -v chromium >/dev/null || packages+=(chromium)
  command -v xgettext >/dev/null || packages+=(gettext)
fi
# Without these the site runs, but finds no poses (MediaPipe needs libGL) or has no fallback voice.
has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || ls /usr/lib*/"$1" /usr/lib/*/"$1" >/dev/null 2>&1; }
wanted=()
has_library libGL.so.1 || wanted+=(libgl1)
has_library libglib-2.0.so.0 || wanted+=(libglib2.0-0)
command -v espeak-ng >/dev/null || wanted+=(espeak-ng)
if [ ${#wanted[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    packages+=("${wanted[@]}")
  else
    echo "Not installed: ${wanted[*]}. FitBalance runs without, but finds no poses or has fewer voices." >&2
  fi
fi
if [ ${#packages[@]} -gt 0 ]; then
  install="apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing system packages: ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  else
    echo "FitBalance needs system packages. Please run:  sudo sh -c '$install'" >&2
    exit 1
  fi
fi

python3 - <<'PY'
import sys
if not (3, 11) <= sys.version_info[:2] < (3, 13):
    sys.exit(f"FitBalance needs Python 3.11 or 3.12; this is {sys.version.split()[0]}")
PY

stamp=".venv/fitbalance-${extra:-run}.stamp"
want="$(cat pyproject.toml constraints.txt | sha256sum | cut -d' ' -f1)"
if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
  exit 0
fi
echo "Installing the pinned libraries into .venv (about two minutes the first time)"
[ -x .venv/bin/python ] || python3 -m venv .venv
target="."
[ "$extra" = dev ] && target=".[dev]"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location --no-compile \
  -c constraints.txt -e "$target" 2> >(grep -v "is ignored: it is neither" >&2)
echo "$want" > "$stamp"
