"""The scopes of a picture as a tree, for the boxes that are drawn around them."""

from __future__ import annotations

from dataclasses import dataclass, field

from autograd_nn.drawing.picture import Box, Operation, Picture

__all__ = ["DEEPEST", "ScopeTree"]

DEEPEST = 6  # scopes below this depth are drawn as one box with their names joined


@dataclass(slots=True)
class ScopeTree:
    """One scope: what lies in it directly, and the scopes within it."""

    name: str = ""
    number: int = -1
    boxes: list[Box] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    parts: list[ScopeTree] = field(default_factory=list)

    @classmethod
    def of(cls, picture: Picture) -> ScopeTree:
        """The tree of a picture; scopes are numbered in the order in which they occur."""
        root = cls()
        known: dict[tuple[str, ...], ScopeTree] = {(): root}

        def find(scope: tuple[str, ...]) -> ScopeTree:
            path = drawn_scope(scope)
            for depth in range(1, len(path) + 1):
                if path[:depth] not in known:
                    part = cls(path[depth - 1], len(known) - 1)
                    known[path[: depth - 1]].parts.append(part)
                    known[path[:depth]] = part
            return known[path]

        for box in picture.boxes:
            find(box.scope).boxes.append(box)
        for operation in picture.operations:
            find(operation.scope).operations.append(operation)
        return root


def drawn_scope(scope: tuple[str, ...]) -> tuple[str, ...]:
    """The scope with what lies below the deepest drawn level joined into one name."""
    if len(scope) <= DEEPEST:
        return scope
    return (*scope[: DEEPEST - 1], " / ".join(scope[DEEPEST - 1 :][:4])[:40])
