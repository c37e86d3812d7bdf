"""The twenty most common lines of PyTorch's and of Keras's quickstart, by changed imports.

Where a line needed more than an import and a name or two, its user would look elsewhere.  Each
entry is a line as the quickstart has it, and the line that runs here; both are run in order.
"""

import numpy as np
import pytest

from autograd_nn import Value, evaluate, fit, functions, losses, no_grad, optim, predict, saving
from autograd_nn import nn as nn_here
from autograd_nn.keras import Input, Sequential, layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 6))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)

#: PyTorch's line, and ours.  The same text means that only imports change.
PYTORCH = [
    ("class NeuralNetwork(nn.Module): ...  # with forward", """
class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(6, 16),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(16, 3),
        )

    def forward(self, x):
        logits = self.linear_relu_stack(x)
        return logits
"""),
    ("model = NeuralNetwork().to(device)", "model = NeuralNetwork()"),
    ("print(model)", "print(model)"),
    ("loss_fn = nn.CrossEntropyLoss()", "loss_fn = nn.CrossEntropyLoss()"),
    ("optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)",
     "optimizer = optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)"),
    ("scheduler = lr_scheduler.StepLR(optimizer, step_size=5)",
     "scheduler = optim.StepLR(optimizer, step_size=5)"),
    ("model.train()", "model.train()"),
    ("pred = model(X)", "pred = model(X)"),
    ("loss = loss_fn(pred, y)", "loss = loss_fn(pred, y)"),
    ("loss.backward()", "loss.backward()"),
    ("nn.utils.clip_grad_norm_(model.parameters(), 1.0)",
     "optim.clip_grad_norm_(model.parameters(), 1.0)"),
    ("optimizer.step()", "optimizer.step()"),
    ("optimizer.zero_grad()", "optimizer.zero_grad()"),
    ("scheduler.step()", "scheduler.step()"),
    ("loss = loss.item()", "loss = loss.data"),
    ("model.eval()", "model.eval()"),
    ("with torch.no_grad(): pred = model(X)", "with no_grad(): pred = model(X)"),
    ("correct = (pred.argmax(1) == y).type(torch.float).sum().item()",
     "correct = (functions.values(pred).argmax(1) == y).sum().item()"),
    ("torch.save(model.state_dict(), 'model.pth')", "saving.save(model, 'model.npz')"),
    ("model.load_state_dict(torch.load('model.pth'))", "saving.load('model.npz', model)"),
    ("model.load_state_dict(other.state_dict())", "model.load_state_dict(model.state_dict())"),
]  # fmt: skip

KERAS = [
    ("model = keras.Sequential([layers.Input((6,)), layers.Dense(16, activation='relu'), "
     "layers.Dropout(0.2), layers.Dense(3)])", "model = Sequential([layers.Input((6,)), "
     "layers.Dense(16, activation='relu'), layers.Dropout(0.2), layers.Dense(3)])"),
    ("model = keras.Sequential()", "model = Sequential()"),
    ("model.add(layers.Flatten())", "model.add(layers.Flatten())"),
    ("model.add(layers.Dense(16, activation='relu'))",
     "model.add(layers.Dense(16, activation='relu'))"),
    ("model.add(layers.Dense(3))", "model.add(layers.Dense(3))"),
    ("predictions = model(x_train[:1]).numpy()",
     "predictions = functions.values(model(x_train[0]))"),
    ("tf.nn.softmax(predictions).numpy()", "functions.softmax(predictions)"),
    ("loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
     "loss_fn = losses.cross_entropy"),
    ("loss_fn(y_train[:1], predictions).numpy()", "loss_fn(y_train[:1], [predictions])"),
    ("model.compile(optimizer='adam', loss=loss_fn, metrics=['accuracy'])",
     "model.compile(optimizer='adam', loss=loss_fn, metrics=['accuracy'])"),
    ("model.compile(optimizer='sgd', loss='sparse_categorical_crossentropy', metrics=['acc'])",
     "model.compile(optimizer='sgd', loss='sparse_categorical_crossentropy', metrics=['acc'])"),
    ("model.summary()", "model.summary()"),
    ("history = model.fit(x_train, y_train, epochs=2)",
     "history = model.fit(x_train, y_train, epochs=2)"),
    ("model.fit(x_train, y_train, batch_size=8, epochs=2, validation_split=0.25, verbose=2)",
     "model.fit(x_train, y_train, batch_size=8, epochs=2, validation_split=0.25, verbose=2)"),
    ("model.fit(x_train, y_train, validation_data=(x_test, y_test), class_weight={0: 1., 1: 2., 2: "
     "1.})", "model.fit(x_train, y_train, validation_data=(x_test, y_test), "
     "class_weight={0: 1., 1: 2., 2: 1.})"),
    ("callback = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)",
     "callback = training.EarlyStopping(patience=3, restore_best_weights=True)"),
    ("model.fit(x_train, y_train, epochs=3, callbacks=[callback])",
     "model.fit(x_train, y_train, epochs=3, callbacks=[callback])"),
    ("history.history['loss']", "history['loss']"),
    ("loss, acc = model.evaluate(x_test, y_test, verbose=2)",
     "loss, acc = model.evaluate(x_test, y_test, verbose=2)"),
    ("model.predict(x_test).argmax(axis=1)", "model.predict(x_test).argmax(axis=1)"),
    ("model.save_weights('w.weights.h5')", "model.save('w.npz')"),
    ("model.load_weights('w.weights.h5')", "model.load('w.npz')"),
]  # fmt: skip


def run(pairs, names):
    for _, ours in pairs:
        exec(ours, names)
    return names


def test_pytorchs_lines_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"nn": nn_here, "optim": optim, "no_grad": no_grad, "functions": functions,
             "saving": saving, "X": X.tolist(), "y": Y.tolist()}  # fmt: skip
    names = run(PYTORCH, names)
    assert len(PYTORCH) >= 20
    assert 0 <= names["correct"] <= 24
    assert names["loss"] > 0.0


def test_keras_lines_run(tmp_path, monkeypatch, capsys):
    from autograd_nn import training

    monkeypatch.chdir(tmp_path)
    names = {"Sequential": Sequential, "layers": layers, "functions": functions,
             "losses": losses, "training": training, "x_train": X, "y_train": Y,
             "x_test": X, "y_test": Y}  # fmt: skip
    names = run(KERAS, names)
    assert len(KERAS) >= 20
    assert len(names["history"]["loss"]) == 2
    assert 0.0 <= names["acc"] <= 1.0
    assert "total" in capsys.readouterr().out


def test_the_functions_do_the_same_for_any_model():
    """What ``model.fit`` is in Keras is ``fit(model, ...)`` here."""
    model = nn_here.Sequential(nn_here.Linear(6, 3, seed=0))
    fit(model, X, Y, loss="cross_entropy", epochs=30, lr=0.1, verbose=0)
    assert evaluate(model, X, Y, loss="cross_entropy", metrics=["acc"])["acc"] > 0.5
    assert predict(model, X).shape == (24, 3)


def test_a_forward_is_recorded_by_the_jit_as_any_function():
    """What it reads must be seen: a recording for another rate would be silently wrong."""
    from autograd_nn import jit

    namespace = {"nn": nn_here, "rate": 2.0, "Value": Value}
    exec("class Net(nn.Module):\n    def forward(self, x):\n        return x * rate\n", namespace)
    fast = jit(namespace["Net"]())
    assert fast(3.0) == 6.0
    namespace["rate"] = 5.0
    assert fast(3.0) == 15.0


def test_lstm_and_embedding_of_keras_learn():
    rows = RNG.integers(0, 5, (40, 4))
    model = Sequential([layers.Embedding(5, 3), layers.LSTM(4), layers.Dense(1)], seed=0)
    model.compile(optimizer="adam", loss="mse", learning_rate=0.05)
    history = model.fit(rows, (rows[:, -1] > 2).astype(float), epochs=15, verbose=0)
    assert history["loss"][-1] < 0.5 * history["loss"][0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: Sequential([layers.Dense(0)]), "units is at least 1"),
        (lambda: Sequential([layers.Dense(1, activation="rely")]), "did you mean 'relu'"),
        (lambda: Sequential([layers.Dense(1)]).fit(X, Y), "call model.compile"),
        (lambda: Sequential([Input((6,)), layers.Dense(1)]).add(1), "is built already"),
    ],
)
def test_what_is_wrong_is_named(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()
