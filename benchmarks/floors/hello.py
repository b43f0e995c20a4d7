"""Bare Flask that says hello: what the framework itself costs on the same server."""

from flask import Flask

app = Flask(__name__)


@app.route("/<path:path>", methods=["POST"])
def hello(path: str) -> str:
    return '{"received": 1, "duplicates": 0}'
