#!/usr/bin/env bash
# Versions: nlohmann/json 3.12.0 (PyPI's nlohmann-json repackages the headers; 3.11.3 does the same), GCC 12.2.0.
#   GXX names the compiler where it is not `g++`.
#
# One would guess: two numbers of parsed JSON are equal when they are the same number, 2^63 is not below -5, and what
#   is equal has the same std::hash, so that an std::unordered_set<json> keeps each number once.
#
# Behaviour: a number from 2^63 on is made a signed one before it is compared with a negative one, so
#   18446744073709551615 equals -1. Where no comparison goes wrong the hash does: 1, 1u and 1.0 are equal and have
#   three hashes, because the hash takes the type in. An index by hash keeps such numbers apart, one by order finds
#   them the same. (The comparison was reported as issue 5210 and mended after 3.12.0.)
#
# Seen:
#   nlohmann/json 3.12.0
#   -1 == 18446744073709551615: true
#   9223372036854775808 < -5: true
#   json(1) == json(1u), json(1u) == json(1.0): true true
#   different hashes of these three: 3
#   {1, 1u, 1.0} in std::set: 1, in std::unordered_set: 3
set -euo pipefail
gxx="$(command -v "${GXX:-g++}")" || { echo 'a C++ compiler is missing: set GXX' >&2; exit 2; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target python nlohmann-json==3.12.0
include="$(dirname "$(dirname "$(find python -name json.hpp -path '*nlohmann/json.hpp' | head -1)")")"

cat >see.cc <<'END'
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

using nlohmann::json;

int main() {
  std::cout << std::boolalpha << "nlohmann/json " << NLOHMANN_JSON_VERSION_MAJOR << '.' << NLOHMANN_JSON_VERSION_MINOR << '.'
            << NLOHMANN_JSON_VERSION_PATCH << '\n';
  const bool is_equal = json::parse("-1") == json::parse("18446744073709551615");
  const bool is_below = json::parse("9223372036854775808") < json::parse("-5");
  std::cout << "-1 == 18446744073709551615: " << is_equal << '\n';
  std::cout << "9223372036854775808 < -5: " << is_below << '\n';

  const json one(1), one_unsigned(1u), one_double(1.0);
  std::cout << "json(1) == json(1u), json(1u) == json(1.0): " << (one == one_unsigned) << ' ' << (one_unsigned == one_double)
            << '\n';
  const std::hash<json> hash;
  const std::set<std::size_t> hashes{hash(one), hash(one_unsigned), hash(one_double)};
  std::cout << "different hashes of these three: " << hashes.size() << '\n';
  const std::set<json> ordered{one, one_unsigned, one_double};
  const std::unordered_set<json> hashed{one, one_unsigned, one_double};
  std::cout << "{1, 1u, 1.0} in std::set: " << ordered.size() << ", in std::unordered_set: " << hashed.size() << '\n';
  return is_equal && is_below && ordered.size() == 1 && hashed.size() == 3 ? 0 : 1;
}
END
"$gxx" -std=c++20 -isystem "$include" see.cc -o see
./see || { echo 'Changed: numbers are compared by their value, or equal ones have one hash.' >&2; exit 1; }
