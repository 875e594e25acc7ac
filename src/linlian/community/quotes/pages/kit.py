"""What the pages of prices share."""

from __future__ import annotations

from linlian.web.pages import Pages

pages = Pages("quotes")
