"""News of what is committed, to programs that asked for it: signed webhooks.

signing        Standard Webhooks: secrets, signatures
addresses      where a message may be sent, and where never
subscriptions  who asked for what, and how far they have been told; one small file of the node
telling        what is said: thin, and only to whom it concerns
policy         when to try again, when to set a message aside, when to stop: pure
courier        the attempts themselves
running        the courier at work beside a node

The courier and what it runs in are taken from their own modules: they load a client for HTTP, which who only looks at
subscriptions can do without.
"""

from linlian.notify.addresses import NotifyError, check_url
from linlian.notify.signing import Secret, make_secret, read_secret
from linlian.notify.subscriptions import Status, Subscription, Subscriptions
from linlian.notify.telling import News, Sight

__all__ = [
    "News",
    "NotifyError",
    "Secret",
    "Sight",
    "Status",
    "Subscription",
    "Subscriptions",
    "check_url",
    "make_secret",
    "read_secret",
]
