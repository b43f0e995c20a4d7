"""Source text as HTML with classes for its colours: everything in it is escaped, nothing carries a style."""

from __future__ import annotations

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer, YamlLexer
from pygments.lexers.html import XmlLexer
from pygments.lexers.markup import MarkdownLexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer

MAX_HIGHLIGHTED = 400_000
"""Characters that are coloured; what is longer is shown plainly, since colouring takes time."""
_LEXERS: dict[str, type[Lexer]] = {
    "python": PythonLexer,
    "yaml": YamlLexer,
    "json": JsonLexer,
    "markdown": MarkdownLexer,
    "xml": XmlLexer,
}
_ENDINGS = {
    "py": "python",
    "yaml": "yaml",
    "yml": "yaml",
    "json": "json",
    "md": "markdown",
    "svg": "xml",
    "xml": "xml",
}


def highlighted(text: str, language: str) -> str:
    """`<div class="code"><pre>…</pre></div>`. An unknown language is shown as plain text."""
    lexer = TextLexer if len(text) > MAX_HIGHLIGHTED else _LEXERS.get(language, TextLexer)
    formatter = HtmlFormatter(cssclass="code", classprefix="c-", wrapcode=True)
    return str(highlight(text, lexer(stripnl=False, ensurenl=False), formatter))


def language_of(path: str) -> str:
    """The language of a file by its name's ending."""
    return _ENDINGS.get(path.rpartition(".")[2].lower(), "text")
