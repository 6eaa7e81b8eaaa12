#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Manual pages from the public headers: man.py INCLUDEDIR MANDIR [VERSION]

One page of section 3 for each function and one of section 7 for each header, written to
MANDIR/man3 and MANDIR/man7. Their text is the comments in the headers, all of it: a comment that
cannot be taken apart is an error. The date in the pages is SOURCE_DATE_EPOCH, or else that of the
newest header. Nothing but Python is needed.
"""
import errno
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "check"))
sys.dont_write_bytecode = True
import api  # noqa: E402  the one parser of the headers

ITEM = re.compile(r"^(?:\* )?(-E[A-Z0-9]+(?:, -E[A-Z0-9]+)*)(?:: (.*)|[;.]?)$")
# What is set in bold: code, pages, our functions, constants, errnos; in italics: parameters.
WORD = re.compile(
    r"`(?P<code>[^`]+)`|\b(?P<page>[A-Za-z_][\w.+-]*)\((?P<section>[1-8])\)|"
    r"\b(?P<function>contain(?:er)?_\w+)\(\)|\b(?P<call>contain(?:er)?_\w+)\((?=\S)|"
    r"(?P<constant>\bCONTAIN_[A-Z0-9_]+\*?)|(?P<errno>-E[A-Z0-9]{2,}\b)|"
    r"(?P<header>\bcontain/\w+\.h\b)|(?P<param>\*?\b\w+\b)")
SETTER_ERRORS = re.compile(r"errors that every\s+\*?\s*setter can return are:\n((?: \* -E.*\n)+)")
LIBRARY = ".SH LIBRARY\nlibcontain (\\fB\\-lcontain\\fP, pkg\\-config name \\fBlibcontain\\fP)\n"
TITLE = re.compile(r"^/\* -{4} (.*?) -{4,} \*/$", re.M)
NOTE = re.compile(r"^(/\*\n(?: \*.*\n)+? \*/)\n(?=\n/\*\*)", re.M)
OWN = re.compile(r"\b(contain(?:er)?_\w+)\(")
PAGE = re.compile(r"\b([A-Za-z_][\w.+-]*)\(([1-8])\)")


class BadComment(Exception):
    pass


def escape(text):
    text = text.replace("\\", "\\e")
    # A minus before digits, options and the like; between letters it is a hyphen.
    text = re.sub(r"(?<![A-Za-z])-|-(?![A-Za-z])", r"\\-", text)
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def overview(header):
    stem = header.removesuffix(".h")
    return "libcontain" if stem == "contain" else f"libcontain\\-{stem}"


def inline(text, params=()):
    out, end = "", 0
    for m in WORD.finditer(text):
        out += escape(text[end:m.start()])
        end = m.end()
        if m["code"]:
            out += f"\\fB{escape(m['code'])}\\fP"
        elif m["page"]:
            out += f"\\fB{m['page']}\\fP({m['section']})"
        elif m["function"]:
            out += f"\\fB{m['function']}\\fP(3)"
        elif m["call"]:
            out += f"\\fB{m['call']}\\fP("
        elif m["header"]:
            out += f"\\fB{overview(m['header'].removeprefix('contain/'))}\\fP(7)"
        elif m["param"]:
            name = m["param"].lstrip("*")
            # A parameter that is an ordinary word, too, stays as it is written.
            known = name in params and (name != m["param"] or "_" in name or
                                        re.match(r" (is|are|has to)\b", text[end:]))
            out += f"\\fI{m['param']}\\fP" if known else escape(m["param"])
        else:
            out += f"\\fB{escape(m[0])}\\fP"
    return re.sub(r"^([.'])", r"\\&\1", out + escape(text[end:]), flags=re.M)


def text_of(comment):
    """The lines of a comment without its marks."""
    body = re.sub(r"^/\*\*? ?|\*/$", "", comment)
    return [re.sub(r"^\s*\*(?: |(?=\t)|$)", "", line).rstrip() for line in body.split("\n")]


def paragraphs(text):
    return [p for p in re.split(r"\n\s*\n", text.strip("\n")) if p.strip()]


def split_items(lines):
    """Lines of prose, then [errnos, text] for each line that begins with one; the rest: prose."""
    lines = "\n".join(lines)
    # "-E2BIG: too large; -ENOMEM." is two of them
    lines = re.sub(r"; (?=-E[A-Z0-9]+(?:, -E[A-Z0-9]+)*[.;]?$)", ";\n", lines, flags=re.M)
    before, items, after, open_item = [], [], [], False
    for line in lines.split("\n"):
        # A line that begins with an errno may also go on with the sentence above.
        m = None if open_item else ITEM.match(line)
        if m:
            items.append([m[1], m[2] or ""])
        elif open_item:
            items[-1][1] += "\n" + line.strip()
        else:
            (after if items else before).append(line)
        open_item = bool(items) and not after and not re.search(r"[;.]$", line)
    return before, items, after


def item_list(items, params):
    out = ""
    for errnos, text in items:
        names = errnos.split(", ")
        text = text.rstrip(";.\n")
        if not text:
            text = "; ".join(os.strerror(getattr(errno, n[1:])) for n in names)
        tag = ", ".join(f"\\fB\\{n}\\fP" for n in names)
        out += f".TP\n{tag}\n{inline(sentence(text, params), params)}\n"
    return out


def groups(lines):
    """Prose and bullets: a bullet goes on in lines that are indented."""
    out = []
    for line in lines:
        if line.startswith("* "):
            out.append(["bullet", line[2:]])
        elif out and (out[-1][0] == "prose" or line.startswith(" ")):
            out[-1].append(line.strip())
        else:
            out.append(["prose", line.strip()])
    return [(g[0], "\n".join(g[1:])) for g in out]


def block(paragraph, params=()):
    """A paragraph of a comment: prose, with a list of errors or of bullets in it, or code."""
    if all(line.startswith("\t") for line in paragraph.split("\n")):
        code = escape(paragraph.replace("\t", ""))
        return f".PP\n.in +4n\n.nf\n{code}\n.fi\n.in\n"
    before, items, after = split_items(paragraph.split("\n"))
    out = ""
    for lines in (before, after):
        for kind, text in groups(lines):
            out += (".IP \\(bu 2\n" if kind == "bullet" else ".PP\n") + inline(text, params) + "\n"
        if lines is before:
            out += item_list(items, params)
    return out


def sentence(text, params=()):
    text = text.rstrip()
    first = re.match(r"\S+", text)[0].rstrip(",;:.")
    name = first in params or first == "spec" or re.search(r"[_./=*(]", first)
    return (text if name else text[0].upper() + text[1:]) + ("" if text[-1] in ".]" else ".")


class Page:
    """The comment of a function, taken apart."""

    def __init__(self, function):
        self.f = f = function
        lines = text_of(f.doc)
        while lines and not lines[0]:
            lines.pop(0)
        head = []
        while lines and lines[0] and not lines[0].startswith("@"):
            head.append(lines.pop(0))
        m = re.match(r"%s - (.+)" % f.name, " ".join(head))
        if not m:
            raise BadComment(f"{f.where}: it does not begin with '{f.name} - '")
        self.summary = m[1]
        self.params = {}
        name = None
        while lines and lines[0]:
            m = re.match(r"@(\w+): (.*)", lines[0])
            if m:
                name, text = m[1], m[2]
                self.params[name] = text
            elif name:
                self.params[name] += "\n" + lines[0].strip()
            else:
                raise BadComment(f"{f.where}: '{lines[0]}'")
            lines.pop(0)
        names = [re.search(r"\w+$", p)[0] for p in f.params]
        if list(self.params) != names:
            raise BadComment(f"{f.where}: described are {list(self.params)}, parameters {names}")
        body = "\n".join(lines).strip("\n ")
        m = re.search(r"\bSince:\s+(\d+\.\d+)\.?(?:\s+Source:\s+(.*?)\.?)?\Z", body, re.S)
        if not m:
            raise BadComment(f"{f.where}: it does not end with 'Since: ' and 'Source: '")
        self.since, self.source = m[1], m[2] and " ".join(m[2].split())
        body = body[:m.start()].rstrip()
        m = re.search(r"(?:^|(?<=[.;:] )|(?<=\n))Returns\b(?! when| after)", body)
        self.text = body[:m.start()].rstrip() if m else body
        self.returns = body[m.start():] if m else ""

    def references(self):
        own = {n for n in OWN.findall(self.f.doc) if n != self.f.name}
        other = {(n, s) for n, s in PAGE.findall(self.f.doc) if n not in own}
        return own, other


class Manual:
    def __init__(self, include, version):
        self.headers = sorted((pathlib.Path(include) / "contain").glob("*.h"))
        self.pages = [Page(f) for h in self.headers for f in api.functions(h)]
        if not self.pages:
            raise BadComment(f"no public function below {include}")
        self.version = version
        newest = max(h.stat().st_mtime for h in self.headers)
        seconds = int(os.environ.get("SOURCE_DATE_EPOCH", newest))
        self.date = time.strftime("%Y-%m-%d", time.gmtime(seconds))
        self.homes = {}  # of constants
        self.setter_errors = {}
        for h in self.headers:
            for m in api.DEFINE.finditer(h.read_text()):
                self.homes[m[1]] = h.name
            m = SETTER_ERRORS.search(h.read_text())
            if m:
                self.setter_errors[h.name] = split_items(text_of(m[1].rstrip("\n")))[1]

    def title(self, name, section):
        return f'.\\" From the public headers of libcontain by doc/man.py.\n' \
            f".TH {name} {section} {self.date} \"libcontain {self.version}\" libcontain\n"

    def synopsis(self, f):
        """The prototype, in lines that fit, the parameters in italics."""
        start = f.result + ("" if f.result.endswith("*") else " ") + f.name + "("
        lines, line, width = [], f'.BI "{start}', len(start)
        margin = " " * min(len(start), 24)
        params = [re.match(r"(.*?)(\w+)$", p.replace("* *", "**").replace("* ", "*")).groups()
                  for p in f.params]
        for n, (kind, name) in enumerate(params):
            last = n == len(params) - 1
            length = len(kind) + len(name) + 2
            if n and width + length > 76:
                lines.append(line.rstrip() + '"')
                line, width = f'.BI "{margin}', len(margin)
            line += f'{kind}" {name} "' + (");" if last else ", ")
            width += length
        return "\n".join(lines + [(line if params else line + "void);") + '"']) + "\n"

    def return_value(self, page):
        f, params = page.f, page.params
        is_setter = re.match(r"container_spec_(set|add|clear)_", f.name)
        common = self.setter_errors.get(f.header.name, []) if is_setter else []
        if f.result == "void":
            return ".PP\nNothing.\n"
        if is_setter and common and not re.match("Returns 0", page.returns):
            out = ".PP\n0, or one of the negative errnos below, with nothing changed.\n"
            also = re.sub(r"^Returns also ", "", page.returns)
            inner = self.listed(also, params) if also else ""
            return out, item_list(common, params) + inner
        # "Returns NULL when ..." alone: the summary says what the value is.
        if not re.match(r"Returns (?!\S+ (when|where)\b)", page.returns):
            out = f".PP\n{inline(sentence(page.summary), params)}\n"
            out += "".join(block(p, params) for p in paragraphs(page.returns))
            for name, text in params.items():
                m = re.search(r"NULL: (.*)$", text)
                if m:
                    out += f"Where \\fI{name}\\fP is NULL: {inline(m[1])}.\n"
            return out
        parts = paragraphs(page.returns)
        before, items, after = split_items(parts[0].split("\n"))
        if not items:
            out = block(parts[0], params)
            errors = ""
        else:
            intro = " ".join(before).rstrip(":;")
            intro += " " if intro.endswith(" or") else ", or " if before[-1].endswith(";") else ", "
            out = f".PP\n{inline(intro, params)}one of the negative errnos below.\n"
            errors = item_list(items, params) + "".join(block("\n".join(after), params) if after
                                                        else "")
        if is_setter and common:
            # Its own words for some errors; the rest is what every setter can return.
            rest = [[n, t] for n, t in common if not all(e in page.returns for e in n.split(", "))]
            errors += item_list(rest, params)
        for p in parts[1:]:
            if errors:
                errors += block(p, params)
            else:
                out += block(p, params)
        return (out, errors) if errors else out

    def listed(self, text, params):
        """'-EBADF: dirfd is not open; for a path -ENOENT, -ELOOP': errors in prose."""
        before, items, after = split_items(text.split("\n"))
        rest = "\n".join(before + after)
        return item_list(items, params) + (f".PP\nAlso {inline(rest, params)}\n" if rest else "")

    def see_also(self, refs):
        """(name, section) in the order of sections and names."""
        refs = sorted(set(refs), key=lambda r: (r[1], r[0]))
        return ".SH SEE ALSO\n" + ",\n".join(f".BR {n} ({s})" for n, s in refs).replace(
            "),\n", ") ,\n") + "\n"

    def function(self, page):
        f = page.f
        out = self.title(f.name, 3)
        out += f".SH NAME\n{f.name} \\- {inline(page.summary).replace(chr(10), ' ')}\n"
        out += LIBRARY
        out += f".SH SYNOPSIS\n.nf\n.B #include <contain/{f.header.name}>\n.PP\n"
        out += self.synopsis(f) + ".fi\n.SH DESCRIPTION\n"
        out += f".PP\n{inline(sentence(page.summary), page.params)}\n"
        for p in paragraphs(page.text):
            out += block(p, page.params)
        if page.params:
            out += ".SS Parameters\n"
        for name, text in page.params.items():
            out += f".TP\n.I {name}\n{inline(sentence(text), page.params)}\n"
        returns = self.return_value(page)
        returns, errors = returns if isinstance(returns, tuple) else (returns, "")
        out += ".SH RETURN VALUE\n" + returns
        if errors:
            out += ".SH ERRORS\n" + errors
        out += ".SH STANDARDS\nLinux.\n"
        if page.source:
            out += f"It rests on {inline(page.source)}.\n"
        out += f".SH HISTORY\nlibcontain {page.since}.\n"
        own, other = page.references()
        homes = {self.homes[c] for c in re.findall(r"\bCONTAIN_\w+\b", f.doc) if c in self.homes}
        refs = [(n, "3") for n in own] + list(other)
        refs += [(overview(h), "7") for h in homes | {f.header.name}]
        return out + self.see_also(refs)

    def constants(self, header):
        """Runs of #define under the comment before them."""
        text, out, end = header.read_text(), "", 0
        tokens = re.compile(r"(?P<comment>^/\*.*?\*/)|^#define (?P<name>CONTAIN_\w+)[ \t]+"
                            r"(?P<value>[^\s/][^\n/]*?)[ \t]*(?:/\*(?P<text>.*?)\*/)?$",
                            re.M | re.S)
        pending = None
        for m in tokens.finditer(text):
            if pending and text[end:m.start()].strip("\n"):
                pending = None  # it was the comment of something else
            end = m.end()
            if m["comment"]:
                if m["name"] is None and not re.match(r"/\* (SPDX|----)", m["comment"]):
                    pending = (pending + [m["comment"]]) if pending else [m["comment"]]
                continue
            for comment in pending or []:
                for p in paragraphs("\n".join(text_of(comment))):
                    out += block(p)
            pending = None
            note = " ".join(re.sub(r"\n\s*\*?", " ", m["text"] or "").split())
            value = m["value"].removesuffix("u").strip("()")
            out += f".TP\n\\fB{m['name']}\\fP ({escape(value)})\n"
            out += f"{inline(sentence(note))}\n" if note else "\\&\n"
        return out

    def contents(self, header):
        """The functions of a header below the titles in it."""
        text = header.read_text()
        titles = [(m.start(), m[1]) for m in TITLE.finditer(text)]
        # Comments by themselves, which speak of the functions below them.
        notes = [(m.start(), m[1]) for m in NOTE.finditer(text)]
        out, shown = "", None
        for page in self.pages:
            if page.f.header != header:
                continue
            at = text.index(page.f.doc)
            above = [t for start, t in titles if start < at]
            if above and above[-1] != shown:
                shown = above[-1]
                out += f".SS {escape(shown[0].upper() + shown[1:])}\n"
            while notes and notes[0][0] < at:
                out += "".join(block(p) for p in paragraphs("\n".join(text_of(notes.pop(0)[1]))))
            out += f".TP\n.BR {page.f.name} (3)\n{inline(sentence(page.summary))}\n"
        return out

    def header(self, header):
        m = re.search(r"^/\*\*\n \* contain/%s - .*?\*/" % re.escape(header.name),
                      header.read_text(), re.M | re.S)
        if not m:
            raise BadComment(f"{header.name}: no comment that says what the header is")
        parts = paragraphs("\n".join(text_of(m[0])))
        summary = " ".join(parts.pop(0).split()).removeprefix(f"contain/{header.name} - ")
        name = overview(header.name)
        out = self.title(name.replace("\\", ""), 7) + f".SH NAME\n{name} \\- {inline(summary)}\n"
        out += LIBRARY
        out += f".SH SYNOPSIS\n.B #include <contain/{header.name}>\n.SH DESCRIPTION\n"
        refs, source, contents = [], "", self.contents(header)
        if header.name == "contain.h":
            for h in self.headers:
                if h != header:
                    first = re.search(r"^ \* contain/%s - (.*)" % h.name, h.read_text(), re.M)
                    contents += f".TP\n.BR {overview(h.name)} (7)\n{inline(sentence(first[1]))}\n"
                    refs.append((overview(h.name), "7"))
        else:
            refs.append((overview("contain.h"), "7"))
        for p in parts:
            if p.startswith("Source: "):
                source = " ".join(p.removeprefix("Source: ").split())
            else:
                out += block(p)
        constants = self.constants(header)
        if contents:
            out += (".SH HEADERS\n" if header.name == "contain.h" else ".SH FUNCTIONS\n") + contents
        out += (".SH CONSTANTS\n" + constants if constants else "")
        out += ".SH STANDARDS\nLinux.\n" + (f"It rests on {inline(source)}\n" if source else "")
        refs += [(n, "3") for n in OWN.findall(m[0])] + PAGE.findall(m[0])
        refs += [(overview(h), "7") for h in re.findall(r"\bcontain/(\w+\.h)\b", m[0])
                 if h != header.name]
        return out + self.see_also(refs)

    def write(self, directory):
        wanted = {f"man3/{p.f.name}.3": self.function(p) for p in self.pages}
        for h in self.headers:
            wanted[f"man7/{overview(h.name)}.7".replace("\\", "")] = self.header(h)
        for name, text in wanted.items():
            path = pathlib.Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            # A paragraph macro behind a heading says nothing.
            path.write_text(re.sub(r"^(\.S[HS] .*\n)\.PP\n", r"\1", text, flags=re.M))
        return wanted


def main(args):
    if len(args) not in (2, 3):
        sys.exit(__doc__)
    directory = args[1]
    # As an install script of meson: below the prefix, which may lie below DESTDIR.
    if "MESON_INSTALL_DESTDIR_PREFIX" in os.environ:
        os.umask(0o022)
        directory = os.path.join(os.environ["MESON_INSTALL_DESTDIR_PREFIX"], directory)
    try:
        Manual(args[0], args[2] if len(args) > 2 else "").write(directory)
    except BadComment as e:
        sys.exit(f"man.py: {e}")


if __name__ == "__main__":
    main(sys.argv[1:])
