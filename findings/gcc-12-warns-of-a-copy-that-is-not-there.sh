#!/usr/bin/env bash
# Versions: GCC 12.2.0 (Debian 12's). GXX names the compiler where it is not `g++-12` or `g++`.
#
# One would guess: -Wall -Werror is safe for code that only assigns and joins std::string, and a warning of an
#   overlapping copy tells of an overlapping copy.
#
# Behaviour: `text = "x";` (a literal of one character) fails at -O2, and `"<" + std::to_string(n)` at -O3, by
#   -Wrestrict, which is part of -Wall: the inlined code "may" copy half of the address space. Debug builds and
#   -Os are quiet, and so is C++17, where the code of std::string lies in the library: a step to C++20 or the
#   first release build brings it. Two characters in the literal are quiet too. GCC bug 105651.
#
# Seen:
#   GCC 12.2.0
#   assign.cc -std=c++20 -O0: compiles
#   assign.cc -std=c++20 -Os: compiles
#   assign.cc -std=c++20 -O2: accessing 9223372036854775810 or more bytes [-Werror=restrict]
#   assign.cc -std=c++20 -O3: accessing 9223372036854775810 or more bytes [-Werror=restrict]
#   assign.cc -std=c++17 -O3: compiles
#   assign-two.cc -std=c++20 -O0: compiles
#   assign-two.cc -std=c++20 -Os: compiles
#   assign-two.cc -std=c++20 -O2: compiles
#   assign-two.cc -std=c++20 -O3: compiles
#   assign-two.cc -std=c++17 -O3: compiles
#   join.cc -std=c++20 -O0: compiles
#   join.cc -std=c++20 -Os: compiles
#   join.cc -std=c++20 -O2: compiles
#   join.cc -std=c++20 -O3: accessing 9223372036854775810 or more bytes [-Werror=restrict]
#   join.cc -std=c++17 -O3: compiles
set -euo pipefail
gxx="${GXX:-$(command -v g++-12 || command -v g++)}"
version="$("$gxx" -dumpfullversion)"
echo "GCC $version"
case "$version" in
  12.*) ;;
  *) echo 'GCC 12 is missing: set GXX' >&2; exit 2 ;;
esac
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >assign.cc <<'END'
#include <string>
std::string Assigned(std::string text) {
  text = "x";
  return text;
}
END
sed 's/"x"/"xy"/' assign.cc >assign-two.cc
cat >join.cc <<'END'
#include <string>
std::string Joined(int n) { return "<" + std::to_string(n) + ">"; }
END
seen=''
for file in assign assign-two join; do
  for flags in '-std=c++20 -O0' '-std=c++20 -Os' '-std=c++20 -O2' '-std=c++20 -O3' '-std=c++17 -O3'; do
    # shellcheck disable=SC2086
    if "$gxx" $flags -Wall -Werror -c "$file.cc" -o object.o 2>errors.txt; then
      outcome='compiles'
    else
      outcome="$(grep -o 'accessing [0-9]* or more bytes\|\[-Werror=restrict\]' errors.txt | head -2 | paste -sd' ')"
    fi
    echo "$file.cc $flags: $outcome"
    seen+="${outcome:0:1}"
  done
done
if [ "$seen" != 'ccaacccccccccac' ]; then
  echo 'Changed: other lines or other levels of optimization warn, or none.' >&2
  exit 1
fi
