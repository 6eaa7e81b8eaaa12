#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages beside the headers: docs.py INCLUDEDIR MANDIR

The pages are read as mandoc(1) shows them, and nothing of the generator is used: every function and
every header has a page; the prototype, each parameter, each error and each word of the comment are
in it; what it refers to exists. Prints what is wrong, one finding a line; exit status 1 where
there is any.
"""
import pathlib
import re
import subprocess
import sys

import api

ERRNO = re.compile(r"-E[A-Z0-9]{2,}\b")
PAGE = re.compile(r"\b([A-Za-z_][\w.+-]*)\(([1-8])\)")
WORD = re.compile(r"[A-Za-z0-9_]{2,}")


def rendered(path):
    text = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=200", path], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    text = re.sub(r".\x08", "", text).replace("\N{MINUS SIGN}", "-").replace("\N{HYPHEN}", "-")
    parts = re.split(r"^([A-Z][A-Z ]+)$", text, flags=re.M)
    return text, dict(zip(parts[1::2], parts[2::2]))


def plain(comment):
    return re.sub(r"^\s*/?\*+/?", "", comment, flags=re.M)


def words(text):
    return [w.lower() for w in WORD.findall(text)]


def missing_words(comment, page):
    """Words of the comment that the page has less often; those that the layout replaces aside."""
    have = words(page)
    for word in sorted(set(words(comment)) - {"since", "source", "returns", "also", "or"}):
        if words(comment).count(word) > have.count(word):
            yield word


def outside(where, text, pages):
    for name, section in PAGE.findall(text):
        if re.match(r"(lib)?contain", name) and f"{name}.{section}" not in pages:
            yield f"{where}: {name}({section}) has no page"


def function(f, path, pages, common):
    where = path.name
    text, sections = rendered(path)
    for name in ("NAME", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "STANDARDS", "HISTORY",
                 "SEE ALSO"):
        if name not in sections:
            yield f"{where}: no section {name}"
            sections[name] = ""
    if not sections["NAME"].strip().startswith(f"{f.name} - "):
        yield f"{where}: NAME is '{sections['NAME'].strip()}'"
    prototype = f"{f.result} {f.name}({', '.join(f.params) or 'void'});"
    synopsis = sections["SYNOPSIS"]
    if re.sub(r"\s", "", prototype) not in re.sub(r"\s", "", synopsis):
        yield f"{where}: SYNOPSIS lacks '{prototype}'"
    if f"#include <contain/{f.header.name}>" not in synopsis:
        yield f"{where}: SYNOPSIS lacks its header"
    for p in f.params:
        name = re.search(r"\w+$", p)[0]
        if not re.search(r"^ {7}%s(?: +|\n {14})\S" % name, sections["DESCRIPTION"], re.M):
            yield f"{where}: parameter {name} is not described"
    told = set(ERRNO.findall(sections["RETURN VALUE"] + sections.get("ERRORS", "")))
    documented = plain(f.doc)
    at = documented.rfind("Returns ")
    wanted = set(ERRNO.findall(documented[at:])) if at >= 0 else set()
    is_setter = re.match(r"container_spec_(set|add|clear)_", f.name)
    wanted |= set(common) if is_setter else set()
    for error in sorted(wanted - told):
        yield f"{where}: {error} is not told"
    for error in sorted(told - wanted):
        yield f"{where}: {error} is told, and not documented"
    for word in missing_words(documented, text):
        yield f"{where}: '{word}' of the comment is missing"
    since = re.search(r"Since: (\d+\.\d+)", documented)
    if since and since[1] not in sections["HISTORY"]:
        yield f"{where}: HISTORY lacks {since[1]}"
    for name, section in PAGE.findall(documented):
        if f"{name}({section})" not in sections["SEE ALSO"]:
            yield f"{where}: SEE ALSO lacks {name}({section})"
    yield from outside(where, text, pages)


def header(h, path, pages):
    where = path.name
    text, sections = rendered(path)
    for f in api.functions(h):
        if f"{f.name}(3)" not in sections.get("FUNCTIONS", ""):
            yield f"{where}: FUNCTIONS lacks {f.name}(3)"
    for m in api.DEFINE.finditer(api.code_of(h)):
        if not re.search(r"^ {7}%s \(" % m[1], sections.get("CONSTANTS", ""), re.M):
            yield f"{where}: CONSTANTS lacks {m[1]}"
    comments = api.COMMENT.findall(h.read_text())
    comments = [c for c in comments if "SPDX" not in c and "extern" not in c]
    of_functions = {f.doc for f in api.functions(h)}
    for comment in comments:
        if comment not in of_functions:
            # A name of a header is the name of its page here.
            for word in missing_words(re.sub(r"contain/\w+\.h", "", plain(comment)), text):
                yield f"{where}: '{word}' of a comment is missing"
    yield from outside(where, text, pages)


def check(include, mandir):
    headers = sorted((include / "contain").glob("*.h"))
    pages = {p.name for p in mandir.glob("man?/*")}
    wanted = {f"{name}.3" for name in api.all_names(headers)}
    stems = {h: "libcontain" + ("" if h.stem == "contain" else f"-{h.stem}") for h in headers}
    wanted |= {f"{stem}.7" for stem in stems.values()}
    for name in sorted(wanted - pages):
        yield f"{name}: no such page"
    for name in sorted(pages - wanted):
        yield f"{name}: a page of nothing"
    for h in headers:
        common = re.search(r"errors that every\s+\*?\s*setter can return(.*?)What a setter",
                           h.read_text(), re.S)
        common = ERRNO.findall(common[1]) if common else []
        for f in api.functions(h):
            if f"{f.name}.3" in pages:
                yield from function(f, mandir / "man3" / f"{f.name}.3", pages, common)
        if f"{stems[h]}.7" in pages:
            yield from header(h, mandir / "man7" / f"{stems[h]}.7", pages)


if __name__ == "__main__":
    findings = list(check(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
    print("\n".join(findings))
    sys.exit(1 if findings else 0)
