"""`--phone`: https that a phone can reach, a fingerprint to compare, and a code that leads there."""

from __future__ import annotations

import json
import ssl
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import zxingcpp
from cryptography import x509

from linlian.cli.phone import BLOCKS, qr_lines
from linlian.node import NodeError, address_here, certificate, own_certificate
from linlian.node.certificate import FILE, RENEWED, VALID
from tests.cli.shell import Shell

MODULE = 4
"""Pixels of a module, for whoever reads the code."""


@pytest.mark.parametrize("text", ["https://192.168.1.20:8443", "http://localhost:8420/#K7QM-2XPD-9RTV", "x" * 200])
def test_the_code_in_the_terminal_says_the_address(text: str) -> None:
    halves = {block: pair for pair, block in BLOCKS.items()}
    rows: list[bytes] = []
    for line in qr_lines(text):
        for half in (0, 1):
            row = b"".join((b"\0" if halves[block][half] else b"\xff") * MODULE for block in line)
            rows += [row] * MODULE
    picture = memoryview(b"".join(rows)).cast("B", shape=[len(rows), len(rows[0])])
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [text]


def test_a_certificate_is_kept_and_made_anew_for_another_name(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, "192.168.1.20")
    assert own_certificate(tmp_path, "192.168.1.20") == first
    assert first.path.stat().st_mode & 0o077 == 0
    second = own_certificate(tmp_path, "192.168.1.21")
    assert second.fingerprint != first.fingerprint
    found = x509.load_pem_x509_certificate(second.path.read_bytes())
    told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in told] == ["192.168.1.21", "localhost", "127.0.0.1"]
    assert RENEWED < found.not_valid_after_utc - found.not_valid_before_utc <= VALID + RENEWED


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("nothing", encoding="utf-8")
    with pytest.raises(NodeError) as no:
        own_certificate(tmp_path, "localhost")
    assert no.value.code == "node.certificate_unreadable"


def test_the_node_answers_by_https_with_the_fingerprint_that_it_tells(shell: Shell) -> None:
    node = shell.start("--json", "up", "--phone")
    assert node.stdout is not None
    try:
        address = json.loads(node.stdout.readline())["address"]
        told = json.loads(node.stdout.readline())["fingerprint"]
        assert address.startswith("https://127.0.0.1:")
        host, port = address.removeprefix("https://").split(":")
        shown = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, int(port))))
        assert sha256(shown).hexdigest().upper() == told.replace(":", "")
        trusted = ssl.create_default_context(cadata=shown)
        assert httpx.get(f"{address}/api/v1/node", verify=trusted).status_code == 200
        page = httpx.get(f"{address}/phone", verify=trusted, headers={"Accept": "text/html"})
        assert told in page.text
    finally:
        node.terminate()
        node.communicate(timeout=30)


def test_a_machine_without_a_network_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "SOMEWHERE", ("255.255.255.255", 9))  # what a machine without a way there is told
    with pytest.raises(NodeError) as no:
        address_here()
    assert no.value.code == "node.no_network"
