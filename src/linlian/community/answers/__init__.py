"""What those for whom a repair was done said to somebody outside: by telephone, on paper, by a link."""

from linlian.community.answers.rules import contract

__all__ = ["contract"]
