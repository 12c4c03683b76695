"""Who may do what: policies in Cedar, decided by its engine, every decision that matters written down."""

from core.authority.decisions import DecisionLog
from core.authority.engine import Policies, PolicyFileError, load_policies, package_policies
from core.authority.model import Action, Decision, NotAuthorised, Person, Subject
from core.authority.quorum import Quorum, missing_approvals

__all__ = [
    "Action",
    "Decision",
    "DecisionLog",
    "NotAuthorised",
    "Person",
    "Policies",
    "PolicyFileError",
    "Quorum",
    "Subject",
    "load_policies",
    "missing_approvals",
    "package_policies",
]
