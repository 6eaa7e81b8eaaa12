#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The public headers, read by rules: api.py INCLUDEDIR RULE [LIBRARY]; RULE is one of

types  only types that every language can call: no bool, enum, pid_t, public struct, varargs, ...
docs   every function has a comment with its name, its parameters, its errors and "Since:"
names  the names of all functions, one a line
map    the symbol map that these functions need
constants  the constants and their values, one a line
stubs  a C file that defines every function as the headers declare it, and does nothing
cffi   cffi reads the headers as they are, and finds every function in the shared library

Prints what is wrong, one finding a line; exit status 1 where there is any.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

SCALARS = {"int", "int32_t", "uint32_t", "int64_t", "uint64_t", "size_t"}
FUNCTION = re.compile(r"^([a-z][\w \t*]*?[ *])((?:contain|container)_\w+)\(([^()]*)\);", re.M)
# The one kind of function that the library calls: of one pointer, with a name of its own.
CALLBACK = re.compile(r"^typedef int \(\*(contain_\w+)\)\(void \*arg\);$", re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)
# What an error is told by: an errno, another function's errors, or a getter's answer to NULL.
ERRORS = re.compile(r"-E[A-Z0-9]+|errors of \w+\(|with their errors|[Rr]eturns what \w+\(|NULL: 0")


class Function:
    def __init__(self, header, doc, match):
        self.header, self.doc = header, doc
        self.result = " ".join(match[1].replace("*", " * ").split())
        self.name = match[2]
        self.params = [" ".join(p.replace("*", " * ").split()) for p in match[3].split(",")]
        if self.params == ["void"]:
            self.params = []
        self.where = f"{header.name}: {self.name}()"


def functions(header):
    text = header.read_text()
    end = 0
    for match in FUNCTION.finditer(text):
        doc = [c for c in COMMENT.finditer(text, end, match.start())
               if not text[c.end():match.start()].strip()]
        end = match.end()
        yield Function(header, doc[-1][0] if doc else "", match)


def code_of(header):
    return COMMENT.sub("", header.read_text())


def check_type(kind, opaque, callbacks, is_result, before_size=False):
    """None where the type is allowed, else why not."""
    if kind in callbacks:
        return None
    if kind in SCALARS or (is_result and kind in ("void", "const char *")):
        return None
    base = kind.replace("const ", "").replace(" const", "").replace(" *", "").strip()
    stars = kind.count("*")
    if is_result:
        return "is not among the types of results"
    if base == "char" and kind in ("const char *", "char *", "const char * const *"):
        return None
    if base in opaque and kind in (f"{base} *", f"const {base} *", f"{base} * *"):
        return None
    if base in SCALARS and stars == 1 and "const" not in kind:
        return None
    # Bytes, or an array of numbers, and how many of them.
    if before_size and stars == 1 and kind.startswith("const ") and base in SCALARS | {"void"}:
        return None
    return "is not among the types of parameters"


def types(headers):
    opaque, callbacks = set(), set()
    for header in headers:
        opaque |= set(re.findall(r"^typedef struct (\w+) \1;$", code_of(header), re.M))
        callbacks |= set(CALLBACK.findall(code_of(header)))
    for header in headers:
        code = code_of(header)
        for word in re.findall(r"\b(bool|_Bool|enum|union|pid_t|off_t|uid_t|mode_t|FILE|long|short|"
                               r"unsigned|float|va_list|inline|static|__attribute__)\b", code):
            yield f"{header.name}: '{word}'"
        for line in code.splitlines():
            if re.match(r"\s*#\s*define\s+\w+\(", line):
                yield f"{header.name}: a macro like a function: {line.strip()}"
            if "..." in line:
                yield f"{header.name}: variable arguments: {line.strip()}"
            if re.match(r"\s*typedef\b", line) and not CALLBACK.match(line) and \
                    not re.match(r"typedef struct (\w+) \1;$", line):
                yield f"{header.name}: a type that is not opaque: {line.strip()}"
        if re.search(r"struct\s+\w*\s*{|:\s*\d+\s*;", code):
            yield f"{header.name}: a struct with members"
        found = 0
        for f in functions(header):
            found += 1
            why = check_type(f.result, opaque, callbacks, True)
            if why:
                yield f"{f.where}: '{f.result}' {why}"
            for p, following in zip(f.params, f.params[1:] + [""]):
                if p == "void * arg": # what a callback is given
                    continue
                kind = re.sub(r"\s*\w+$", "", p) if re.search(r"[\w*] ?\w+$", p) else p
                why = check_type(kind, opaque, callbacks, False,
                                 following.startswith("size_t "))
                if why:
                    yield f"{f.where}: '{p}' {why}"
        # What the rules above did not see as a function must not look like one either.
        declared = len(re.findall(r"\)\s*;", CALLBACK.sub("", code)))
        if declared != found:
            yield f"{header.name}: {declared} declarations, of which {found} are understood"


def docs(headers):
    for header in headers:
        text = header.read_text()
        setters = re.search(r"errors that every\s+\*?\s*setter can return", text)
        if not re.search(r"^/\*\*\n \* contain/%s - " % re.escape(header.name), text, re.M):
            yield f"{header.name}: no comment that says what the header is"
        for f in functions(header):
            if not f.doc.startswith("/**\n"):
                yield f"{f.where}: no comment"
                continue
            if not re.match(r"/\*\*\n \* %s - \S" % f.name, f.doc):
                yield f"{f.where}: the comment does not begin with '{f.name} - '"
            if not re.search(r"Since: \d+\.\d+", f.doc):
                yield f"{f.where}: no 'Since:'"
            for p in f.params:
                name = re.search(r"\w+$", p)[0]
                if not re.search(r"^ \* @%s: \S" % name, f.doc, re.M):
                    yield f"{f.where}: no '@{name}:'"
            for name in re.findall(r"^ \* @(\w+):", f.doc, re.M):
                if not any(re.search(r"\b%s$" % name, p) for p in f.params):
                    yield f"{f.where}: '@{name}:' is no parameter"
            is_setter = re.match(r"container_spec_(set|add|clear)_", f.name)
            if f.result in ("int", "int32_t") and not (is_setter and setters):
                if not ERRORS.search(f.doc):
                    yield f"{f.where}: does not name its errors"


def all_names(headers):
    return sorted(f.name for header in headers for f in functions(header))


def symbol_map(headers):
    by_version = {}
    for header in headers:
        for f in functions(header):
            since = re.search(r"Since: (\d+\.\d+)", f.doc)
            by_version.setdefault(since[1] if since else "?", []).append(f.name)
    text = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n" \
        "/* What the public headers declare, a node per release: tests/check/api.py. */\n"
    before = ""
    for version in sorted(by_version, key=lambda v: [int(n) for n in v.split(".")]):
        text += f"CONTAIN_{version} {{\nglobal:\n"
        text += "".join(f"\t{name};\n" for name in sorted(by_version[version]))
        text += ("" if before else "local:\n\t*;\n") + f"}}{before};\n"
        before = f" CONTAIN_{version}"
    return text


DEFINE = re.compile(r"^#define (CONTAIN_\w+)[ \t]+(?=\S)", re.M)


def constants(headers):
    """By the compiler: what the headers write may be an expression."""
    names = sorted({m[1] for h in headers for m in DEFINE.finditer(code_of(h))})
    source = "#include <contain/contain.h>\n#include <stdio.h>\nint main(void)\n{\n" + "".join(
        f'\tprintf("{n} %lld\\n", (long long)({n}));\n' for n in names) + "\treturn 0;\n}\n"
    with tempfile.TemporaryDirectory() as directory:
        program = f"{directory}/constants"
        subprocess.run(["cc", "-I", headers[0].parent.parent, "-x", "c", "-", "-o", program],
                       input=source, text=True, check=True)
        return subprocess.run([program], text=True, check=True, stdout=subprocess.PIPE).stdout


def stubs(headers):
    text = "#include <contain/contain.h>\n"
    for f in sorted((f for header in headers for f in functions(header)), key=lambda f: f.name):
        text += f"{f.result} {f.name}({', '.join(f.params) or 'void'})\n{{\n" + \
            ("" if f.result == "void" else "\treturn 0;\n") + "}\n"
    return text


def cffi(headers, library):
    import cffi as module
    with tempfile.TemporaryDirectory() as stubs:
        # cffi knows these types, and not what the C library makes of them
        for name in ("stdint.h", "stddef.h"):
            (pathlib.Path(stubs) / name).touch()
        text = subprocess.run(
            ["cc", "-E", "-P", "-nostdinc", "-I", stubs, "-I", str(headers[0].parent.parent),
             "-x", "c", "-"], input="#include <contain/contain.h>\n", text=True, check=True,
            stdout=subprocess.PIPE).stdout
    ffi = module.FFI()
    ffi.cdef(text)
    lib = ffi.dlopen(library)
    for name in all_names(headers):
        if not hasattr(lib, name):
            yield f"{name}: not found by cffi"
    lib_error = ffi.new("contain_error **")
    if lib.container_plan_compile(ffi.NULL, ffi.NULL, lib_error) != -22:
        yield "container_plan_compile(NULL) did not answer -EINVAL"
    elif b"spec" not in ffi.string(lib.contain_error_message(lib_error[0])):
        yield "the error of container_plan_compile(NULL) has no message"
    else:
        lib.contain_error_free(lib_error[0])


def main(args):
    texts = {"map": symbol_map, "constants": constants, "stubs": stubs}
    if len(args) < 2 or args[1] not in ("types", "docs", "names", "cffi", *texts):
        sys.exit(__doc__)
    headers = sorted((pathlib.Path(args[0]) / "contain").glob("*.h"))
    if not headers or not all_names(headers):
        sys.exit(f"no public function below {args[0]}")
    if args[1] == "names":
        print("\n".join(all_names(headers)))
        return 0
    if args[1] in texts:
        print(texts[args[1]](headers), end="")
        return 0
    found = {"types": types, "docs": docs}.get(args[1])
    findings = list(found(headers) if found else cffi(headers, args[2]))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
