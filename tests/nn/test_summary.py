"""``model.summary()``, the tree of a ``repr``, and the table in a notebook."""

from autograd_nn import MLP, Module, parameter
from autograd_nn.nn import LSTM, Embedding, Flatten, Linear, Neuron, Sequential
from autograd_nn.nn.summary import size_of


def printed(capsys, model, *row):
    model.summary(*row)
    return capsys.readouterr().out.splitlines()


def test_the_table_has_layers_sizes_parameters_and_the_total(capsys):
    lines = printed(capsys, Sequential(Flatten(), Linear(784, 128, seed=0), MLP(128, [10])))
    assert lines[0] == "Sequential"
    assert lines[3].split() == ["layers.0", "Flatten()", "(784,)", "0"]
    assert lines[4].split()[-2:] == ["(128,)", "100,480"]
    assert lines[5].split()[-2:] == ["(10,)", "1,290"]
    assert lines[-1].split() == ["total", "101,770"]


def test_sizes_of_sequences_come_from_a_row(capsys):
    """How long a sequence is, no layer knows."""
    model = Sequential(Embedding(9, 4), LSTM(4, 3), lambda xs: xs[-1], Linear(3, 2))
    assert "(" not in "".join(line.split(")", 1)[-1] for line in printed(capsys, model)[3:6])
    lines = printed(capsys, model, [1, 2, 3, 4, 5])
    assert [line.split()[-2:] for line in lines[3:7]] == [
        ["4)", "36"], ["3)", "108"], ["(3,)", "0"], ["(2,)", "8"],
    ]  # fmt: skip


def test_a_model_of_ones_own_is_a_tree_with_equal_parts_in_one_line(capsys):
    class Mine(Module):
        def __init__(self):
            self.many = [Neuron(3, seed=0) for _ in range(40)]
            self.net = MLP(2, [3, 1], seed=0)
            self.scale = parameter(1.0)

    assert str(Mine()).splitlines() == [
        "Mine(",
        "  (many.0-39): 40 x ReLUNeuron(3)",
        "  (net): MLP(",
        "    (layers.0): Layer(2 -> 3, relu)",
        "    (layers.1): Layer(3 -> 1, linear)",
        "  )",
        ")",
    ]
    assert printed(capsys, Mine())[-1].split() == ["total", "174"]


def test_a_module_without_parts_says_how_many_parameters_it_has():
    class Line(Module):
        def __init__(self):
            self.slope = parameter(2.0)

    assert repr(Line()) == "Line(1 parameter)"


def test_a_notebook_shows_the_table():
    text = Sequential(Linear(3, 2, seed=0), Flatten())._repr_html_()
    assert "Linear(3 -&gt; 2)" in text
    assert "(2,)" in text
    assert "8 parameters" in text


def test_a_size_is_written_as_numpy_writes_shapes():
    assert [size_of(x) for x in (1.0, [1.0], [[1.0] * 3] * 2)] == ["()", "(1,)", "(2, 3)"]
