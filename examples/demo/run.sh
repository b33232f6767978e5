#!/bin/sh
# The demonstration: make demo. It is run in the root of the repository, after
# gopiper and its plugins have been built.
set -eu

title() { printf '\n\033[1m%s\033[0m\n\n' "$1"; }
if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then title() { printf '\n== %s\n\n' "$1"; }; fi

log=build/demo/access.jsonl
mkdir -p build/demo

title "1. A million lines of an access log are made: $log"
build/gopiper run --stats examples/demo/generate.lua
ls -lh "$log" | awk '{ print "\n" $5 "; the first line:" }'
head -n 1 "$log"

title "2. Two Go plugins and nothing between them: examples/hello/pipeline.lua"
sed -n '/^local/,$p' examples/hello/pipeline.lua
printf '\n'
build/gopiper run --stats examples/hello/pipeline.lua < "$log" > /dev/null

title "3. What failed is found, edited and counted: examples/demo/pipeline.lua"
sed -n '/^local/,$p' examples/demo/pipeline.lua
printf '\n'
build/gopiper run --stats examples/demo/pipeline.lua < "$log" > build/demo/failures.txt
printf '\n%s lines of output; the first and the last:\n' "$(wc -l < build/demo/failures.txt | tr -d ' ')"
head -n 2 build/demo/failures.txt
tail -n 1 build/demo/failures.txt

title "Next"
cat <<'NEXT'
  build/gopiper graph examples/demo/pipeline.lua     the pipeline as a graph
  build/gopiper list                                 the components there are
  build/gopiper doc json                             what one of them does
  less README.md                                     the tour
NEXT
