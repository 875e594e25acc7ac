"""Proof files of every kind, tampered with in every way that somebody would try: each has its own clear verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from linlian.community.repairs.rules import cases
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.tests.scene import found_scene
from linlian.kernel import codec
from linlian.kernel.codec import replace
from linlian.kernel.withholding import redact, withhold
from tests.site.town import DESK, Site, open_site

Files = dict[str, Any]
Change = Callable[[Files], Any]


def files_of(site: Site, case: bytes) -> Files:
    """One of each kind about a repair that is done, and a second of two, to take parts from."""
    ledger = site.community.node.ledger
    items = [item for block in all_blocks(site) for item in ids(block)]
    history = ledger.prove_history(case)
    return {
        "receipt": ledger.prove_receipt(items[-1]),
        "another": ledger.prove_receipt(items[-2]),
        "strict": ledger.prove_receipt(items[-1], strict=True),
        "history": history,
        "withheld": withhold(history, {0}),
        "row": ledger.prove_state(cases.key(case)),
        "no_row": ledger.prove_state(cases.key(bytes(16))),
        "redacted": redact(ledger.prove_receipt(items[-1])),
    }


def all_blocks(site: Site) -> list[Any]:
    ledger = site.community.node.ledger
    following = iter(ledger.follow(0))
    return [next(following) for _ in range(ledger.head.height + 1)]


def ids(block: Any) -> list[bytes]:
    return [block.item_id(index) for index in range(block.runs, len(block.items))]


def changed(data: bytes, at: int = -1) -> bytes:
    """One bit of a byte string the other way."""
    return data[:at] + bytes((data[at] ^ 1,)) + (data[at + 1 :] if at != -1 else b"")


def of_receipt(kind: str) -> list[tuple[str, Change, str]]:
    return [
        (f"{kind}: words of an entry", lambda f: entries(f[kind], changed), "root_differs"),
        (f"{kind}: an entry left out", lambda f: replace(f[kind], entries=()), "root_differs"),
        (f"{kind}: outcome", lambda f: replace(f[kind], outcome="refused"), "root_differs"),
        (f"{kind}: the transaction", lambda f: replace(f[kind], item=f["another"].item), "root_differs"),
        (f"{kind}: a later time", lambda f: header(f[kind], time=f[kind].header.time + 1), "root_differs"),
        (f"{kind}: another block", lambda f: replace(f[kind], header=f["another"].header), "root_differs"),
        (f"{kind}: another place", lambda f: replace(f[kind], index=f[kind].index + 1), "beyond root_differs"),
        (f"{kind}: the path", lambda f: replace(f[kind], header_path=f[kind].header_path[:-1]), "proof_length"),
        (f"{kind}: another chain", lambda f: replace(f[kind], chain="other-" + "0" * 32), "wrong_chain"),
        (f"{kind}: who vouches", lambda f: anchor(f[kind], note=f[kind].anchor.note[:-8] + b"AAAAAA=\n"), "signature"),
    ]


READ = """shown => {
    shown.dataset.seen = "";
    const said = [...shown.querySelectorAll("p")].map(each => each.textContent);
    return [shown.dataset.verdict, shown.dataset.code ?? "", said.join(" ")];
}"""
CASES: list[tuple[str, Change, str]] = [
    *of_receipt("receipt"),
    *of_receipt("strict"),
    (
        "history: an entry left out",
        lambda f: replace(f["history"], entries=f["history"].entries[1:]),
        "history malformed",
    ),
    ("history: an entry changed", lambda f: entries(f["history"], changed), "history root_differs"),
    ("history: two entries exchanged", lambda f: swapped(f["history"]), "history"),
    ("history: another subject", lambda f: replace(f["history"], subject=bytes(16)), "proof"),
    ("withheld: what is withheld", lambda f: replace(f["withheld"], withheld=(bytes(32),)), "history"),
    ("row: the value", lambda f: replace(f["row"], row=changed(f["row"].row)), "proof"),
    ("row: called absent", lambda f: replace(f["row"], row=b""), "proof"),
    ("row: another key", lambda f: replace(f["row"], key=f["no_row"].key), "proof"),
    ("no row: made up", lambda f: replace(f["no_row"], row=f["row"].row), "proof"),
    ("redacted: outcome", lambda f: replace(f["redacted"], outcome="refused"), "root_differs"),
    ("redacted: which transaction", lambda f: replace(f["redacted"], item_id=bytes(32)), "root_differs"),
    ("cut off", lambda f: codec.encode(f["receipt"])[:-20], "canonical format malformed"),
    ("one byte more", lambda f: codec.encode(f["receipt"]) + b"\0", "canonical format malformed"),
    ("a photograph", lambda f: b"\xff\xd8\xff\xe0" + bytes(300), "canonical format malformed"),
    ("nothing", lambda f: b"", "canonical format malformed"),
    ("a page", lambda f: b"<script>globalThis.ran = 1</script>", "canonical format malformed"),
]


def entries(file: Any, change: Callable[[bytes], bytes]) -> Any:
    return replace(file, entries=(change(file.entries[0]), *file.entries[1:]))


def header(file: Any, **changes: Any) -> Any:
    return replace(file, header=replace(file.header, **changes))


def anchor(file: Any, **changes: Any) -> Any:
    return replace(file, anchor=replace(file.anchor, **changes))


def swapped(file: Any) -> Any:
    first, second, *rest = file.entries
    return replace(file, entries=(second, first, *rest))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_each_kind_of_tampering_has_a_verdict_of_its_own(tmp_path: Any, browser: Any, locale: str) -> None:
    scene = found_scene()
    case = scene.in_state(State.DONE)
    with open_site(tmp_path, browser, scene) as site:
        files = files_of(site, case)
        context = site.context(DESK, locale)
        page = site.page(context)
        page.goto(f"{site.url}/verify")
        page.wait_for_load_state("networkidle")
        context.set_offline(True)
        told: dict[str, tuple[str, str]] = {}

        def verdict(name: str, file: Any) -> tuple[str, str, str]:
            data = file if isinstance(file, bytes) else codec.encode(file)
            page.set_input_files("#proof-file", {"name": name, "mimeType": "application/cbor", "buffer": data})
            shown = page.locator("[data-verdict]:not([data-seen])")
            expect(shown).to_be_visible()
            found, code, sentence = shown.evaluate(READ)
            return found, code, sentence

        for name, file in files.items():
            assert verdict(name, file)[0] == "good", name
        wrong = []
        for name, change, fits in CASES:
            found, code, sentence = verdict(name, change(files))
            told[name] = (code, sentence)
            if found != "wrong" or "{" in sentence or "—" in sentence or not any(part in code for part in fits.split()):
                wrong.append(f"{name}: {found} {code} {sentence}")
        assert not wrong, "\n".join(wrong)
        assert len({code for code, _ in told.values()}) >= 9
        assert told["receipt: outcome"] != told["receipt: a later time"], "it is the record here, and the block there"
        assert page.evaluate("globalThis.ran") is None
        assert site.faults == []
