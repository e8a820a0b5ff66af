# SPDX-License-Identifier: MIT
"""tree: the source tree as the lint scripts see it: its files, and C text without comments and
strings. A rule is a function `check(tree)` that returns complaints as "FILE:LINE: sentence"."""
import ast
import io
import os
import re
import sys
import tokenize

FOLDERS = ('.ci', 'assets', 'include', 'src', 'tests')
TOP_FILES = ('.clang-format', '.clang-tidy', '.editorconfig', '.gitignore', 'ChangeLog', 'Makefile.am', 'README',
             'configure.ac')

_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

MADE = ('.o', '.log', '.trs', '.part')


def _made(path, name, beside):
    """Whether the build or a test run made it: an in-tree build lies among the sources."""
    return (name.endswith(MADE) or name == '.dirstamp' or name + '.c' in beside or
            path in ('src/assets.c', 'assets/debwiz.1'))


class Tree:
    def __init__(self, root):
        self.root = root
        self._text = {}

    def files(self, *suffixes, under=FOLDERS):
        """Paths below the folders, sorted; of what the build makes, nothing."""
        found = []
        for top in under:
            for folder, names, files in os.walk(os.path.join(self.root, top)):
                names[:] = [n for n in names if n not in ('__pycache__', '.deps')]
                for name in files:
                    path = os.path.relpath(os.path.join(folder, name), self.root)
                    if name.endswith(suffixes or '') and not _made(path, name, files):
                        found.append(path)
        return sorted(found)

    def text(self, path):
        if path not in self._text:
            with open(os.path.join(self.root, path), encoding='utf-8', errors='replace') as f:
                self._text[path] = f.read()
        return self._text[path]

    def has(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def code(self, path):
        """C without comments; string and character constants become "" and ''. Lines stay."""
        def blank(m):
            s = m.group()
            keep = s[0] * 2 if s[0] in '"\'' else ' '
            return keep + '\n' * s.count('\n')
        return _TOKEN.sub(blank, self.text(path))

    def uncommented(self, path):
        """C without comments, with its strings."""
        return _TOKEN.sub(lambda m: m.group() if m.group()[0] in '"\'' else
                          ' ' + '\n' * m.group().count('\n'), self.text(path))

    def strings(self, path):
        """(line, content) of each string constant, in order."""
        text = self.text(path)
        for m in _TOKEN.finditer(text):
            if m.group()[0] == '"':
                yield text.count('\n', 0, m.start()) + 1, m.group()[1:-1]

    def comments(self, path):
        """(line, text) of each comment, as one line without the stars that begin its lines."""
        text = self.text(path)
        for m in _TOKEN.finditer(text):
            if m.group()[0] == '/':
                yield text.count('\n', 0, m.start()) + 1, re.sub(r'\n[ \t]*\*?[ \t]*', ' ', m.group())


    def remarks(self, path):
        """(line, text) of each comment and documentation string of a Python file."""
        text = self.text(path)
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                said = ast.get_docstring(node, clean=False)
                if said:
                    yield node.body[0].lineno, said


def line_of(text, at):
    return text.count('\n', 0, at) + 1


def top_folder():
    here = os.path.dirname(os.path.abspath(__file__))
    return os.environ.get('srcdir') or os.path.dirname(os.path.dirname(here))


def run(check):
    """Main of a rule's script: prints the complaints, ends 1 when there is one."""
    complaints = check(Tree(top_folder()))
    for c in complaints:
        print(c)
    sys.exit(1 if complaints else 0)
