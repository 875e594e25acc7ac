"""`linlian demo`: the room of that name, as a verb."""

from linlian.demo.verb import VERB

VERBS = {VERB.name: VERB}
