"""autograd_nn: scalar autodiff that you can read, draw, check and run fast."""

from autograd_nn.contexts import AnomalyError
from autograd_nn.engine import Value
from autograd_nn.recording import detect_anomaly, no_grad, scope
