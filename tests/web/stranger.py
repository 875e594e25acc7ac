"""Schemathesis against a server that runs, as an outsider or with somebody's session."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.web.community import Community
from tests.web.test_authentication import sign_in

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
LINE_CHARS_MAX = 300


def asked_by_a_stranger(community: Community, folder: Path, name: str, examples: int, *how: str) -> tuple[int, str]:
    """Its exit code and what it says. With a session, all is asked but its end."""
    url, signed = f"http://{community.host}/api/v1/openapi.json", []
    if name:
        token = sign_in(community, community.scene.people[name]).json()["token"]
        signed = ["--header", f"Authorization: Bearer {token}", "--exclude-operation-id", "end_session"]
    endless = ["--exclude-operation-id", "follow_events"]  # a stream; tests/web/test_events.py tries it
    more = [*endless, "--max-examples", str(examples), "--checks", ",".join(CHECKS), "--warnings", "off", "--no-color"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", url, *signed, *more, "--continue-on-failure", *how]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, "\n".join(line[:LINE_CHARS_MAX] for line in (done.stdout + done.stderr).splitlines())
