"""What all parts of a document share: unknown names are refused, texts have an end."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import ConfigDict
from pydantic import Field as Rule

Name = Annotated[str, Rule(max_length=60, pattern=r"^([a-z][a-z0-9_]*)?$")]
"""Of a field, input or output; "" is not named yet."""
Identifier = Annotated[str, Rule(max_length=60, pattern=r"^([a-z][a-z0-9_-]*)?$")]
Line = Annotated[str, Rule(max_length=400)]
Text = Annotated[str, Rule(max_length=4_000)]
LongText = Annotated[str, Rule(max_length=60_000)]


class Part:
    """Base of every part of a document."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
