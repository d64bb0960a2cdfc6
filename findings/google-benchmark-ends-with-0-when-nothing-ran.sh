#!/usr/bin/env bash
# Versions: google-benchmark 1.9.4 (PyPI's, the Python binding with the C++ library in it), Python 3.11.7.
#
# One would guess: a run whose --benchmark_filter matches nothing, or whose only benchmark reported an error by
#   SkipWithError, ends with another code than 0, as test runners do. CI that runs "one quick benchmark" would notice.
#
# Behaviour: the code is 0 in both cases. A renamed benchmark leaves one line on standard error, a broken one a line
#   "ERROR OCCURRED" in the table (error_occurred in JSON). The output has to be read.
#
# Seen:
#   no filter: exit code 0 | fine ran, broken: ERROR OCCURRED: 'no file'
#   --benchmark_filter=broken: exit code 0 | broken: ERROR OCCURRED: 'no file'
#   --benchmark_filter=typo: exit code 0 | Failed to match any benchmarks against regex: typo
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check google-benchmark==1.9.4

cat >see.py <<'END'
import google_benchmark


@google_benchmark.register
def fine(state):
    while state:
        pass


@google_benchmark.register
def broken(state):
    state.skip_with_error("no file")
    while state:
        pass


if __name__ == "__main__":
    google_benchmark.main()
END
run() { # [FILTER]
  local code=0 shown
  timeout 60 python/bin/python see.py --benchmark_min_time=0.01s "$@" >output.txt 2>&1 || code=$?
  shown="$(grep -o "^fine  *[0-9]\|^broken  *ERROR OCCURRED: .*\|Failed to match.*" output.txt | sed 's/^fine .*/fine ran/; s/^broken  */broken: /' | paste -sd, | sed 's/,/, /')"
  echo "${1:-no filter}: exit code $code | $shown" | tee -a seen.txt
}
run
run --benchmark_filter=broken
run --benchmark_filter=typo
if [ "$(grep -c 'exit code 0' seen.txt)" != 3 ] || [ "$(grep -c 'ERROR OCCURRED' seen.txt)" != 2 ]; then
  echo 'Changed: the exit code tells of errors or of filters that match nothing.' >&2
  exit 1
fi
