#!/usr/bin/env python3
"""Writes core/query/fold_table.inc: how the text filter folds each code point.

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
    texts = []
    offsets = {}
    size = 0
    rows = []
    for point, text in mapped:
        raw = text.encode("utf-8")
        if raw not in offsets:
            offsets[raw] = size
            texts.append(raw)
            size += len(raw)
        rows.append((point, offsets[raw], len(raw)))
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

    table("constexpr KeptRange kKeptRanges[] = {", [f"{{{a},{b}}}," for a, b in kept])
    table("constexpr Mapping kMappings[] = {", [f"{{{p},{o},{n}}}," for p, o, n in rows])
    table("constexpr unsigned char kFoldedText[] = {", [f"{b}," for raw in texts for b in raw])
    sys.stdout.write("\n".join(out) + "\n")


main()
