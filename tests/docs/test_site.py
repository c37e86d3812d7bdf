"""The site's checker and its mending: a fault that they do not see reaches the reader.

Whether the site builds, and what is wrong with it, is asked by ``.ci/run``, which builds it.
"""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def checker():
    return load(DOCS / "check_site.py")


GOOD = '<h1 id="top">A</h1><a href="b.html#part">b</a><a href="#top">up</a>'


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (GOOD, None),
        ('<a href="https://example.org/x">elsewhere</a><img src="data:image/png;base64,AA">', None),
        ('<a href="c.html">c</a>', "c.html does not exist"),
        ('<a href="b.html#nowhere">b</a>', "b.html#nowhere has no such place"),
        ('<img src="lost.svg">', "lost.svg does not exist"),
        ('<script src="https://example.org/x.js"></script>', "loads https://example.org/x.js"),
        ('<link rel="stylesheet" href="//example.org/x.css">', "loads //example.org/x.css"),
        ('<iframe src="http://example.org"></iframe>', "loads http://example.org"),
    ],
)
def test_faults_are_found_and_only_those(checker, tmp_path, page, fault):
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.html").write_text('<h2 id="part">B</h2>')
    found = list(checker.faults(checker.read(tmp_path)))
    assert len(found) == (fault is not None)
    assert fault is None or found[0].endswith(fault)


def test_the_status_tells_and_other_sites_are_listed(checker, tmp_path, capsys):
    (tmp_path / "a.html").write_text('<a href="https://example.org/x">x</a>')
    assert checker.main([str(tmp_path)]) == 0
    assert "elsewhere: https://example.org/x" in capsys.readouterr().out
    (tmp_path / "a.html").write_text('<a href="gone.html">x</a>')
    assert checker.main([str(tmp_path)]) == 1
    assert checker.main([str(tmp_path / "nothing")]) == 1


def test_pages_are_mended_for_keys_and_readers():
    pytest.importorskip("sphinx")
    import mended

    body = "<pre>x</pre>(<dl>\n<dd><em>a</em>,</dd>\n<dd>b,</dd>\n</dl>\n)"
    assert mended.mended(body) == (
        '<pre tabindex="0">x</pre>(<span class="sig-lines">\n<span class="sig-line"><em>a</em>,'
        '</span>\n<span class="sig-line">b,</span>\n</span>\n)'
    )


def test_examples_get_a_title_and_stay_as_they_are():
    pytest.importorskip("sphinx_gallery")
    import gallery

    source = '"""Two moons: a demo.  Takes 5 s.\n\nMore.\n\n    python x.py\n"""\n\nimport math\n'
    made = gallery.with_title(source)
    assert made.startswith('r"""\nTwo moons\n=========\n')
    assert ".. code-block:: console\n\n    python x.py" in made
    assert made.endswith('"""\nimport math\n')
    for script in (DOCS.parent / "examples").glob("*.py"):
        made = gallery.with_title(script.read_text(encoding="utf-8"))
        assert 3 < len(made.splitlines()[1]) < 100
        compile(made, script.name, "exec")


def test_every_formula_of_the_table_becomes_mathml_without_a_backslash():
    pytest.importorskip("sphinx")
    import mathml
    import operations

    for row in operations.operations():
        text = mathml.mathml(operations.latex(row))
        assert text.startswith("<math")
        assert "\\" not in text
