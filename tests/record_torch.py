"""Writes ``torch_numbers.json``: trajectories, rates and losses of PyTorch, to compare ours with.

Run once, with PyTorch 2.13.0 installed (``pip install torch==2.13.0``):

    python tests/record_torch.py
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.optim import lr_scheduler

torch.set_default_dtype(torch.float64)
#: As ``tests/test_optim.py`` makes ours, from the same text.
OPTIMIZERS = [
    "RMSprop(lr=0.02)",
    "RMSprop(lr=0.02, alpha=0.9, momentum=0.8, weight_decay=0.01)",
    "RMSprop(lr=0.02, centered=True, eps=1e-6)",
    "Adagrad(lr=0.3)",
    "Adagrad(lr=0.3, lr_decay=0.05, weight_decay=0.01, initial_accumulator_value=0.1, eps=1e-6)",
]
ONE_CYCLES = [
    {"max_lr": 0.3, "total_steps": 20},
    {"max_lr": 0.1, "total_steps": 7, "pct_start": 0.5, "div_factor": 10.0,
     "final_div_factor": 100.0},
]  # fmt: skip
PLATEAUS = [
    {"patience": 1},
    {"patience": 0, "factor": 0.5, "cooldown": 2, "min_lr": 0.05},
    {"mode": "max", "patience": 1, "threshold": 0.1},
]
WATCHED = [3.0, 2.0, 2.0, 2.0, 2.0, 1.9, 1.9, 1.9, 1.89, 1.89, 1.89, 1.0, 1.0, 1.0, 1.0, 1.0]


def trajectory(text):
    x = torch.tensor([1.0, -0.5, 0.25], requires_grad=True)
    optimizer = eval("torch.optim." + text.replace("(", "([x], ", 1))
    seen = {}
    for k in range(100):
        optimizer.zero_grad()
        a, b, c = x
        loss = (a - 3) ** 2 * 0.5 + (a * b - 1) ** 2 + torch.sin(c + 0.1 * k) + 0.05 * c**4
        loss.backward()
        optimizer.step()
        seen[k + 1] = x.tolist()
    return {k: seen[k] for k in (1, 2, 3, 10, 50, 100)}


def optimizer():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)


def one_cycle(settings):
    sgd = optimizer()
    schedule = lr_scheduler.OneCycleLR(sgd, cycle_momentum=False, **settings)
    rates = []
    for k in range(settings["total_steps"]):
        rates.append(sgd.param_groups[0]["lr"])
        if k + 1 < settings["total_steps"]:
            sgd.step()
            schedule.step()
    return rates


def plateau(settings):
    sgd = optimizer()
    schedule = lr_scheduler.ReduceLROnPlateau(sgd, **settings)
    rates = []
    for x in WATCHED:
        schedule.step(x)
        rates.append(sgd.param_groups[0]["lr"])
    return rates


def of_loss(make, target, pred):
    pred = pred.clone().requires_grad_()
    loss = make(pred, target)
    loss.backward()
    return {"true": target.tolist(), "pred": pred.tolist(), "value": loss.item(),
            "slopes": pred.grad.tolist()}  # fmt: skip


def losses():
    numbers, pred = torch.randn(8), 2 * torch.randn(8)
    classes, logits = torch.randint(0, 4, (8,)), torch.randn(8, 4)
    log_shares, shares = torch.log_softmax(logits, 1), torch.softmax(torch.randn(8, 4), 1)
    shares[0, 0] = 0.0
    weights = torch.tensor([0.5, 2.0, 1.0, 3.0])
    return {
        "huber": of_loss(nn.HuberLoss(), numbers, pred),
        "huber delta": of_loss(nn.HuberLoss(delta=0.4), numbers, pred),
        "negative_log_likelihood": of_loss(nn.NLLLoss(), classes, log_shares),
        "negative_log_likelihood weights": of_loss(nn.NLLLoss(weights), classes, log_shares),
        "cross_entropy weights": of_loss(nn.CrossEntropyLoss(weights), classes, logits),
        "kl_divergence": of_loss(nn.KLDivLoss(reduction="batchmean"), shares, log_shares),
    }


if __name__ == "__main__":
    torch.manual_seed(0)
    found = {
        "torch": torch.__version__,
        "trajectories": {text: trajectory(text) for text in OPTIMIZERS},
        "one cycle": [{"settings": s, "rates": one_cycle(s)} for s in ONE_CYCLES],
        "watched": WATCHED,
        "plateau": [{"settings": s, "rates": plateau(s)} for s in PLATEAUS],
        "losses": losses(),
    }
    path = Path(__file__).with_name("torch_numbers.json")
    path.write_text(json.dumps(found) + "\n", encoding="utf-8")
