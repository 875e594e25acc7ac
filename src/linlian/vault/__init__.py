"""Sealed content: free text, names, door numbers and photos, which never stand on the ledger.

The ledger holds a `Content`: a salted commitment and the hash of the sealed bytes. The sealed bytes and what opens
them rest here, apart, so that erasing an opening makes the content unreadable for ever and leaves the ledger whole.
"""

from linlian.vault.contents import Contents
from linlian.vault.seal import CONTENT_BYTES_MAX, Opening, VaultError, open_content, seal

__all__ = ["CONTENT_BYTES_MAX", "Contents", "Opening", "VaultError", "open_content", "seal"]
