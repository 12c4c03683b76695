"""The whole graph.

interpret ──calls──> gather ──results──> interpret          (bounded by the budget)
    │ plan needed
    ├──> draft ──> check ──blocked──> repair ──> check      (bounded: Limits.repairs)
    │                └──> review ──approve, reject──> conclude
    │                        ├──edit──> check
    │                        └──respond──> interpret
    ├──> oversee ──> conclude                               (what became of a released plan; never acts)
    └──> conclude                                           (clarify, refuse, answer)
"""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent.deps import Run
from agent.emit import Node
from agent.nodes.check import check
from agent.nodes.conclude import conclude
from agent.nodes.draft import draft
from agent.nodes.gather import gather
from agent.nodes.interpret import interpret
from agent.nodes.oversee import oversee
from agent.nodes.repair import repair
from agent.nodes.review import review
from agent.state import AgentState

__all__ = ["build_graph"]

Graph = CompiledStateGraph[AgentState, Run, AgentState, AgentState]


def build_graph(checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    """The compiled graph; every node names its successor in ``state["next"]`` and the edges say which are allowed."""
    graph = StateGraph(AgentState, context_schema=Run)
    nodes: tuple[Node, ...] = (interpret, gather, draft, check, repair, review, oversee, conclude)
    for node in nodes:
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "interpret")
    graph.add_conditional_edges("interpret", _next, ["gather", "draft", "oversee", "conclude"])
    graph.add_edge("gather", "interpret")
    graph.add_edge("draft", "check")
    graph.add_conditional_edges("check", _next, ["repair", "review", "conclude"])
    graph.add_edge("repair", "check")
    graph.add_conditional_edges("review", _next, ["check", "interpret", "conclude"])
    graph.add_edge("oversee", "conclude")
    graph.add_edge("conclude", END)
    return graph.compile(checkpointer=checkpointer)


def _next(state: AgentState) -> str:
    return state["next"]
