"""Pages of the builder, one module for each task."""

from webapp.builder.routes import deploy, editing, generate, listing, starting, steps
from webapp.builder.routes.base import bp

__all__ = ["bp", "deploy", "editing", "generate", "listing", "starting", "steps"]
