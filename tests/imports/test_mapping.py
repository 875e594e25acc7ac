"""Mappings: the product's own, and what is said of one that is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linlian.community.repairs import Category
from linlian.imports import ImportFailed, load, names, parse

SMALL = """
source = "town"
title = "A town"
[columns]
reported_at = "opened"
[category]
column = "kind"
"""


def test_the_products_mappings_are_there_and_say_where_they_come_from() -> None:
    assert names() == ["boston-311", "losangeles-311", "nyc-elevator", "open311", "zurich-zueriwieneu"]
    sources = [load(name).source for name in names()]
    assert len({*sources}) == len(sources)


def test_the_products_mappings_name_no_category_that_the_ledger_refuses() -> None:
    for name in names():
        mapping = load(name)
        for label in mapping.category.names.values():
            assert label in {*Category} or label.startswith(f"{mapping.source}."), f"{name}: {label}"
        assert mapping.source not in {category.split(".")[0] for category in Category}


def test_a_mapping_is_a_file_as_well(tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    path.write_text(SMALL, encoding="utf-8")
    assert load(str(path)) == parse(SMALL)
    assert parse(SMALL).needed() == ["opened", "kind"]


@pytest.mark.parametrize("name", ["", "boston", "no/such/file.toml", "../imports/mappings/boston-311", "a\x00b"])
def test_a_mapping_that_is_not_there_is_answered_with_those_that_are(name: str) -> None:
    with pytest.raises(ImportFailed) as caught:
        load(name)
    assert caught.value.code == "import.mapping_missing"
    assert "boston-311" in str(caught.value.facts["known"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SMALL + "[state\n", "line 8"),
        (SMALL.replace("town", "Town Hall"), "source"),
        (SMALL.replace("town", "t" * 25), "source"),
        (SMALL.replace("opened", ""), "columns.reported_at"),
        (SMALL.replace("reported_at", "reported"), "reported"),
        (SMALL.replace('column = "kind"', ""), "column"),
        (SMALL + "[place]\naddress = 'street'", "place.address"),
        (SMALL + "[plaice]\n", "plaice"),
        (SMALL + "[state]\ncolumn = 'status'", "state"),
        (SMALL + "[state]\ncolumn = 'status'\nclosed = ['Closed']", "columns.closed_at"),
        (SMALL + "[category.names]\nLeak = 'a leak'", "category.names"),
        (SMALL + "[category.names]\nLeak = '.leak'", "Leak"),
        (SMALL + "[file]\nformat = 'xlsx'", "file.format"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(text: str, said: str) -> None:
    with pytest.raises(ImportFailed) as caught:
        parse(text)
    assert caught.value.code == "import.mapping_wrong"
    assert re.search(re.escape(said), str(caught.value.facts["reason"])), caught.value.facts
