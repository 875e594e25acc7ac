"""One file and the environment, checked at start with messages that name the key and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from linlian.settings import KEYS, Settings, SettingsInvalid, load
from linlian.words import LANGUAGES, Words


def told(folder: Path, text: str = "", **environment: str) -> Settings:
    if text:
        (folder / "linlian.toml").write_text(text, encoding="utf-8")
    return load(environment, here=folder)


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    assert told(tmp_path) == Settings(folder=tmp_path / ".linlian")


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    text = 'folder = "data"\nlanguage = "zh"\nstatus_every_s = 5'
    settings = told(tmp_path, text, LINLIAN_STATUS_EVERY_S="7", LINLIAN_LANGUAGE="en")
    assert settings == Settings(folder=tmp_path / "data", language="en", status_every_s=7)


def test_paths_in_a_file_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "node.toml").write_text('folder = "data"\ntrust = "/etc/trust.toml"')
    settings = load({"LINLIAN_CONFIG": "etc/node.toml"}, here=tmp_path)
    assert settings.folder == tmp_path / "etc" / "data"
    assert settings.trust == Path("/etc/trust.toml")


def test_the_engine_can_be_named_in_both_places(tmp_path: Path) -> None:
    assert told(tmp_path, LINLIAN_COMETBFT="/opt/cometbft").cometbft == Path("/opt/cometbft")
    settings = told(tmp_path, 'cometbft = "bin/cometbft"\nsnapshot_every = 50')
    assert settings.cometbft == tmp_path / "bin" / "cometbft"
    assert settings.snapshot_every == 50


WRONG = [
    ("folde = 'x'", {}, "settings.unknown_key", {"key": "folde", "known": "folder"}),
    ("", {"LINLIAN_FOLDR": "x"}, "settings.unknown_key", {"key": "foldr", "where": "environment", "known": "folder"}),
    ("zzz = 1", {}, "settings.unknown_key", {"known": ", ".join(KEYS)}),
    ("status_every_s = '5'", {}, "settings.wrong_kind", {"key": "status_every_s", "wanted": "int"}),
    ("status_every_s = true", {}, "settings.wrong_kind", {"key": "status_every_s"}),
    ("", {"LINLIAN_WAIT_S": "soon"}, "settings.wrong_kind", {"key": "wait_s", "where": "environment"}),
    ("folder = 3", {}, "settings.wrong_kind", {"key": "folder", "wanted": "str"}),
    ("status_every_s = 0", {}, "settings.out_of_bounds", {"least": 1, "most": 86_400}),
    ("", {"LINLIAN_WAIT_S": "-1"}, "settings.out_of_bounds", {"key": "wait_s", "least": 0}),
    ("language = 'fr'", {}, "settings.no_such_choice", {"choices": '"", zh, en'}),
    ("folder = ''", {}, "settings.empty_path", {"key": "folder"}),
    ("folder = ", {}, "settings.not_toml", {}),
    ("readmodel_password = 'x'", {}, "settings.secret_in_file", {"variable": "LINLIAN_READMODEL_PASSWORD"}),
    ("", {"LINLIAN_CONFIG": "gone.toml"}, "settings.no_file", {}),
]


@pytest.mark.parametrize(("text", "environment", "code", "facts"), WRONG)
def test_a_wrong_setting_is_named_with_its_remedy(
    tmp_path: Path, text: str, environment: dict[str, str], code: str, facts: dict[str, object]
) -> None:
    with pytest.raises(SettingsInvalid) as wrong:
        told(tmp_path, text, **environment)
    assert wrong.value.code == code
    assert facts.items() <= wrong.value.facts.items()
    for language in LANGUAGES:
        sentence = Words.load({}).tongue(language).error(wrong.value)
        assert code not in sentence
        assert str(wrong.value.facts.get("key", "")) in sentence


def test_a_password_is_taken_from_the_environment_and_never_shown(tmp_path: Path) -> None:
    settings = told(tmp_path, "readmodel = 'postgresql://a@b/c'", LINLIAN_READMODEL_PASSWORD="open sesame")
    assert (settings.readmodel, settings.readmodel_password) == ("postgresql://a@b/c", "open sesame")
    assert "sesame" not in repr(settings)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "linlian.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsInvalid, match=r"settings\.not_toml"):
        load({}, here=tmp_path)
