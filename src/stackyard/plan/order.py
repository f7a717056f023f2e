"""The order of elements: what a thing stands on comes first; otherwise the order of the file is kept."""

from __future__ import annotations

from collections.abc import Sequence

from stackyard.plan.element import Element


def in_order(elements: Sequence[Element]) -> tuple[Element, ...]:
    """The elements so that each follows everything in its `after`. Ids that nobody offers are ignored.

    Raises ValueError on a cycle, which the loader has refused long before.
    """
    by_id = {element.id: element for element in elements}
    done: dict[str, None] = {}
    # Iterative depth-first search: a system of thousands of services must not meet the recursion limit.
    for element in elements:
        stack = [(element, iter(element.after))]
        open_ids = {element.id}
        if element.id in done:
            continue
        while stack:
            current, remaining = stack[-1]
            for before in remaining:
                if before in open_ids:
                    raise ValueError(f"{current.id} and {before} wait for each other")
                if before in by_id and before not in done:
                    stack.append((by_id[before], iter(by_id[before].after)))
                    open_ids.add(before)
                    break
            else:
                stack.pop()
                open_ids.discard(current.id)
                done[current.id] = None
    return tuple(by_id[name] for name in done)
