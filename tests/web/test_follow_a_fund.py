"""The guide's few lines add up what anybody may download, and come to what the page says; the grants are there too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linlian.community.repairs.tests.scene import found_whole_scene
from linlian.community.transfers.tests.followed import NAMES, follow
from tests.independent.test_iati import File
from tests.web.community import open_community

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "follow-a-fund.md"


def test_an_outsider_adds_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = found_whole_scene()
    lived = follow(scene, days=0)
    fund = f"/funds/{lived.fund.hex()}"
    with open_community(tmp_path, scene) as community:
        page = community.client.get(fund, headers={"Accept": "application/json"}).json()
        sheet = community.client.get(f"{fund}/movements.csv")
        grants = community.client.get(f"{fund}/grants.json").json()
        activities = community.client.get(f"{fund}/activities.xml")
    (tmp_path / "common-income.csv").write_bytes(sheet.content)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, str(GUIDE), "exec"), {})
    said = capsys.readouterr().out
    assert said.startswith(f"{page['here_minor'] / 100} still here; {page['where']['delivered_minor'] / 100} ")
    assert len(grants["grants"]) == 2 * len(NAMES) - 2
    for person in scene.people.values():
        assert person.account.hex() not in sheet.text
    assert activities.headers["Content-Type"] == "application/xml"
    assert 'filename="common-income.xml"' in activities.headers["Content-Disposition"]
    file = File(activities.content)
    assert file.check_links() >= 10
    (whole,) = [each for each in file.activities if each.endswith(lived.fund.hex())]
    assert file.left(whole) == page["here_minor"]
    for person in scene.people.values():
        assert person.account.hex() not in activities.text
