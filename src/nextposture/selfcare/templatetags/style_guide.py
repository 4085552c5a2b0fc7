"""For the style guide: show a piece of a page, and below it the HTML to copy."""

from textwrap import dedent

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class Example(template.Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        shown = self.nodelist.render(context)
        return format_html(
            '<div class="stack">{}</div><details class="more"><summary>HTML</summary>'
            '<pre class="table-scroll small" tabindex="0"><code>{}</code></pre></details>',
            mark_safe(shown),
            dedent(shown).strip(),
        )


@register.tag
def example(parser: Parser, token: Token) -> Example:
    """{% example %} ... {% endexample %}"""
    nodelist = parser.parse(("endexample",))
    parser.delete_first_token()
    return Example(nodelist)
