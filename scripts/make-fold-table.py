#!/usr/bin/env python3
"""Writes core/base/fold_table.inc: how the text filter folds each code point.

Rule (protocol.md 17.1): NFKD, combining marks dropped, lower case, and of the rest only letters,
digits, space and some punctuation kept. Run it again for a newer Unicode; the C++ side only reads.
Hangul syllables are left out: fold.cc decomposes them by arithmetic.
"""
import sys
import unicodedata

KEPT = set(" ,./\\;:!|*^#@~+-_=")


def fold(char):
    text = unicodedata.normalize("NFKD", char)
    text = "".join(c for c in text if unicodedata.category(c)[0] != "M").lower()
    text = unicodedata.normalize("NFKD", text)
    return "".join(c for c in text if c in KEPT or unicodedata.category(c)[0] == "L"
                   or unicodedata.category(c) == "Nd")


def main():
    kept, mapped = [], []
    for point in range(0x80, 0x110000):
        if 0xD800 <= point <= 0xDFFF or 0xAC00 <= point <= 0xD7A3:
            continue
        text = fold(chr(point))
        if text == chr(point):
            if kept and kept[-1][1] == point - 1:
                kept[-1][1] = point
            else:
                kept.append([point, point])
        elif text:
            mapped.append((point, text))
    # One byte stream: per mapping the step from the last code point, the size of the text, the text.
    # An index of every 32nd mapping says where to start reading.
    stream, index, last = bytearray(), [], 0
    for number, (point, text) in enumerate(mapped):
        if number % 32 == 0:
            index.append((point, len(stream)))
            last = point
        stream += varint(point - last)
        raw = text.encode("utf-8")
        stream += varint(len(raw)) + raw
        last = point
    out = [f"// Made by scripts/make-fold-table.py from Unicode {unicodedata.unidata_version}."]

    def table(head, cells):
        out.append(head)
        line = "   "
        for cell in cells:
            if len(line) + len(cell) > 98:
                out.append(line)
                line = "   "
            line += " " + cell
        out.append(line)
        out.append("};")

    table("constexpr KeptRange kKeptRanges[] = {", [f"{{{a},{b - a}}}," for a, b in kept])
    assert all(b - a < 65536 for a, b in kept)
    table("constexpr IndexEntry kIndex[] = {", [f"{{{p},{o}}}," for p, o in index])
    table("constexpr unsigned char kStream[] = {", [f"{b}," for b in stream])
    sys.stdout.write("\n".join(out) + "\n")


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return out


main()
