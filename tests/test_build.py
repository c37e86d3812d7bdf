"""The build keeps its words: the compiled engine runs where it was built, or it is said.

Without this a checkout would run the plain file, ten times slower, or yesterday's engine, and
nobody would know.
"""

import inspect
import os
import pydoc
import re
import subprocess
import sys
import types
import warnings
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import autograd_nn
from autograd_nn import Value, build, engine_is_compiled
from autograd_nn.cli.info import report

CHECKOUT = Path(__file__).parents[1]
PACKAGE = Path(autograd_nn.__file__).parent


@pytest.fixture
def built(tmp_path):
    """A package's folder with two sources and the note that they were compiled."""
    for name in ("engine.py", "jit/trace.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((PACKAGE / "engine.py").read_bytes())
    lines = [
        f"{build._checksum(tmp_path / name)} {name}\n" for name in ("engine.py", "jit/trace.py")
    ]
    build._note(tmp_path).write_text("".join(lines))
    return tmp_path


def test_a_build_of_todays_source_says_nothing(built):
    os.utime(built / "engine.py")  # a fresh checkout: newer, but the same
    assert build.changed_sources(built) == []
    build.warn_if_old(built)  # warnings are errors here


def test_a_build_older_than_its_source_names_the_source_and_what_to_do(built):
    with open(built / "jit/trace.py", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert build.changed_sources(built) == ["jit/trace.py"]
    with pytest.warns(RuntimeWarning, match=r"before jit/trace\.py changed: run +pip install -e"):
        build.warn_if_old(built)


def test_sources_that_are_not_shipped_are_not_missed(built):
    (built / "engine.py").unlink()
    assert build.changed_sources(built) == []


def test_a_folder_without_a_build_has_nothing_to_say(tmp_path):
    assert build.changed_sources(tmp_path) == []
    assert build.extensions_in(tmp_path) == []


def test_the_note_of_a_build_is_that_of_its_sources(tmp_path):
    build.write_note(tmp_path, ["engine.py", "nested.py"])
    for name in ("engine.py", "nested.py"):
        (tmp_path / name).write_bytes((PACKAGE / name).read_bytes())
    assert build.changed_sources(tmp_path) == []
    (tmp_path / "nested.py").write_text("")
    assert build.changed_sources(tmp_path) == ["nested.py"]


def test_a_plain_checkout_before_a_compiled_package_says_so(built, tmp_path, monkeypatch):
    package, installed = tmp_path / "checkout" / "autograd_nn", tmp_path / "site" / "autograd_nn"
    package.mkdir(parents=True)
    (tmp_path / "site").mkdir()
    (tmp_path / "checkout" / "setup.py").write_text("")
    monkeypatch.setattr(sys, "path", [str(package.parent), str(installed.parent)])
    build.warn_if_old(package)  # nothing is shadowed yet
    installed.mkdir()
    build.write_note(installed, [])
    with pytest.warns(RuntimeWarning, match=r"as plain Python from .*: run +pip install -e"):
        build.warn_if_old(package)
    build.write_note(package, [])  # built: nothing to say
    build.warn_if_old(package)


def test_what_a_plain_install_would_remove_is_only_this_pythons_build(tmp_path):
    mine = [f"engine{EXTENSION_SUFFIXES[0]}", f"compiled{EXTENSION_SUFFIXES[0]}.txt"]
    for name in (*mine, "engine.other-python.so", "engine.py", "page.css"):
        (tmp_path / name).write_text("")
    assert sorted(path.name for path in build.extensions_in(tmp_path)) == sorted(mine)


def test_a_plain_checkout_says_how_to_build_it(tmp_path):
    package = tmp_path / "autograd_nn"
    package.mkdir()
    assert build.why_plain(package) == "installed without a C compiler, or with AUTOGRAD_NN_PURE=1"
    (tmp_path / "setup.py").write_text("")
    assert "not built here: run  pip install -e ." in build.why_plain(package)
    (package / "engine.cpython-39-there.so").write_text("")
    assert "was built for cpython-39-there.so" in build.why_plain(package)


def test_the_build_that_is_tested_is_that_of_its_source():
    assert build.changed_sources(PACKAGE) == []
    assert build._note(PACKAGE).exists() == engine_is_compiled()


@pytest.mark.skipif(
    PACKAGE.parent != CHECKOUT, reason="an installed copy is tested, not the checkout"
)
@pytest.mark.parametrize("how", ["-m", "-c"])
def test_python_in_the_checkout_runs_the_build_that_is_tested(how):
    what = (
        ["-m", "autograd_nn"]
        if how == "-m"
        else ["-c", "import autograd_nn.__main__ as m; m.main()"]
    )
    run = subprocess.run(
        [sys.executable, *what], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    lines = dict(line.split(maxsplit=1) for line in run.stdout.splitlines())
    assert lines["path"] == str(PACKAGE)
    assert lines["engine"].startswith("compiled" if engine_is_compiled() else "plain Python")
    assert run.stderr == ""


def test_the_readmes_commands_build_the_checkout_in_place():
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv .*$", readme, re.MULTILINE)
    assert len(commands) == 2
    assert all("pip install -q -e '.[" in command for command in commands)


def test_the_report_says_what_is_missing(monkeypatch):
    monkeypatch.setattr("autograd_nn.cli.info.find_spec", lambda name: None)
    assert "matplotlib (pip install 'autograd_nn[plot]')" in report()["missing"]
    monkeypatch.setattr("autograd_nn.cli.info.find_spec", lambda name: name)
    assert report()["missing"] == "nothing"


def test_the_report_says_what_runs_jitted_functions(monkeypatch, tmp_path):
    monkeypatch.setattr("autograd_nn.cli.info.why_not", lambda name: "no llvmlite")
    assert report()["jit"] == "NumPy calls; no machine code: no llvmlite"
    monkeypatch.setenv("AUTOGRAD_NN_CACHE_DIR", str(tmp_path / "code"))
    found = report()["cache"]
    assert found.startswith(f"{tmp_path / 'code'}: 0 pieces of machine code, 0.0 MB; used 0 times")
    monkeypatch.setenv("AUTOGRAD_NN_CACHE", "0")
    assert report()["cache"] == "off by AUTOGRAD_NN_CACHE"


def test_the_report_names_the_compiler():
    pytest.importorskip("llvmlite")
    assert re.match(r"machine code \(LLVM [\d.]+, .+, \d numbers wide\), NumPy", report()["jit"])


# -- what is public ---------------------------------------------------------------------------


def public_things():
    """(name, thing) for every public class and function of the public modules, each once."""
    found, modules = {}, [autograd_nn]
    for module in modules:
        for name in dir(module):
            if name == "sklearn":
                pytest.importorskip("sklearn")
            thing = getattr(module, name)
            if isinstance(thing, types.ModuleType):
                if all(thing is not known for known in modules):  # micrograd.nn is micrograd
                    modules.append(thing)
            elif callable(thing):
                found.setdefault(id(thing), (f"{module.__name__}.{name}", thing))
    return list(found.values())


def members(thing):
    """The public methods and properties that a class defines itself."""
    if not inspect.isclass(thing):
        return []
    return [(name, member) for name, member in vars(thing).items() if not name.startswith("_")
            and (callable(member) or inspect.isdatadescriptor(member)
                 or isinstance(member, (staticmethod, classmethod)))]  # fmt: skip


def test_there_are_public_names_to_walk():
    assert {"autograd_nn.Value", "autograd_nn.functions.exp"} <= {n for n, _ in public_things()}


def test_every_public_name_has_a_docstring_in_both_builds():
    silent = [name for name, thing in public_things() if not inspect.getdoc(thing)]
    silent += [f"{name}.{member}" for name, thing in public_things()
               for member, found in members(thing) if not inspect.getdoc(found)]  # fmt: skip
    assert silent == []


def test_every_public_function_has_a_signature_in_both_builds():
    for name, thing in public_things():
        if not (inspect.isclass(thing) and issubclass(thing, Exception)):
            inspect.signature(thing)  # would raise ValueError
        for member, found in members(thing):
            if callable(found):
                shown = inspect.signature(found)
                private = [p for p in shown.parameters if p.startswith("_")]
                assert private == [], f"{name}.{member}{shown}"


def test_the_methods_of_value_explain_themselves():
    """The compiler drops docstrings; learners type help(Value)."""
    assert Value.backward.__doc__.startswith("Add the slope of this value along every leaf")
    assert ">>> " in Value.__doc__
    assert inspect.signature(Value.backward).parameters["gradient"].default == 1.0
    assert "name in the table" in Value.op.__doc__


def test_the_signature_of_value_is_what_a_learner_may_give():
    assert str(inspect.signature(Value)) == "(data, label='')"


def test_help_shows_no_private_name():
    shown = pydoc.render_doc(Value, renderer=pydoc.plaintext)
    assert not re.findall(r"(?<![\w.])_(?!_)\w+", shown)


@pytest.mark.parametrize("name", ["", *sorted(autograd_nn._MODULES)])
def test_dir_shows_public_names_only(name):
    if name == "sklearn":
        pytest.importorskip("sklearn")
    module = getattr(autograd_nn, name) if name else autograd_nn
    shown = dir(module)
    assert shown == sorted(set(shown))
    assert not [n for n in shown if n.startswith("_")]
    assert set(module.__all__) <= set(shown) <= {*module.__all__, "sklearn"}
    for public in shown:
        if public != "sklearn":
            assert getattr(module, public) is not None


def test_modules_are_attributes_after_importing_the_package_alone():
    code = (
        "import autograd_nn as a; "
        "print(a.jit.take.__name__, a.training.fit.__name__, a.metrics.accuracy.__name__, "
        "a.saving.save.__name__, a.jit.JitWarning.__name__)"
    )
    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True,
                         env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)})  # fmt: skip
    assert run.stdout.split() == ["take", "fit", "accuracy", "save", "JitWarning"], run.stderr


def test_sklearn_is_an_attribute():
    pytest.importorskip("sklearn")
    assert autograd_nn.sklearn.MLPClassifier.__name__ == "MLPClassifier"


@pytest.mark.parametrize("order", [("jit", "take"), ("take", "jit")])
def test_jit_is_the_function_whatever_is_imported_first(order):
    code = (
        f"from autograd_nn import {order[0]}; from autograd_nn.jit import {order[1]}; "
        "import autograd_nn, autograd_nn.jit; "
        "print(type(autograd_nn.jit).__name__, autograd_nn.jit.take is autograd_nn.take)"
    )
    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True,
                         env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)})  # fmt: skip
    assert run.stdout.split() == ["function", "True"], run.stderr


def test_the_errors_that_can_be_caught_are_at_the_top():
    for name in ("AnomalyError", "DrawingError", "GradientCheckError", "LeakError", "TraceError",
                 "ModelFileError", "NonFiniteLossError"):  # fmt: skip
        assert issubclass(getattr(autograd_nn, name), Exception)
    with warnings.catch_warnings():
        assert issubclass(autograd_nn.JitWarning, UserWarning)
