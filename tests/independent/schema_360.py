"""The official schema of 360Giving, as a checker that needs no network."""

from __future__ import annotations

import json
import re
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.imports.data import shared

FOLDER = "procurement/grants-360giving-schema/schema"
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
formats = FormatChecker(formats=())


@formats.checks("date-time")  # type: ignore[untyped-decorator]
def is_date_time(text: object) -> bool:
    """The schema tells a day from a time by this format alone, so somebody has to check it."""
    return not isinstance(text, str) or DATE_TIME.fullmatch(text) is not None


def validator() -> Draft202012Validator:
    """Of the package. Its grants refer to the version before by a web address: both names lead to the one there is."""
    grants, whole = (
        json.loads(shared(f"{FOLDER}/{name}.json").read_text(encoding="utf-8"))
        for name in ("360-giving-schema", "360-giving-package-schema")
    )
    resource = DRAFT202012.create_resource(grants)
    names = (grants["$id"], whole["properties"]["grants"]["items"]["$ref"])
    registry: Registry[Any] = Registry().with_resources([(name, resource) for name in names])
    whole["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return Draft202012Validator(whole, registry=registry, format_checker=formats)
