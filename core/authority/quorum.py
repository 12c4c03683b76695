"""How many people, of which roles, a subject still needs: asked of the policies, never written down a second time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from core.authority.engine import Policies
from core.authority.model import Action, Decision, Person, Subject

__all__ = ["Approved", "Quorum", "missing_approvals"]

_DIRECTOR: Final = "flight_director"
_PLANNER: Final = "planner"
_MOST: Final = 4  # people; a mission that wants more of them than this has no quorum that we can name


class Approved(Protocol):
    """One person's approval."""

    @property
    def by(self) -> str:
        """Who."""

    @property
    def role(self) -> str:
        """In which role."""


@dataclass(frozen=True)
class Quorum:
    """The different people whose approval of a subject counts, and the flight directors among them."""

    people: frozenset[str] = frozenset()
    directors: frozenset[str] = frozenset()

    @classmethod
    def of(cls, policies: Policies, subject: Subject, approvals: Iterable[Approved]) -> Quorum:
        """Count what the policies let count: an approval by somebody who may not give it is none."""
        people: set[str] = set()
        directors: set[str] = set()
        # Flight directors first: whether a second planner may approve depends on one being there, not on the order.
        for one in sorted(approvals, key=lambda one: (one.role != _DIRECTOR, one.by)):
            before = cls(frozenset(people), frozenset(directors)).context()
            if policies.may_with(Person(one.by, one.role), Action.APPROVE, subject, before).allowed:
                people.add(one.by)
                if one.role == _DIRECTOR:
                    directors.add(one.by)
        return cls(frozenset(people), frozenset(directors))

    def context(self) -> dict[str, Any]:
        """The same as the policies read it."""
        return {
            "approvers": sorted(self.people),
            "approver_count": len(self.people),
            "director_count": len(self.directors),
        }

    def suffices(self, policies: Policies, subject: Subject) -> Decision:
        """Whether a subject's commands may be sent with these approvals."""
        return policies.may_dispatch(subject, self.context())


def missing_approvals(policies: Policies, subject: Subject, present: Quorum) -> tuple[str, ...]:
    """The smallest set of further approvals that suffices, as roles; empty when nothing is missing.

    ``planner`` means a planner or flight director. A set that no further approval completes is told as
    ``nobody``: the author among the approvers, or a class that no policy knows.
    """
    for count in range(_MOST + 1):
        for directors in range(count + 1):
            people = present.people | {f"\u2022{number}" for number in range(count)}
            leaders = present.directors | {f"\u2022{number}" for number in range(directors)}
            if Quorum(people, leaders).suffices(policies, subject).allowed:
                return (_DIRECTOR,) * directors + (_PLANNER,) * (count - directors)
    return ("nobody",)
