#!/usr/bin/env bash
# `.ci/run` on a clean clone of HEAD, with an empty HOME and nothing of this checkout on the path. The commit that passes
# is noted in `.git/ci-green`.
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git rev-parse HEAD)
green=$(git rev-parse --path-format=absolute --git-path ci-green)
if [[ -n $(git status --porcelain) ]]; then
	echo "make ci: what is not committed is not checked" >&2
fi

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
git clone --quiet --no-hardlinks . "$place/clone"
git -C "$place/clone" checkout --quiet --detach "$commit"
mkdir "$place/home"

path=$(printf %s "$PATH" | tr : '\n' | grep -vxF -e "$PWD/.venv/bin" -e "${VIRTUAL_ENV:-$PWD/.venv}/bin" -e "$HOME/.local/bin" | paste -sd :)
env -u VIRTUAL_ENV -u PYTHONPATH -u PYTHONHOME -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u XDG_CONFIG_HOME -u XDG_CACHE_HOME \
	-u XDG_DATA_HOME -u XDG_STATE_HOME HOME="$place/home" PATH="$path" "$place/clone/.ci/run"

echo "$commit" >"$green"
echo "make ci: $commit passed"
