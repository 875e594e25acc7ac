"""`linlian demo`: make the demo or find it, and serve it at one address until it is told to stop.

`linlian demo --tell` says what it truly is, in numbers, and whose keys are here; `linlian demo walk` plays five
commands.
"""

from __future__ import annotations

import time

from linlian import node
from linlian.cli.community import until_stopped, watch
from linlian.cli.phone import on_the_network, tell_phone
from linlian.cli.session import Session
from linlian.cli.verb import FINE, NO, Argument, Given, Option, Usage, Verb
from linlian.demo import record as files
from linlian.demo.grounds import HOUSES
from linlian.demo.lending import SHOWN
from linlian.demo.making import make
from linlian.demo.people import OURS
from linlian.demo.record import DemoError, Record, read_record
from linlian.demo.staff import AT_HAND, STAFF
from linlian.demo.standing import Standing, look
from linlian.demo.walk import Step, call_of, play, walk
from linlian.node import Node, NodeError
from linlian.node.serving import take_address

SEED = "spruce"
HOUSES_MIN = 3
"""In the first three houses live the people whom the story knows."""
MORE = ("lift-stops", "roof-leaks", "gas-smell", "trapped", "grandmothers-lamp", "landlords-wall", "lock", "crossed")
LISTS = (("more.refusals", "show recent-refusals"), ("more.closings", "show closings"))


def run(session: Session, given: Given) -> int:
    """Make or find; then serve, or tell, or (with `walk`) play."""
    what = given.maybe("what")
    if what not in (None, "walk"):
        raise Usage("cli.value_wrong", option="demo", value=str(what), wanted="walk")
    serves = what is None and not given.flag("tell")
    if serves and session.settings.http:
        take_address(session.settings.http).close()  # so that nobody waits for a demo which cannot be served
    began = time.monotonic()
    record = None if given.flag("fresh") else read_record(session.folder)
    is_new = record is None
    if record is None:
        record = _make(session, given)
    if serves:
        return _serve(on_the_network(session) if given.flag("phone") else session, record, is_new, began)
    with _open(session) as opened:
        standing = look(opened, record)
        is_up = not opened.runs_here
    call = call_of(session.folder, session.tongue.language)
    steps = walk(standing.case, standing.waits, call)
    if what == "walk":
        return _play(session, steps)
    _say_found(session, standing, is_new, began)
    _tell(session, standing, call, is_up)
    _tell_walk(session, steps, call)
    told = [{"command": step.command, "ends": step.ends} for step in steps]
    session.output.value({**standing.facts, "states": standing.states, "keys": list(AT_HAND), "walk": told})
    return FINE


def _serve(session: Session, record: Record, is_new: bool, began: float) -> int:
    """Run the node, say where it is and who one can be there, and stay until told to stop."""
    output, tongue = session.output, session.tongue
    with until_stopped() as stop, _open(session, serve=True) as opened:
        standing = look(opened, record)
        _say_found(session, standing, is_new, began)
        output.text("demo.people", **standing.facts)
        output.text("demo.repairs", **standing.facts)
        output.text("demo.money", **standing.facts)
        if opened.address:
            _head(session, "demo.address", address=opened.address)
            rows = [(_name(session, key), tongue.text(f"demo.key.{key}")) for key in SHOWN]
            output.table((tongue.text("demo.name"), tongue.text("demo.who")), rows)
            output.line({"address": opened.address})
            tell_phone(session, opened.address)
        output.say("")
        output.text("demo.stop", style="dim", call=call_of(session.folder, tongue.language))
        watch(session, opened, stop)
        output.text("up.stopping")
    output.text("up.stopped")
    return FINE


def _say_found(session: Session, standing: Standing, is_new: bool, began: float) -> None:
    seconds = f"{time.monotonic() - began:.0f}"
    session.output.text("demo.made" if is_new else "demo.found", style="bold", seconds=seconds, **standing.facts)


def _make(session: Session, given: Given) -> Record:
    """Make the demo, with progress."""
    if given.flag("fresh") and (session.folder / files.RECORD).is_file():
        files.remove(session.folder)
    houses = given.number("houses", len(HOUSES), HOUSES_MIN)
    if houses > len(HOUSES):
        raise Usage("cli.value_wrong", option="houses", value=str(houses), wanted=f"{HOUSES_MIN}-{len(HOUSES)}")
    with session.output.progress("demo.making") as tell:
        return make(session.settings, given.maybe("seed") or SEED, session.tongue.language, tell, houses)


def _open(session: Session, *, serve: bool = False) -> Node:
    """The demo's node. Raises DemoError (`demo.other_build`) if it was made by other rules."""
    try:
        with session.output.progress("progress.opening") as tell:
            return node.open_node(session.settings, tell, serve=serve)
    except NodeError as error:
        if error.code != "node.other_rules":
            raise
        raise DemoError("demo.other_build", folder=str(session.folder)) from error


def _tell(session: Session, standing: Standing, call: str, is_up: bool) -> None:
    """What is there, what it truly is, and whose keys are here."""
    output, tongue = session.output, session.tongue
    output.text("demo.people", **standing.facts)
    output.text("demo.repairs", **standing.facts)
    output.text("demo.money", **standing.facts)
    states = [(tongue.value("repairs", state), str(count)) for state, count in standing.states.items()]
    output.table((tongue.text("demo.state"), tongue.text("demo.count")), states, right=(1,))
    _head(session, "demo.truth")
    for name in ("demo.invented", "demo.time", "demo.engine", "demo.keepers"):
        output.text(name, **standing.facts)
    output.text("demo.up" if is_up else "demo.running", up=f"{call} up")
    _head(session, "demo.keys")
    rows = [(key, _name(session, key), tongue.text(f"demo.key.{key}")) for key in AT_HAND]
    output.table((tongue.text("demo.key"), tongue.text("demo.name"), tongue.text("demo.who")), rows)


def _name(session: Session, key: str) -> str:
    """What the person with a key at hand is called."""
    named = {staff.key: staff.name for staff in STAFF} | {person.key: person.name for person in OURS}
    return named[key].in_language(session.tongue.language)


def _head(session: Session, name: str, **facts: str) -> None:
    """The head of a chapter, after an empty line."""
    session.output.say("")
    session.output.text(name, style="bold", **facts)


def _tell_walk(session: Session, steps: list[Step], call: str) -> None:
    """The commands, each after its sentence, with nothing on their lines but themselves."""
    output = session.output
    _head(session, "demo.walk", walk=f"{call} demo walk")
    for number, step in enumerate(steps, 1):
        output.say(f"\n{number}. {session.tongue.text(step.text)}")
        output.say(step.command, "cyan")
    _head(session, "demo.more")
    looks = {f"{call} history {name}": f"more.{name}" for name in MORE} | {
        f"{call} {told}": name for name, told in LISTS
    }
    width = max(map(len, looks))
    for command, name in looks.items():
        output.say(f"{command:<{width}}  {session.tongue.text(name)}")


def _play(session: Session, steps: list[Step]) -> int:
    """Run the walk before the reader's eyes. Fine if each command ends as it should."""
    output = session.output
    for number, step in enumerate(steps, 1):
        output.say(f"\n{number}. {session.tongue.text(step.text)}", "bold")
        output.say(f"$ {step.command}", "cyan")
        code = play(step)
        if code != step.ends:
            output.text("walk.otherwise", style="bold red", number=number, code=code, expected=step.ends)
            return NO
    output.text("walk.ended", style="bold")
    return FINE


VERB = Verb(
    "demo",
    "begin",
    run,
    (Argument("what", required=False),),
    (
        *(Option("tell", flag=True), Option("fresh", flag=True)),
        Option("phone", flag=True, about="phone.option"),
        *(Option("seed", hint="word"), Option("houses", hint="number")),
    ),
)
