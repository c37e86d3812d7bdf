"""The order of the house: imports lead downwards, and never in a circle.

A circle makes two modules one, which nobody can read, move or test alone, and whose import works
or fails by who asks first.  Imports inside functions count; those for type checkers only do not.
"""

import ast
import os
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import autograd_nn

PACKAGE = Path(autograd_nn.__file__).parent

#: The rooms of each floor, from the ground up; a room is a module or a folder of the package.
FLOORS = (
    ("arrays", "build", "callers", "checks", "codes", "conversion", "errors", "files", "floats",
     "labels", "nested", "ops", "rich", "special", "spelling", "written"),
    ("state",),
    ("engine", "exits", "handmade", "methods", "notes", "plain", "recording", "walks"),
    ("custom", "functions", "linalg", "parameters", "transforms"),
    ("checking", "drawing", "jit"),
    ("implicit", "losses", "micrograd", "nn", "optim", "optimize", "saving"),
    ("training",),
    ("__main__", "cli", "dask", "keras", "neighbours", "pytest_plugin", "sklearn"),
)  # fmt: skip
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
#: The package's own ``__init__`` looks names up when they are used.
DOOR = "autograd_nn"


def modules(package):
    """The source of every module by its full name; a folder is named by its ``__init__``."""
    found = {}
    for path in package.rglob("*.py"):
        name = ".".join((package.name, *path.relative_to(package).with_suffix("").parts))
        found[name.removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return found


class _Names(ast.NodeVisitor):
    """What a module imports, by full names."""

    def __init__(self, module):
        self.module, self.found = module, set()

    def visit_If(self, node):
        if "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = []
        self.generic_visit(node)

    def visit_Import(self, node):
        self.found.update(alias.name for alias in node.names)

    def visit_ImportFrom(self, node):
        assert node.level == 0, f"{self.module}: imports are written with full names"
        self.found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})


def imports(sources):
    """The modules of the package that each module imports."""
    arrows = {}
    for name, source in sources.items():
        visitor = _Names(name)
        visitor.visit(ast.parse(source))
        # Importing a sibling runs the folder's own __init__, which is no arrow of this file.
        arrows[name] = {
            other
            for other in visitor.found
            if other in sources and other != name and not name.startswith(f"{other}.")
        }
    return arrows


def circle_in(arrows):
    """One circle of arrows as a text; "" where there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return " -> ".join(reversed(error.args[1]))
    return ""


def room_of(module):
    return module.split(".")[1] if "." in module else module


def rooms(arrows):
    """The arrows between rooms."""
    between = {}
    for name, others in arrows.items():
        between.setdefault(room_of(name), set()).update(
            room_of(other) for other in others if room_of(other) not in (room_of(name), DOOR)
        )
    return between


def upward(arrows):
    """The arrows that lead to a higher floor, and the rooms that have none."""
    wrong = []
    for room, others in rooms(arrows).items():
        if room != DOOR:
            wrong += [f"{room} stands on no floor: give it one"] if room not in FLOOR else []
            wrong += [f"{room} -> {x}" for x in others if FLOOR.get(x, 0) > FLOOR.get(room, 9)]
    return wrong


@pytest.fixture(scope="module")
def arrows():
    return imports(modules(PACKAGE))


def test_no_module_imports_itself_by_way_of_others(arrows):
    assert circle_in(arrows) == ""


def test_no_rooms_import_each_other(arrows):
    assert circle_in(rooms(arrows)) == ""


def test_no_arrow_leads_upward(arrows):
    assert upward(arrows) == []


def test_the_front_door_imports_no_room_above_the_ground(arrows):
    assert {room_of(name) for name in arrows[DOOR]} <= set(FLOORS[0])


def test_the_walk_sees_what_it_should(arrows):
    assert len(arrows) == len(list(PACKAGE.rglob("*.py"))) > 50
    assert "autograd_nn.conversion" in arrows["autograd_nn.engine"]
    assert "autograd_nn.training.fit" in arrows["autograd_nn.training"]


HOUSE = {
    "autograd_nn": "",
    "autograd_nn.engine": "from autograd_nn.ops import row\nfrom typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n    from autograd_nn.nn import MLP\n",
    "autograd_nn.ops": "",
    "autograd_nn.nn": "from autograd_nn.nn import layers",
    "autograd_nn.nn.layers": "from autograd_nn import engine\n"
    "from autograd_nn.nn.module import Module\n",
    "autograd_nn.nn.module": "import autograd_nn.engine",
}


def test_a_good_house_stands():
    found = imports(HOUSE)
    assert found["autograd_nn.nn.layers"] == {"autograd_nn.engine", "autograd_nn.nn.module"}
    assert circle_in(found) == circle_in(rooms(found)) == ""
    assert upward(found) == []


@pytest.mark.parametrize(
    ("where", "line", "circle", "wrong"),
    [
        (
            "autograd_nn.nn.module",
            "def f():\n    from autograd_nn.nn import layers\n",
            "autograd_nn.nn.layers",
            "",
        ),
        (
            "autograd_nn.ops",
            "from autograd_nn.engine import Value",
            "autograd_nn.engine",
            "ops -> engine",
        ),
        ("autograd_nn.engine", "import autograd_nn.nn", "", "engine -> nn"),
        ("autograd_nn.shed", "from autograd_nn import ops", "", "shed stands on no floor"),
    ],
)
def test_what_is_built_wrong_is_found(where, line, circle, wrong):
    found = imports(HOUSE | {where: HOUSE.get(where, "") + "\n" + line})
    assert circle in circle_in(found)
    assert bool(circle) <= bool(circle_in(found))
    assert any(text.startswith(wrong) for text in upward(found)) if wrong else not upward(found)


def test_modules_can_be_imported_alone_in_any_order():
    """What a circle would break: each room imported first, in an interpreter of its own."""
    for room in ("saving", "nn.module", "training.history", "training.compiled", "jit.take"):
        code = f"import autograd_nn.{room}"
        path = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
        command = [sys.executable, "-P", "-c", code]
        run = subprocess.run(command, capture_output=True, text=True, env=path)
        assert run.returncode == 0, run.stderr
