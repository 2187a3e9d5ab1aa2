"""Name every stop left out with its reason and the cheapest mend."""

from __future__ import annotations

from collections.abc import Mapping

from logistics.solver.insertion import Place
from logistics.solver.layout import Layout, Sequences
from logistics.solver.mends import cheapest_mend
from logistics.solver.plan import Mend, MendKind, Reason, Unplanned
from logistics.solver.prepared import Prepared
from logistics.solver.reasons import alone, in_plan


def explain(
    day: Prepared,
    layout: Layout,
    sequences: Sequences,
    left: Mapping[int, list[Place]],
    *,
    mends: int,
) -> tuple[Unplanned, ...]:
    """Return the unplanned stops; a mend is looked for from the first ``mends`` of them.

    ``left`` are the chains left over with their best position, as the repair found it.
    """
    found: list[Unplanned] = [
        Unplanned(
            stop_id=stop.id,
            reason=Reason.PLACE_UNKNOWN,
            load_g=stop.load_g,
            crates=stop.crates,
            cold_crates=stop.cold_crates,
            mend=Mend(MendKind.PIN_PLACE),
        )
        for stop in day.lost
    ]
    for at, number in enumerate(left):
        chain = layout.chains[number]
        for index in chain.tasks:
            task = day.tasks[index]
            verdict = alone(day, task)
            places = left[number]
            if verdict is None:
                verdict = in_plan(day, sequences, task, places)
            mend = None
            if at < mends:
                mend = cheapest_mend(day, layout, sequences, task, verdict[0], places)
            found.append(
                Unplanned(
                    stop_id=task.stop.id,
                    reason=verdict[0],
                    load_g=task.loads[0],
                    crates=task.loads[1],
                    cold_crates=task.loads[2],
                    part=task.part,
                    parts=task.parts,
                    figures=verdict[1],
                    mend=mend,
                )
            )
    return tuple(found)
