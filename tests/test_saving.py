"""Saving: a file is whole or refused, and refusing leaves the model as it was."""

import contextlib
import hashlib
import io
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import autograd_nn
from autograd_nn import MLP, Layer, Module, Neuron, parameter
from autograd_nn.saving import ModelFileError, load, load_state_dict, save, state_dict


def numbers(module):
    return [p.data for p in module.parameters()]


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: MLP(3, [4, 2], seed=seed),
        lambda seed: MLP(2, [1], seed=seed),
        lambda seed: MLP(2, [5, 1], activation="tanh", output_activation="sigmoid", seed=seed),
        lambda seed: Layer(3, 2, activation="leaky_relu", seed=seed),
        lambda seed: Neuron(4, nonlin=False, seed=seed),
    ],
)
def test_a_loaded_model_predicts_the_same_to_the_bit(make, tmp_path):
    model = make(5)
    save(model, tmp_path / "m.npz")
    again = load(tmp_path / "m.npz")
    assert repr(again) == repr(model)
    assert numbers(again) == numbers(model)
    row = [0.3, -0.7, 1.1, 0.2][: len(model.w if isinstance(model, Neuron) else first(model).w)]
    assert np.array_equal(np.array(again(row), float), np.array(model(row), float))
    into = make(6)
    assert load(tmp_path / "m.npz", into=into) is into
    assert numbers(into) == numbers(model)


def first(model):
    return (model.layers[0] if isinstance(model, MLP) else model).neurons[0]


class Own(Module):
    def __init__(self, n=2):
        self.gain = parameter(2.0)
        self.table = {"a": parameter(0.5), "b": [parameter(float(i)) for i in range(n)]}


def test_a_class_of_your_own_is_loaded_into_an_instance(tmp_path):
    model = Own()
    model.gain.data = 7.0
    save(model, tmp_path / "own.npz")
    with pytest.raises(ModelFileError, match="into=model"):
        load(tmp_path / "own.npz")
    assert load(tmp_path / "own.npz", into=Own()).gain.data == 7.0


def test_an_own_activation_needs_the_model(tmp_path):
    model = MLP(1, [2, 1], activation=lambda v: v * v, seed=0)
    save(model, tmp_path / "m.npz")
    with pytest.raises(ModelFileError, match="into=model"):
        load(tmp_path / "m.npz")
    neuron = Neuron(1, activation=lambda v: v * v)
    save(neuron, tmp_path / "n.npz")
    with pytest.raises(ModelFileError, match="into=model"):
        load(tmp_path / "n.npz")


def test_names_and_shapes_of_a_state():
    shapes = {name: array.shape for name, array in state_dict(Own()).items()}
    assert shapes == {"gain": (), "table.a": (), "table.b": (2,)}


def test_a_state_is_a_copy():
    model = Own()
    state = state_dict(model)
    model.gain.data = 9.0
    assert state["gain"] == 2.0


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda s: s.pop("gain"), ValueError, "lacks 'gain'"),
        (lambda s: s.update(gian=s.pop("gain")), ValueError, "did you mean 'gain'"),
        (lambda s: s.update(extra=1.0), ValueError, "has no 'extra'"),
        (lambda s: s.update({"table.b": [1.0]}), ValueError, r"shape \(2,\).*\(1,\)"),
        (lambda s: s.update(gain="5"), TypeError, "'gain' must hold numbers"),
        (lambda s: s.update(gain=None), TypeError, "'gain' must hold numbers"),
        (lambda s: s.update(gain=1j), TypeError, "'gain' must hold numbers"),
    ],
)
def test_a_bad_state_changes_nothing(change, error, says):
    model = Own()
    before = numbers(model)
    state = {"table.b": [8.0, 9.0], **{k: v + 1 for k, v in state_dict(model).items()}}
    change(state)
    with pytest.raises(error, match=says):
        load_state_dict(model, state)
    assert numbers(model) == before


def test_what_cannot_be_a_state():
    with pytest.raises(TypeError, match="a dict of arrays"):
        load_state_dict(Own(), [1.0])
    with pytest.raises(TypeError, match="expected a Module"):
        save([1.0], "x.npz")
    with pytest.raises(ValueError, match="no parameters"):
        state_dict(Module())


def test_two_parameters_of_one_name_are_refused():
    model = Module()
    model.a = {"b.c": parameter(1.0), "b": {"c": parameter(2.0)}}
    with pytest.raises(ValueError, match=r"named 'a\.b\.c'"):
        state_dict(model)


# -- damaged and hostile files ---------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    save(MLP(2, [3, 1], seed=1), tmp_path / "m.npz")
    return tmp_path / "m.npz"


def refused(path, says=None):
    into = MLP(2, [3, 1], seed=2)
    before = numbers(into)
    with pytest.raises(ModelFileError, match=says):
        load(path, into=into)
    assert numbers(into) == before
    with pytest.raises(ModelFileError, match=says):
        load(path)


def test_every_flipped_bit_is_found(saved):
    good = saved.read_bytes()
    rng = random.Random(0)
    for _ in range(1000):
        position, bit = rng.randrange(len(good)), rng.randrange(8)
        bad = bytearray(good)
        bad[position] ^= 1 << bit
        saved.write_bytes(bad)
        with pytest.raises(ModelFileError):
            load(saved)


def test_every_truncation_is_found(saved):
    good = saved.read_bytes()
    for size in (*range(0, len(good), 37), len(good) - 1):
        saved.write_bytes(good[:size])
        refused(saved)
    saved.write_bytes(good + b"\0")
    refused(saved)


def test_damage_with_a_true_checksum_is_still_one_clear_error(saved):
    good = saved.read_bytes()[:-64]
    rng = random.Random(1)
    for _ in range(1000):
        bad = bytearray(good)
        for _ in range(rng.randrange(1, 4)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        saved.write_bytes(bad + hashlib.sha256(bad).hexdigest().encode())
        # Where only a time stamp of the archive was hit, the model is whole.
        with contextlib.suppress(ModelFileError):
            assert numbers(load(saved)) == numbers(MLP(2, [3, 1], seed=1))


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "foreign.npz"
    np.savez(path, w=np.zeros(3))
    refused(path, "not written by save")
    path.write_text("hello")
    refused(path, "no .npz archive")
    path.write_bytes(b"")
    refused(path, "no .npz archive")


class Bomb:
    fired = False

    def __reduce__(self):
        return setattr, (Bomb, "fired", True)


def forge(path, arrays=None, manifest=None, compression=zipfile.ZIP_STORED, raw=None):
    """A file with a true checksum, as somebody with bad intentions would make it."""
    whole = {"format": "autograd_nn model", "version": 1, "architecture": None}
    whole |= manifest or {}
    entries = {"manifest": np.frombuffer(json.dumps(whole).encode(), np.uint8)}
    entries |= arrays or {}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, array in entries.items():
            stream = io.BytesIO()
            np.lib.format.write_array(stream, np.asarray(array), version=(1, 0))
            archive.writestr(f"{name}.npy", stream.getvalue())
        for name, data in (raw or {}).items():
            archive.writestr(name, data)
        archive.comment = b"0" * 64
    body = buffer.getvalue()[:-64]
    path.write_bytes(body + hashlib.sha256(body).hexdigest().encode())


def header(shape):
    stream = io.BytesIO()
    described = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, described)
    return stream.getvalue()


GOOD_STATE = {f"parameter/{k}": v for k, v in state_dict(MLP(2, [3, 1], seed=1)).items()}


def test_a_forged_file_with_a_pickle_runs_nothing(tmp_path):
    path = tmp_path / "evil.npz"
    forge(path, {"parameter/w": np.array([Bomb()], dtype=object)})
    refused(path, "not a list of float64")
    path.write_bytes(pickle.dumps(Bomb()))
    refused(path, "no .npz archive")
    forge(path, raw={"parameter/w.npy": pickle.dumps(Bomb())})
    refused(path)
    assert not Bomb.fired


@pytest.mark.parametrize(
    ("forgery", "says"),
    [
        ({"compression": zipfile.ZIP_DEFLATED}, "compressed"),
        ({"raw": {"parameter/w.npy": header((10**15,))}}, "says 1000000000000000 numbers"),
        ({"raw": {"parameter/w.npy": header((-1,)) + b"0" * 8}}, "not a model file"),
        ({"raw": {"parameter/w.npy": b"\x93NUMPY\x01\x00\x05\x00[[[[["}}, "not a model file"),
        ({"raw": {"parameter/w.npy": b""}}, "not a model file"),
        ({"manifest": {"format": "another"}}, "its format is not"),
        ({"manifest": {"version": 2}}, "version 2"),
        ({"manifest": {"version": None}}, "version None"),
        ({"arrays": {"else": np.zeros(2)}}, "holds 'else'"),
        ({"arrays": {"parameter/w": np.zeros((2, 2))}}, "not a list of float64"),
        ({"arrays": {"manifest": np.frombuffer(b"{", np.uint8)}}, "not a model file"),
        ({"arrays": {"manifest": np.frombuffer(b"[" * 99999, np.uint8)}}, "not a model file"),
        ({"arrays": {"manifest": np.zeros(3)}}, "not a model file"),
    ],
)
def test_forged_files_are_refused(tmp_path, forgery, says):
    forge(tmp_path / "forged.npz", **forgery)
    refused(tmp_path / "forged.npz", says)


@pytest.mark.parametrize(
    "architecture",
    [
        "MLP",
        {},
        {"class": "MLP", "layers": []},
        {"class": "MLP", "layers": 7},
        {"class": "MLP", "layers": [{"nin": 10**9, "nout": 10**9, "activation": "relu"}]},
        {"class": "MLP", "layers": [{"nin": 2, "nout": -3, "activation": "relu"}]},
        {"class": "MLP", "layers": [{"nin": 2, "nout": 3, "activation": "system"}]},
        {"class": "MLP", "layers": [{"nin": 2, "nout": 3, "activation": []}]},
        {"class": "MLP", "layers": [{"nin": True, "nout": 13, "activation": "relu"}]},
        {"class": "os.system", "layers": [{"nin": 12, "nout": 1, "activation": "relu"}]},
        {"class": "Layer", "layers": [{"nin": 12, "nout": 1, "activation": "relu"}]},
    ],
)
def test_forged_architectures_are_refused(tmp_path, architecture):
    forge(tmp_path / "forged.npz", GOOD_STATE, {"architecture": architecture})
    with pytest.raises(ModelFileError):
        load(tmp_path / "forged.npz")


def test_a_good_forgery_is_good_so_the_others_fail_for_their_own_reason(tmp_path):
    forge(tmp_path / "m.npz", GOOD_STATE)
    assert numbers(load(tmp_path / "m.npz", into=MLP(2, [3, 1]))) == numbers(MLP(2, [3, 1], seed=1))


def test_another_models_file_is_refused_and_named(tmp_path):
    save(MLP(2, [4, 1], seed=0), tmp_path / "m.npz")
    with pytest.raises(ModelFileError, match="another model"):
        load(tmp_path / "m.npz", into=MLP(2, [3, 1]))
    with pytest.raises(ModelFileError, match=r"shape \(3,\) in this model"):
        load(tmp_path / "m.npz", into=MLP(3, [4, 1]))


def test_no_file_is_the_systems_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.npz")


# -- atomic writing --------------------------------------------------------------------------


def test_a_failing_disk_leaves_the_old_file_and_no_litter(saved, monkeypatch):
    good = saved.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(MLP(2, [3, 1], seed=9), saved)
    assert saved.read_bytes() == good
    assert os.listdir(saved.parent) == [saved.name]


def test_saving_keeps_the_mode_and_the_link(saved):
    saved.chmod(0o640)
    link = saved.with_name("link.npz")
    link.symlink_to(saved)
    save(MLP(2, [3, 1], seed=9), link)
    assert link.is_symlink()
    assert saved.stat().st_mode & 0o777 == 0o640
    assert numbers(load(saved)) == numbers(MLP(2, [3, 1], seed=9))


def test_saving_twice_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save(MLP(2, [3, 1], seed=1), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


SAVE_FOREVER = """
import sys
from autograd_nn import MLP
from autograd_nn.saving import save
models = [MLP(2, [16, 1], seed=seed) for seed in (0, 1)]
save(models[0], sys.argv[1])
print("started", flush=True)
while True:
    for model in models:
        save(model, sys.argv[1])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_killed_save_leaves_one_whole_version(tmp_path):
    # Five by default; AUTOGRAD_NN_KILLS=200 for the long run.
    path = tmp_path / "m.npz"
    whole = [numbers(MLP(2, [16, 1], seed=seed)) for seed in (0, 1)]
    rng = random.Random(0)
    kills = int(os.environ.get("AUTOGRAD_NN_KILLS", "5"))
    for _ in range(kills):
        root = Path(autograd_nn.__file__).parent.parent
        process = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOREVER, str(path)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(root)},
        )
        with process:
            assert process.stdout.readline() == b"started\n"
            deadline = time.perf_counter() + rng.uniform(0.0, 0.02)
            while time.perf_counter() < deadline:
                pass
            process.kill()
        assert numbers(load(path)) in whole
