"""HiGHS on the very same network, in a process of its own.

``python -m benchmarks.matching_highs NETWORK.npz simplex|ipm|milp SECONDS`` prints one
line of JSON. OR-Tools 9.15 and highspy 1.15.1 cannot live in one process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import highspy
import numpy as np

from app.matching.indivisible import Round

# Kilograms rather than grams keep the figures within what floating point solves well.
GRAMS = 1000.0
Arcs = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Answer:
    """What HiGHS said: seconds on the wall and of the processor, value and proved bound."""

    seconds: float
    cpu_s: float
    value: float
    bound: float
    status: str


def ask(now: Round, method: str, limit_s: float) -> Answer:
    """Have HiGHS solve a round's network and return what it said."""
    network, book = now.network, now.book
    whole = np.zeros(len(network.tails), dtype=bool)
    whole[network.order_arc[(book.least_g > 0) & (network.order_arc >= 0)]] = True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.npz"
        np.savez(
            path,
            tails=network.tails,
            heads=network.heads,
            capacities=network.capacities,
            costs=network.costs,
            whole=whole,
        )
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.matching_highs", str(path), method, str(limit_s)],
            capture_output=True,
            text=True,
            check=True,
        )
    return Answer(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Solve one saved network and print the answer."""
    path, method, limit_s = sys.argv[1:]
    arcs = np.load(path)
    solver = _solver(method, float(limit_s))
    (_add_uniform_prices if method == "milp" else _add_flow)(solver, arcs)
    begun, cpu = time.perf_counter(), time.process_time()
    solver.run()
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    info = solver.getInfo()
    value = -info.objective_function_value * GRAMS
    bound = -info.mip_dual_bound * GRAMS if method == "milp" else value
    status = solver.modelStatusToString(solver.getModelStatus())
    answer = Answer(seconds=seconds, cpu_s=cpu_s, value=value, bound=bound, status=status)
    print(json.dumps(asdict(answer)))


def _solver(method: str, limit_s: float) -> highspy.Highs:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", limit_s)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 1e-6)
    if method in ("simplex", "ipm"):
        solver.setOptionValue("solver", method)
    return solver


def _add_flow(solver: highspy.Highs, arcs: Arcs) -> None:
    """Add a flow by arc and a balance by node; the market's balance follows from the others."""
    count = len(arcs["tails"])
    none, nothing = np.zeros(0, dtype=np.int32), np.zeros(0)
    upper = arcs["capacities"] / GRAMS
    costs = arcs["costs"].astype(float)
    solver.addCols(count, costs, np.zeros(count), upper, 0, none, none, nothing)
    nodes = int(max(arcs["tails"].max(), arcs["heads"].max())) + 1
    node = np.concatenate([arcs["tails"], arcs["heads"]])
    by_node = np.argsort(node, kind="stable")
    column = np.concatenate([np.arange(count), np.arange(count)])[by_node]
    sign = np.repeat([-1.0, 1.0], count)[by_node]
    starts = np.searchsorted(node[by_node], np.arange(1, nodes + 1))
    first, zero = starts[0], np.zeros(nodes - 1)
    solver.addRows(
        nodes - 1,
        zero,
        zero,
        len(column) - int(first),
        (starts[:-1] - first).astype(np.int32),
        column[first:].astype(np.int32),
        sign[first:],
    )


def _add_uniform_prices(solver: highspy.Highs, arcs: Arcs) -> None:
    """Add prices to the flow so that no accepted order loses (Madani and Van Vyve, 2015).

    Whole orders are taken or left. Prices have to support everything else, and what
    the flow gains has to reach what the prices promise to all but rejected orders.
    """
    _add_flow(solver, arcs)
    inf = float("inf")
    count, nodes = len(arcs["tails"]), int(max(arcs["tails"].max(), arcs["heads"].max())) + 1
    for node in range(nodes):
        solver.addVar(0.0 if node == 0 else -inf, 0.0 if node == 0 else inf)
    promise_columns, promise_weights = list(range(count)), (-arcs["costs"].astype(float)).tolist()
    for arc in range(count):
        tail, head = int(arcs["tails"][arc]), int(arcs["heads"][arc])
        cost, room = float(arcs["costs"][arc]), float(arcs["capacities"][arc]) / GRAMS
        columns, weights = [count + head, count + tail], [1.0, -1.0]
        if 0 in (tail, head):
            gain = solver.getNumCol()
            solver.addVar(0.0, inf)
            columns.append(gain)
            weights.append(-1.0)
            promise_columns.append(gain)
            promise_weights.append(-room)
        if arcs["whole"][arc]:
            taken = solver.getNumCol()
            solver.addVar(0.0, 1.0)
            solver.changeColIntegrality(taken, highspy.HighsVarType.kInteger)
            solver.addRow(0.0, 0.0, 2, [arc, taken], [1.0, -room])
            # A rejected order may be promised less than it would have gained.
            columns.append(taken)
            weights.append(-cost)
            cost -= cost
        solver.addRow(-inf, cost, len(columns), columns, weights)
    solver.addRow(0.0, inf, len(promise_columns), promise_columns, promise_weights)


if __name__ == "__main__":
    main()
