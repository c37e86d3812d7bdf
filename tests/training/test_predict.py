"""``predict`` and ``evaluate``: input that does not fit is named before the model runs."""

import pytest

from autograd_nn import MLP
from autograd_nn.training import evaluate, predict


def test_predict_and_evaluate_check_their_input_too():
    model = MLP(2, [1], seed=0)
    with pytest.raises(ValueError, match="reshape"):
        predict(model, [1.0, 2.0])
    with pytest.raises(ValueError, match="expects 2 inputs"):
        predict(model, [[1.0]])
    with pytest.raises(ValueError, match="has 1 rows but y has 2"):
        evaluate(model, [[1.0, 2.0]], [1.0, 2.0])
