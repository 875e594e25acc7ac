"""Sealed content: free text, names, door numbers and photos, which never stand on the ledger.

The ledger holds a `Content`: a salted commitment and the hash of the sealed bytes. The sealed bytes and what opens
them rest here, apart, so that erasing an opening makes the content unreadable for ever and leaves the ledger whole.

Opening is a command. `Contents.open` serves a byte only for a reading that stands in the ledger, and nothing else does;
`hand_over` does the same for another organisation's node, to which the reader has come (`handing`).
(`open_content` is for files that somebody sealed for themselves: whoever holds what opens one needs nobody's leave.)
"""

from linlian.vault.contents import Contents, Elsewhere
from linlian.vault.handing import SignedRequest, SignIn, new_request, open_request, seal_for, sign_request, unseal
from linlian.vault.pictures import bare, kind_of
from linlian.vault.reading import FRESH_MS
from linlian.vault.seal import CONTENT_BYTES_MAX, Opening, VaultError, open_content, seal

__all__ = [
    "CONTENT_BYTES_MAX",
    "FRESH_MS",
    "Contents",
    "Elsewhere",
    "Opening",
    "SignIn",
    "SignedRequest",
    "VaultError",
    "bare",
    "kind_of",
    "new_request",
    "open_content",
    "open_request",
    "seal",
    "seal_for",
    "sign_request",
    "unseal",
]
