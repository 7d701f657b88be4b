#!/bin/sh
# Locks every requirements/*.in together, so that no two of the .txt files can disagree on a version.
# Needs uv (python -m pip install uv). Run from anywhere.
set -eu
cd "$(dirname "$0")"
compile="uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate"
all=$(mktemp)
# Without --upgrade, what is locked stays as it is.
sort -u serve.txt train.txt scale.txt dev.txt bench.txt | grep -o "^[a-z][^ ]*==[^ ]*.*" | tr -d "\\\\" >"$all"
$compile "$@" serve.in train.in scale.in dev.in bench.in --output-file "$all"
for name in serve train scale dev bench; do
    $compile --constraint "$all" "$name.in" --output-file "$name.txt"
done
rm -f "$all"
