"""The examples: each runs, and what it claims is so."""

import importlib.util
import math
import random
import sys
from pathlib import Path

import pytest

from autograd_nn.optim import Adam

EXAMPLES = Path(__file__).parents[1] / "examples"
PICTURES = {
    "characters": "characters.png",
    "controller_in_c": "controller.png",
    "greeks": "greeks.png",
    "names_gpt": "names_gpt.png",
    "pendulum": "pendulum.png",
    "synthetic_gradients": "synthetic_gradients.png",
    "without_waiting": "without_waiting.png",
}


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PICTURES)
def test_the_claim_holds_and_the_picture_is_written(name, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    assert example(name).main(["--quick", "--out", str(tmp_path / "new")]) == 0
    picture = tmp_path / "new" / PICTURES[name]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture) in capsys.readouterr().out


def test_backpropagation_is_what_one_writes_by_hand(tmp_path, capsys):
    """The generated code is written, needs NumPy only, and stands line by line beside the other."""
    assert example("backpropagation").main(["--quick", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "d_w1 = d_sum_1.T @ hidden_0" in shown
    assert "d_w1 = d_sum_hidden_1.T @ hidden_0" in shown
    text = (tmp_path / "generated_backpropagation.py").read_text(encoding="utf-8")
    assert "import autograd_nn" not in text


def test_many_rows_are_fitted_by_workers(capsys, tmp_path):
    pytest.importorskip("distributed")
    assert example("many_rows").main(["--rows", "4000", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "dashboard: http" in said
    assert "4,000 rows, 0 MB in blocks of 200" in said


def test_newton_solves_five_problems_and_draws_each(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    pytest.importorskip("scipy")
    assert example("newton").main(["--quick", "--out", str(tmp_path)]) == 0
    written = sorted(path.name for path in tmp_path.iterdir())
    problems = ("arm", "circles", "logistic", "pendulum", "rosenbrock")
    assert written == [f"newton_{name}.png" for name in problems]
    assert "all solved, alike by both methods" in capsys.readouterr().out


def test_the_mixture_is_found_by_jax_and_drawn(tmp_path, capsys):
    """The whole fit runs in JAX; what it finds is compared with this package and the truth."""
    pytest.importorskip("jax")
    pytest.importorskip("matplotlib")
    assert example("mixture_jax").main(["--quick", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "mixture_jax.png").read_bytes().startswith(b"\x89PNG")
    assert "as it should be" in capsys.readouterr().out


def test_without_jax_the_mixture_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jax", None)
    assert example("mixture_jax").main(["--out", str(tmp_path / "new")]) == 0
    assert "pip install '.[jax]'" in capsys.readouterr().out
    assert not (tmp_path / "new").exists()


def test_newton_says_when_a_problem_is_not_solved(monkeypatch, capsys):
    pytest.importorskip("scipy")
    newton = example("newton")
    monkeypatch.setattr(newton, "newton", lambda slope, matrix, x, steps=0: newton.Way([x], [1.0]))
    assert newton.solve_all(quick=True, out=None, draw=False) is False


@pytest.mark.parametrize("name", ["greeks", "pendulum"])
def test_without_matplotlib_everything_else_runs(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert example(name).main(["--quick", "--out", str(tmp_path / "new")]) == 0
    assert "pip install '.[plot]'" in capsys.readouterr().out
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["names_gpt", "synthetic_gradients"])
def test_without_matplotlib_the_picture_of_a_long_example_is_left_out(
    name, tmp_path, monkeypatch, capsys
):
    """The plot function alone: it is where matplotlib is asked for."""
    module = example(name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.chdir(tmp_path)
    nothing = {"names_gpt": ([], {}, "", []), "synthetic_gradients": ({}, [], 1)}[name]
    module.plot(tmp_path / "new", *nothing)
    assert "pip install '.[plot]'" in capsys.readouterr().out
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", PICTURES)
def test_the_first_lines_say_how_long_it_takes(name):
    assert "\nRuns in about " in example(name).__doc__


def test_a_wrong_greek_is_noticed(tmp_path, monkeypatch, capsys):
    """An example that agrees with everything would prove nothing."""
    greeks = example("greeks")
    right = greeks.by_hand

    def wrong(kind, contract):
        return {**right(kind, contract), "vega": right(kind, contract)["vega"] * (1 + 1e-9)}

    monkeypatch.setattr(greeks, "by_hand", wrong)
    monkeypatch.setattr(greeks, "plot", lambda *_: None)
    assert greeks.main(["--quick"]) == 1
    assert "DISAGREE" in capsys.readouterr().out


def test_a_greek_that_is_nan_is_noticed(monkeypatch):
    greeks = example("greeks")
    right = greeks.by_hand
    monkeypatch.setattr(greeks, "by_hand", lambda *at: {**right(*at), "rho": math.nan})
    assert not greeks.compare([greeks.TEXTBOOK])


def test_the_controller_is_written_in_c_where_no_compiler_is(tmp_path, monkeypatch, capsys):
    """Whoever compiles for another machine needs none here."""
    monkeypatch.setenv("PATH", "")
    controller = example("controller_in_c")
    monkeypatch.setattr(controller, "plot", lambda *_: None)
    monkeypatch.setattr(controller, "swing_up", lambda gradient, *_: ([[0.0, 0.0]], 1e-6))
    assert controller.main(["--quick", "--out", str(tmp_path)]) == 0
    assert "no compiler of C here" in capsys.readouterr().out
    assert "int controller_gradient(" in (tmp_path / "controller.c").read_text(encoding="utf-8")


def test_a_controller_that_does_not_lift_is_noticed(tmp_path, monkeypatch, capsys):
    controller = example("controller_in_c")
    monkeypatch.setattr(controller, "plot", lambda *_: None)
    monkeypatch.setattr(controller, "STRONGEST", 1e-3)
    monkeypatch.setattr(controller, "in_c", lambda *_: None)
    assert controller.main(["--quick", "--out", str(tmp_path)]) == 1
    assert "does NOT stand" in capsys.readouterr().out


def test_calls_and_puts_keep_put_call_parity():
    """Neither way is checked against itself: parity follows from no arbitrage alone."""
    greeks = example("greeks")
    rng = random.Random(3)
    for _ in range(20):
        contract = greeks.random_contract(rng)
        spot, strike, years, rate, dividend, _ = contract
        call, put = (greeks.by_backward(kind, contract) for kind in ("call", "put"))
        forward = spot * math.exp(-dividend * years) - strike * math.exp(-rate * years)
        assert call["price"] - put["price"] == pytest.approx(forward, rel=1e-12, abs=1e-11)
        grown = math.exp(-dividend * years)
        assert call["delta"] - put["delta"] == pytest.approx(grown, rel=1e-12)
        assert call["vega"] == pytest.approx(put["vega"], rel=1e-9, abs=1e-11)


def test_the_pendulum_swings_as_its_closed_form_for_small_angles(monkeypatch):
    pendulum = example("pendulum")
    monkeypatch.setattr(pendulum, "RELEASED_AT", 1e-4)
    length, damping = 1.35, 0.3
    rate = math.sqrt(pendulum.GRAVITY / length - damping**2 / 4)
    step = pendulum.STEP / 10  # as fine as the measurements are made with
    for i, angle in enumerate(pendulum.simulate(length, damping, 1000, step)):
        t = i * step
        wave = math.cos(rate * t) + damping / (2 * rate) * math.sin(rate * t)
        exact = 1e-4 * math.exp(-damping * t / 2) * wave
        assert angle == pytest.approx(exact, abs=1e-12)


def test_without_noise_the_pendulum_is_found_exactly(monkeypatch, capsys):
    pendulum = example("pendulum")
    exact = pendulum.simulate(1.2, 0.2, 80)
    path = pendulum.fit(exact, 120)
    length, damping, error = path[-1]
    assert length == pytest.approx(1.2, rel=1e-3)
    assert damping == pytest.approx(0.2, rel=1e-2)
    assert error < 1e-5 < path[0][2]


def test_with_the_true_gradient_for_a_prediction_the_decoupled_step_is_backprop(monkeypatch):
    """``backward(gradient=...)`` at the cut must give the lower layer backprop's own slopes."""
    synthetic = example("synthetic_gradients")
    batch = synthetic.batches(1)[0]
    whole, cut = synthetic.Network(seed=0), synthetic.Network(seed=0)
    synthetic.step_backprop(whole, batch)
    wanted = [p.grad for p in whole.lower.parameters()]

    hidden = [cut.lower(x) for x, _ in batch]
    leaves = [[synthetic.Value(h.data) for h in row] for row in hidden]
    outputs = [cut.upper(row) for row in leaves]
    synthetic.mean_squared_error([y for _, y in batch], outputs).backward()
    slopes = iter([h.grad for row in leaves for h in row])
    monkeypatch.setattr(
        cut, "predictor", lambda row: [synthetic.Value(next(slopes)) for _ in row[:-1]]
    )
    cut.step_predictor.step = lambda: None
    synthetic.step_synthetic(cut, batch)
    assert [p.grad for p in cut.lower.parameters()] == pytest.approx(wanted, rel=1e-10, abs=1e-14)


def test_a_predictor_that_never_learns_does_not_pass(monkeypatch, capsys):
    synthetic = example("synthetic_gradients")
    monkeypatch.setattr(synthetic, "PREDICTOR_LR", 0.0)
    monkeypatch.setattr(synthetic, "plot", lambda *_: None)
    monkeypatch.setattr(synthetic, "step_backprop", lambda *_: 1.0)
    assert synthetic.main(["--quick"]) == 1


@pytest.fixture(scope="module")
def gpt():
    return example("names_gpt")


def test_a_letter_of_the_gpt_looks_back_only(gpt):
    """A model that saw the letter it is to guess would have a fine loss and no names."""
    model = gpt.Model(random.Random(0))

    def logits_of(name):
        keys, values, rows = [], [], []
        for position, letter in enumerate(gpt.END + name):
            logits, _ = model.next_letter(gpt.TOKEN[letter], position, keys, values)
            rows.append([x.data for x in logits])
        return rows

    one, other = logits_of("anna"), logits_of("anto")
    assert one[:3] == other[:3]
    assert one[3] != other[3]


def test_attention_of_the_gpt_adds_up_to_one(gpt):
    _, attention = gpt.make_up(gpt.Model(random.Random(0)), random.Random(1))
    for position, heads in enumerate(attention):
        for row in heads:
            assert len(row) == position + 1
            assert math.fsum(row) == pytest.approx(1.0, rel=1e-12)


def test_every_weight_of_the_gpt_has_the_slope_of_central_differences(gpt):
    model = gpt.Model(random.Random(0))
    gpt.loss_on(model, gpt.tokens_of("ada")).backward()
    rng = random.Random(2)
    used = [p for p in model.parameters() if p.grad != 0.0]
    assert len(used) > 2000
    for p in rng.sample(used, 8):
        at, h = p.data, 1e-5
        p.data = at + h
        above = gpt.mean_loss(model, ["ada"])
        p.data = at - h
        below = gpt.mean_loss(model, ["ada"])
        p.data = at
        assert p.grad == pytest.approx((above - below) / (2 * h), rel=1e-4, abs=1e-8)


def test_rmsnorm_and_linear_of_the_gpt_do_what_their_names_say(gpt):
    np = pytest.importorskip("numpy")
    rng = np.random.default_rng(0)
    x, m = rng.normal(size=5), rng.normal(size=(3, 5))
    values = [gpt.Value(float(a)) for a in x]
    assert [v.data for v in gpt.rmsnorm(values)] == pytest.approx(
        list(x / np.sqrt((x**2).mean() + 1e-5)), rel=1e-12
    )
    matrix = [[gpt.Value(float(a)) for a in row] for row in m]
    assert [v.data for v in gpt.linear(matrix, values)] == pytest.approx(list(m @ x), rel=1e-12)


def test_the_adam_of_the_gpt_is_the_packages_adam(gpt):
    np = pytest.importorskip("numpy")
    theta, targets = np.array([1.0, -2.0, 0.5]), np.array([0.0, 1.0, 3.0])
    theirs = [gpt.Value(x) for x in theta]
    ours = gpt.Adam(3)
    packages = Adam(theirs, lr=0.05, betas=(0.9, 0.99))
    for _ in range(50):
        ours.step(theta, 2 * (theta - targets), 0.05)
        for p, t in zip(theirs, targets, strict=True):
            p.grad = 2 * (p.data - t)
        packages.step()
    assert theta.tolist() == pytest.approx([p.data for p in theirs], rel=1e-10)


def test_the_gpt_learns_the_same_through_the_jit_and_the_engine(gpt):
    learned = []
    for through_engine in (False, True):
        model = gpt.Model(random.Random(0))
        losses = gpt.train(model, ["ada", "ida", "otto"], 6, random.Random(1), through_engine)
        learned.append([*losses, *(p.data for p in model.parameters())])
    assert learned[0] == pytest.approx(learned[1], rel=1e-8, abs=1e-10)


def test_the_names_fit_the_gpt_and_none_is_there_twice(gpt):
    assert len(set(gpt.NAMES)) == len(gpt.NAMES)
    assert max(map(len, gpt.NAMES)) < gpt.LONGEST
    assert all(name.isalpha() and name.islower() for name in gpt.NAMES)


def test_same_seed_same_names(gpt):
    made = []
    for _ in range(2):
        rng = random.Random(5)
        model = gpt.Model(rng)
        losses = gpt.train(model, ["anna", "ada"], 4, rng, False)
        made.append((losses, [gpt.make_up(model, rng)[0] for _ in range(3)]))
    assert made[0] == made[1]


def test_counts_of_letters_by_hand(gpt):
    """The baseline that the model must beat: for "aa" seen and asked, 2 of 3 letters are a."""
    size = len(gpt.LETTERS)
    chance_a, chance_end = 3 / (3 + size), 2 / (3 + size)
    expected = -(2 * math.log(chance_a) + math.log(chance_end)) / 3
    assert gpt.loss_of_counts(["aa"], ["aa"], 0) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["neuron", "network", "circles"])
def test_the_pictures_of_the_readme_are_those_that_the_example_draws(name):
    """``python examples/draw_neuron.py --readme`` writes them anew."""
    drawn = example("draw_neuron").pictures()[name].pipe(format="svg", encoding="utf-8")
    assert drawn == (EXAMPLES / f"{name}.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme:dark" in drawn


def test_layers_that_get_the_true_gradient_learn_as_by_backpropagation():
    """A local step with the gradient that would come back is one of backpropagation."""
    import numpy as np

    waiting = example("without_waiting")
    rng = np.random.default_rng(0)
    x, y = rng.random((8, 64)), rng.integers(0, 10, 8)
    net, aligned = waiting.Backpropagation(0), waiting.FeedbackAlignment(0)
    before = [part.theta.copy() for part in net.parts]
    aligned.feedback = [part.weights.copy() for part in net.parts]
    net.step(x, y)
    aligned.step(x, y)
    for part, other, start in zip(net.parts, aligned.parts, before, strict=True):
        np.testing.assert_allclose(part.theta, other.theta, rtol=1e-12)
        assert (part.theta != start).any()


def test_words_ship_with_the_example_and_a_padded_letter_counts_nothing():
    """Loss on what fills a word up would flatter a model that guesses END."""
    import numpy as np

    characters = example("characters")
    assert len(characters.WORDS) > 300
    model = characters.Recurrent(random.Random(0))
    table, counts = characters.as_table(["ada", "valentin"])
    whole = characters.loss_of(model, table[0].tolist(), counts[0].tolist()).data
    short = characters.loss_of(model, table[0][:5].tolist(), counts[0][:4].tolist()).data
    assert whole == pytest.approx(short, rel=1e-12)
    assert counts.sum(axis=1).tolist() == [4.0, 9.0]
    trained = characters.Trained(model)
    assert trained.on(["ada"]) == pytest.approx(whole / 4, rel=1e-9)
    assert np.isfinite(trained.on(["valentin"]))


def test_attention_of_the_character_model_looks_back_only():
    characters = example("characters")
    model = characters.Attentive(random.Random(0))
    one, other = ([[v.data for v in row] for row in model(word)] for word in ([1, 2, 3], [1, 2, 9]))
    assert one[:2] == other[:2]
    assert one[2] != other[2]


def test_a_grid_search_runs(tmp_path, capsys):
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    example("grid_search").main(tmp_path, True)
    assert (tmp_path / "grid_search.png").read_bytes().startswith(b"\x89PNG")
    assert "best: " in capsys.readouterr().out
