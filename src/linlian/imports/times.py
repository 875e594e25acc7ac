"""The local times of a source as milliseconds since 1970-01-01T00:00:00Z.

Rules
- A time that carries its own offset is taken at its word; any other is a local time of the mapping's zone.
- A zone is an IANA name, or a list of offsets from UTC, each with the instant since which it holds.
- A local time that the clocks skipped in spring is refused. One that they showed twice in autumn is two instants;
  the earlier is taken unless it contradicts what is known (`records`).

    >>> Times(zone="America/New_York").open().instants("2024-11-03 01:30:00")
    (1730611800000, 1730615400000)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from linlian.imports.problems import ImportFailed, RowRejected
from linlian.kernel.codec import INT_MAX

# Local times are reckoned without a zone and then moved by their offset.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_NEVER = datetime(9999, 1, 1)  # noqa: DTZ001
_MS = timedelta(milliseconds=1)


class Offset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From the instant `since` (with its own offset, `2011-03-13T07:00:00Z`) local time is UTC plus `minutes`."""

    since: datetime
    minutes: int


class Times(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a source writes times. `formats` are strptime patterns; without any it is ISO 8601, a blank for the T too."""

    zone: str = ""
    offsets: tuple[Offset, ...] = ()
    formats: tuple[str, ...] = ()

    def open(self) -> Clock:
        """Raises ImportFailed: `import.zone_unknown`, or `import.mapping_wrong` if there are both or a wrong order."""
        if self.offsets:
            if self.zone or any(entry.since.tzinfo is None for entry in self.offsets):
                raise ImportFailed(
                    "import.mapping_wrong", reason="times: either a zone or offsets, each since an instant"
                )
            return Clock(self.formats, _Dated(self.offsets))
        if not self.zone:
            return Clock(self.formats, None)
        try:
            return Clock(self.formats, _Named(ZoneInfo(self.zone)))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ImportFailed("import.zone_unknown", zone=self.zone) from error


class Zone(Protocol):
    def offsets(self, local: datetime) -> tuple[timedelta, ...]:
        """The offsets under which clocks there show this local time: none, one, or two (the earlier instant first)."""


class _Named:
    """PEP 495: where the two readings of a local time differ, a smaller first offset is a gap, a larger one a fold."""

    def __init__(self, zone: ZoneInfo):
        self._zone = zone

    def offsets(self, local: datetime) -> tuple[timedelta, ...]:
        first = self._zone.utcoffset(local)
        second = self._zone.utcoffset(local.replace(fold=1))
        assert first is not None
        assert second is not None
        if first == second:
            return (first,)
        return () if first < second else (first, second)


class _Dated:
    def __init__(self, entries: tuple[Offset, ...]):
        ordered = sorted(entries, key=lambda entry: entry.since)
        starts = [entry.since.astimezone(UTC).replace(tzinfo=None) for entry in ordered]
        self._spans = [
            (start, end, timedelta(minutes=entry.minutes))
            for start, end, entry in zip(starts, [*starts[1:], _NEVER], ordered, strict=True)
        ]

    def offsets(self, local: datetime) -> tuple[timedelta, ...]:
        return tuple(offset for start, end, offset in self._spans if start <= local - offset < end)


class Clock:
    """Reads the times of one source."""

    def __init__(self, formats: tuple[str, ...], zone: Zone | None):
        self._formats = formats
        self._zone = zone

    def instants(self, text: str) -> tuple[int, ...]:
        """The one or two instants of a time, earlier first. RowRejected: `import.time_…`."""
        local = self._read(text)
        if local.tzinfo is not None:
            offset = local.utcoffset() or timedelta()
            return (_millis(local.replace(tzinfo=None), offset),)
        if self._zone is None:
            raise RowRejected("import.time_without_zone", value=text)
        offsets = self._zone.offsets(local)
        if not offsets:
            raise RowRejected("import.time_skipped", value=text)
        return tuple(_millis(local, offset) for offset in offsets)

    def _read(self, text: str) -> datetime:
        if not self._formats:
            try:
                return datetime.fromisoformat(text)
            except ValueError as error:
                raise RowRejected("import.time_unreadable", value=text[:64]) from error
        for pattern in self._formats:
            try:
                return datetime.strptime(text, pattern)  # noqa: DTZ007
            except ValueError:
                continue
        raise RowRejected("import.time_unreadable", value=text[:64])


def _millis(local: datetime, offset: timedelta) -> int:
    found = (local - offset - _EPOCH) // _MS
    if not 0 < found <= INT_MAX:
        raise RowRejected("import.time_out_of_range", value=local.isoformat())
    return found
