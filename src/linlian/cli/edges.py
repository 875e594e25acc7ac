"""`linlian webhook` and `linlian open311`: whom this node tells of events, and which cities' apps may report to it."""

from __future__ import annotations

from typing import Any

from linlian.cli.names import Finder
from linlian.cli.session import Session
from linlian.cli.verb import FINE, Argument, Given, Option, Usage, Verb
from linlian.readmodel.entries import read_place

CHANGES = ("enable", "disable", "remove", "replay")
COLUMNS = ("id", "url", "types", "status", "delivered", "answer")


def run_webhook(session: Session, given: Given) -> int:
    """list · add URL --as OWNER [--type T]… · enable | disable | remove ID · replay ID [--after PLACE]"""
    what = given.maybe("what") or "list"
    if what == "list":
        return _list(session)
    if what not in ("add", *CHANGES):
        raise Usage("cli.value_wrong", option="webhook", value=what, wanted="|".join(("list", "add", *CHANGES)))
    target = given.maybe("target")
    if target is None:
        raise Usage("cli.argument_missing", argument="target", verb=f"webhook {what}")
    if what == "add":
        return _add(session, given, target)
    after = given.maybe("after")
    place = read_place(after) if after else None
    facts = session.house.change_subscription(session.settings, target, what, place)
    session.output.text("webhook.changed", id=facts["id"], what=session.tongue.text(f"webhook.{what}"))
    session.output.value(facts)
    return FINE


def _add(session: Session, given: Given, url: str) -> int:
    owner = given.maybe("as")
    if owner is None:
        raise Usage("cli.option_missing", option="as", verb="webhook add")
    after, subject = given.maybe("after"), given.maybe("subject")
    scheme = given.maybe("scheme") or "v1"
    if scheme not in ("v1", "v1a"):
        raise Usage("cli.value_wrong", option="scheme", value=scheme, wanted="v1|v1a")
    with session.node() as node:
        finder = Finder(node)
        told: dict[str, Any] = {
            "types": tuple(given.many("type")),
            "subject": finder.find(subject) if subject else b"",
            "secret": given.maybe("secret"),
            "scheme": scheme,
            "after": read_place(after) if after else None,
        }
        made = session.house.subscribe(node, finder.find(owner), url, told)
    session.output.text("webhook.made", style="bold", id=made.id)
    session.output.text("webhook.secret", secret=made.secret)
    session.output.value({"id": made.id, "secret": made.secret})
    return FINE


def _list(session: Session) -> int:
    found = session.house.subscriptions(session.settings)
    labels = [session.tongue.text(f"webhook.column.{column}") for column in COLUMNS]
    shown = [{**one, "types": " ".join(one["types"]) or "*"} for one in found]
    session.output.table(labels, [[str(one[column]) for column in COLUMNS] for one in shown])
    for one in found:
        if one["why"]:
            session.output.warn("webhook.stopped", id=one["id"], why=session.tongue.refusal(one["why"], {}))
        if one["set_aside"]:
            session.output.warn("webhook.aside", id=one["id"], places=", ".join(one["set_aside"][:10]))
    if not found:
        session.output.text("webhook.none", style="dim")
    session.output.value(found)
    return FINE


def run_open311(session: Session, given: Given) -> int:
    """list · allow APP --as KEY · forbid APP"""
    what, name = given.maybe("what") or "list", given.maybe("name")
    if what not in ("list", "allow", "forbid"):
        raise Usage("cli.value_wrong", option="open311", value=what, wanted="list|allow|forbid")
    if what == "list":
        apps = session.house.read_apps(session.settings)
        labels = [session.tongue.text(f"open311.column.{column}") for column in ("name", "key")]
        session.output.table(labels, [(app.name, app.key) for app in apps])
        session.output.value([{"name": app.name, "key": app.key} for app in apps])
        return FINE
    if name is None:
        raise Usage("cli.argument_missing", argument="name", verb=f"open311 {what}")
    if what == "forbid":
        session.house.forbid_app(session.settings, name)
        session.output.text("open311.forbidden", name=name)
        session.output.value({"name": name})
        return FINE
    key = given.maybe("as")
    if key is None:
        raise Usage("cli.option_missing", option="as", verb="open311 allow")
    api_key = session.house.allow_app(session.settings, name, key)
    session.output.text("open311.allowed", style="bold", name=name, key=key)
    session.output.text("open311.api_key", api_key=api_key)
    session.output.value({"name": name, "key": key, "api_key": api_key})
    return FINE


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "webhook",
            "keep",
            run_webhook,
            (Argument("what", required=False), Argument("target", required=False)),
            (
                Option("as", hint="name|id"),
                Option("type", many=True, hint="event"),
                Option("subject", hint="name|id"),
                Option("after", hint="place"),
                Option("secret", hint="whsec_…"),
                Option("scheme", hint="v1|v1a"),
            ),
        ),
        Verb(
            "open311",
            "keep",
            run_open311,
            (Argument("what", required=False), Argument("name", required=False)),
            (Option("as", hint="key"),),
        ),
    )
}
