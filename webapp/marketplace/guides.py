"""Set-up guides: a provider's Markdown as HTML that can only be read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

LOWEST = 6
_ALLOWED = ("https://", "http://", "mailto:")


class _Renderer(RendererHTML):
    """Headings below the page's own, links in a tab of their own, tables that scroll; no attribute `style`."""

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f"<{_lower(tokens[idx].tag)}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f"</{_lower(tokens[idx].tag)}>\n"

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        tokens[idx].attrSet("target", "_blank")
        tokens[idx].attrSet("rel", "noopener noreferrer")
        return self.renderToken(tokens, idx, options, env)

    def link_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return '<span class="visually-hidden"> (in a new tab)</span></a>'

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return '<div class="table-frame" tabindex="0" role="group" aria-label="Table"><table class="data-table">\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return '<th scope="col">'

    def td_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "<td>"

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return f'<pre tabindex="0"><code>{Markup.escape(tokens[idx].content)}</code></pre>\n'

    code_block = fence


def _lower(tag: str) -> str:
    """`h1` and `h2` become `h3` (the page has the one, the card the other), the rest moves down with them."""
    return f"h{min(max(int(tag[1]), 2) + 1, LOWEST)}"


def _may_link(address: str) -> bool:
    return address.lower().startswith(_ALLOWED)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
    parser.enable("table").disable(["image", "html_block", "html_inline"])
    parser.validateLink = _may_link  # type: ignore[method-assign, assignment]  # markdown-it's documented way
    return parser


@lru_cache(maxsize=256)
def render(text: str) -> Markup:
    """The guide without its own title: HTML in it stays text, and links lead to web and mail addresses only."""
    parser = _parser()
    tokens = parser.parse(text)
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        del tokens[:3]
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 (markdown-it escapes it: tested)
