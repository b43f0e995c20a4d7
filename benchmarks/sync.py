"""Reading 100,000 contacts from a paged source over HTTP, killed at a random page and gone on with.

`python -m benchmarks.sync [--contacts 100000]`. Targets: 15,000 contacts a second, 90 MB at the peak, nothing missing
and nothing twice. The source is a provider's stand-in, served by a process of its own; the contacts go through the real
service. Each killed run is ended with SIGKILL; that its lease has run out since is written down, not waited for.

The provider's ceiling of calls (`Manifest.rate_limit`) holds a real account's pace, so it is lifted here.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sqlite3
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIServer

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.fanout import free_port
from benchmarks.figures import Figure, table
from benchmarks.settings import settings_for

CONTACTS, A_SECOND, MEGABYTES = 100_000, 15_000.0, 90.0
PROVIDER = "hubspot"
SHARE_A_MOMENT = 3
"""So many contacts were changed in the same millisecond, as after an import."""
