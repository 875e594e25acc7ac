"""What is sent is compressed for those who take it so; streams of events go out as they come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.community import Community, open_community


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with open_community(tmp_path_factory.mktemp("compressed")) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/words/zh.json", "/api/v1/openapi.json", "/nothing/here"])
@pytest.mark.parametrize("taken", ["gzip", "identity"])
def test_pages_words_and_problems_are_compressed_for_whoever_takes_it(
    community: Community, path: str, taken: str
) -> None:
    headers = {"Accept": "text/html", "Accept-Encoding": taken}
    with community.client.stream("GET", path, headers=headers) as answer:
        answer.read()
    assert answer.headers.get("content-encoding", "identity") == taken
    assert "accept-encoding" in answer.headers["vary"].lower()
    if taken == "gzip":
        assert answer.num_bytes_downloaded < len(answer.content) / 2


def test_a_stream_of_events_is_not(community: Community) -> None:
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    with community.client.stream("GET", "/api/v1/events?named=false", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
