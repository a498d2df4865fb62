"""What the witness keeps of a student's own network while it is trained, and how an optimizer was set."""

from __future__ import annotations

import pytest
from watched import watch

TRAINED = """
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(1, 1, 3, padding=1)
    def forward(self, x, t):
        return self.layer(x) * t.view(-1, 1, 1, 1)
net = Net()
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4)
x, t = torch.randn(80, 1, 8, 8), torch.arange(80) / 8
for _ in range(6):
    optimizer.zero_grad()
    F.mse_loss(net(x, t=t), x).backward()
    optimizer.step()
with torch.no_grad():
    net(x, t)
"""


@pytest.fixture(scope="module")
def seen(warm, kit, tmp_path_factory):
    """A network of the student's own, six steps, and one call without gradient."""
    return watch(warm, kit.folder, tmp_path_factory.mktemp("networks"), TRAINED)


def test_the_first_calls_that_train_are_kept_with_their_gradients(seen):
    calls, gradients = seen.facts("own_call"), seen.facts("own_gradient")
    assert [call["call"] for call in calls] == [gradient["call"] for gradient in gradients] == [1, 2, 3, 4]
    for call, gradient in zip(calls, gradients, strict=True):
        assert call["times"] == [n / 8 for n in range(64)]
        sample, prediction = seen.tensor(call["sample"]), seen.tensor(call["prediction"])
        pulled = seen.tensor(gradient["gradient"])
        assert sample.shape == prediction.shape == pulled.shape == (64, 1, 8, 8)
        assert (pulled - 2 * (prediction - sample) / (80 * 64)).abs().max() < 1e-6


def test_an_optimizers_settings_are_told(seen):
    told = seen.fact("optimizer")
    assert told["cls"] == "AdamW"
    assert (told["settings"]["lr"], told["settings"]["betas"]) == ([3e-4], [0.9, 0.999])


def test_nothing_stumbled(seen):
    assert seen.facts("stumble") == []
