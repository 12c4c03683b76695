"""Who may do what: policies in Cedar, decided by its engine, every decision that matters written down."""

from core.authority.decisions import DecisionLog
from core.authority.engine import Policies, PolicyFileError, load_policies, package_policies, policies_of
from core.authority.model import Action, Decision, NotAuthorised, Person, Subject
from core.authority.quorum import Quorum, missing_approvals
from core.authority.request import ApprovalRequest, Grant, RequestedCommand, RequestState
from core.authority.requests import ApprovalRequests

__all__ = [
    "Action",
    "ApprovalRequest",
    "ApprovalRequests",
    "Decision",
    "DecisionLog",
    "Grant",
    "NotAuthorised",
    "Person",
    "Policies",
    "PolicyFileError",
    "Quorum",
    "RequestState",
    "RequestedCommand",
    "Subject",
    "load_policies",
    "missing_approvals",
    "package_policies",
    "policies_of",
]
