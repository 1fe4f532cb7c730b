#!/usr/bin/env bash
# Plants each fault of this folder in a copy of the project, and sees that a test of the engine turns red.
# A fault that no test notices is a failure: then it is the tests that are wrong.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# Of its own: what was built of a fault must never be taken for the project.
export CARGO_TARGET_DIR="$root/target/mutations"
unnoticed=0
# All of them, or those that are named.
patches=("$here"/*.patch)
if [ $# -gt 0 ]; then
  patches=("${@/#/$here/}")
  patches=("${patches[@]/%/.patch}")
fi
for patch in "${patches[@]}"; do
  rm -rf "$copy/tree" && mkdir "$copy/tree"
  (cd "$root" && git ls-files -z | xargs -0 tar cf - 2>/dev/null) | tar xf - -C "$copy/tree"
  (cd "$copy/tree" && patch -s -p1 < "$patch")
  name=$(basename "$patch" .patch)
  if (cd "$copy/tree" && cargo test -q --test ops > "$copy/log" 2>&1); then
    echo "UNNOTICED  $name"
    unnoticed=$((unnoticed + 1))
  elif grep -q '^error' "$copy/log" && ! grep -q 'FAILED' "$copy/log"; then
    echo "UNBUILT    $name"
    tail -5 "$copy/log"
    unnoticed=$((unnoticed + 1))
  else
    red=$(grep -oE '^    [a-z_]+::[a-z_]+$' "$copy/log" | sort -u | tr -d ' ' | paste -sd' ')
    echo "red        $name: $red"
  fi
done
exit $((unnoticed > 0))
