"""The whole conversation on one page; the only file that knows langgraph."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypedDict

from langgraph.graph import END, START, StateGraph

from agent.nodes.answer import answer
from agent.nodes.book import book
from agent.nodes.change import change
from agent.nodes.gate import gate
from agent.nodes.guard import guard
from agent.nodes.hand_off import hand_off
from agent.nodes.recall import recall
from agent.nodes.triage import triage
from agent.nodes.understand import understand
from agent.ports import Ports
from agent.state import AGENT, Changes, Turn

Step = Callable[[Turn, Ports], Changes]


class Walk(TypedDict):
    """What goes from step to step: one value, since the graph pays for each."""

    turn: Turn


class Conversation:
    """The compiled graph. Linear wherever it calls ports, so that a replay meets them in one order."""

    def __init__(self, ports: Ports) -> None:
        graph: StateGraph[Walk, None, Walk, Walk] = StateGraph(Walk)
        steps: dict[str, Step] = {
            "gate": gate,
            "triage": triage,
            "recall": recall,
            "understand": understand,
            "change": change,
            "answer": answer,
            "book": book,
            "hand_off": hand_off,
            "guard": guard,
        }
        for name, step in steps.items():
            graph.add_node(name, _bound(step, ports))
        graph.add_edge(START, "gate")
        graph.add_edge("gate", "triage")
        graph.add_conditional_edges("triage", _after_triage, ["recall", "hand_off"])
        graph.add_edge("recall", "understand")
        graph.add_conditional_edges("understand", _after_understand, ["change", "hand_off"])
        graph.add_edge("change", "answer")
        graph.add_edge("answer", "book")
        graph.add_edge("book", "hand_off")
        graph.add_edge("hand_off", "guard")
        graph.add_edge("guard", END)
        self._compiled = graph.compile()

    def walk(self, turn: Turn) -> Turn:
        """The turn with all that the steps found and want."""
        done: dict[str, Turn] = self._compiled.invoke(Walk(turn=turn))
        return done["turn"]

    def picture(self) -> str:
        """The graph as Mermaid text."""
        return self._compiled.get_graph().draw_mermaid()


class _Bound(Protocol):
    def __call__(self, state: Walk) -> Walk: ...


def _bound(step: Step, ports: Ports) -> _Bound:
    def run(state: Walk) -> Walk:
        turn = state["turn"]
        return Walk(turn=replace(turn, **step(turn, ports)))

    return run


def _after_triage(state: Walk) -> str:
    """Danger, opt-out, words on consent and threads that a person holds need no reading."""
    turn = state["turn"]
    over = turn.reason or turn.settled or turn.opted_out or turn.owner != AGENT
    return "hand_off" if over else "recall"


def _after_understand(state: Walk) -> str:
    """A person is wanted, the model heard an opt-out, or a menu's choice is asked back about: nothing is answered."""
    turn = state["turn"]
    return "hand_off" if turn.reason or turn.opted_out or turn.settled else "change"
