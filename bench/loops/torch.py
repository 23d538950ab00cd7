"""torch by hand: fresh leaves each step, gradients by `autograd.grad`, one fused update in place."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from kcompat.bench.loops.loop import BETA_1, BETA_2, EPSILON, Loop, corrected_rate
from kcompat.bench.workloads import Workload


def ways(workload: Workload, device: str) -> dict[str, Callable[[], Loop]]:
    """The loops that train a workload, by name."""
    families: dict[str, dict[str, type[Eager]]] = {
        "mlp": {"own gradient, TorchScript": Scripted, "own gradient": Flat, "autograd": Perceptron},
        "cnn": {"channels last": Convolutional},
        "lstm": {"torch.lstm": Recurrent},
    }
    found = families.get(workload.family, {})
    return {name: functools.partial(loop, workload.weights(), device) for name, loop in found.items()}


def dense_gradient(
    params: list[torch.Tensor], x: torch.Tensor, labels: torch.Tensor, loss: torch.Tensor, right: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    """Of dense layers with relu: the logs with this batch added, and the gradients."""
    inputs, last = [x], len(params) - 2
    for i in range(0, last, 2):
        inputs.append(torch.addmm(params[i + 1], inputs[-1], params[i]).relu_())
    z = torch.addmm(params[last + 1], inputs[-1], params[last])
    log_p = torch.log_softmax(z, -1)
    picked = labels.unsqueeze(1)
    loss = loss - log_p.gather(1, picked).mean()
    right = right + (z.argmax(-1) == labels).sum()
    d = log_p.exp_()
    d.scatter_add_(1, picked, torch.full_like(picked, -1, dtype=d.dtype))
    d.div_(d.shape[0])
    grads: list[torch.Tensor] = []
    for k in range(len(params) // 2):
        i = last - 2 * k
        grads.append(d.sum(0))
        grads.append(inputs[i // 2].t().mm(d))
        if i > 0:
            d = torch.ops.aten.threshold_backward(d.mm(params[i].t()), inputs[i // 2], 0)
    grads.reverse()
    return loss, right, grads


class Eager(Loop):
    """Subclasses say what the parameters are in torch's layouts, and compute the logits."""

    def __init__(self, weights: list[np.ndarray], device: str = "cpu"):
        self.device = device
        self.params = [self.parameter(w) for w in self.own_layout(weights)]
        self.m, self.v = ([torch.zeros_like(w) for w in self.params] for _ in range(2))
        # A step number this large turns torch's own bias corrections off: its epsilon is added elsewhere than Keras's.
        self.steps = [torch.tensor(1e9, device=device) for _ in self.params]
        self.t = 0
        self.loss, self.right = torch.zeros((), device=device), torch.zeros((), device=device)

    def tensor(self, x: np.ndarray) -> torch.Tensor:
        """A batch on the device."""
        return torch.from_numpy(x).to(self.device)

    def parameter(self, w: np.ndarray) -> torch.Tensor:
        """A weight on the device, in the memory format of its gradient: the fused update reads both in order."""
        format_ = torch.channels_last if w.ndim == 4 else torch.contiguous_format
        return torch.tensor(w, device=self.device).contiguous(memory_format=format_)

    @staticmethod
    def own_layout(weights: list[np.ndarray]) -> list[np.ndarray]:
        """Keras's weights as this network keeps them."""
        return weights

    def network(self, params: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """The logits."""
        raise NotImplementedError

    def run(self, x: np.ndarray, y: np.ndarray) -> None:
        labels = self.tensor(y).long()
        leaves = [w.detach().requires_grad_() for w in self.params]
        z = self.network(leaves, self.tensor(x))
        loss = F.cross_entropy(z, labels)
        self.adam(torch.autograd.grad(loss, leaves))
        with torch.no_grad():
            self.add(loss, z, labels)

    def adam(self, grads: Any) -> None:
        """One update of all parameters."""
        self.t += 1
        with torch.no_grad():
            torch._fused_adam_(
                self.params,
                list(grads),
                self.m,
                self.v,
                [],
                self.steps,
                lr=corrected_rate(self.t),
                beta1=BETA_1,
                beta2=BETA_2,
                weight_decay=0.0,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
            )

    def add(self, loss: torch.Tensor, z: torch.Tensor, labels: torch.Tensor) -> None:
        """Add a batch to the logs."""
        self.loss += loss
        self.right += (z.argmax(-1) == labels).sum()

    @torch.inference_mode()
    def test(self, x: np.ndarray, y: np.ndarray) -> None:
        labels = self.tensor(y).long()
        z = self.network(self.params, self.tensor(x))
        self.add(F.cross_entropy(z, labels), z, labels)

    @torch.inference_mode()
    def forward(self, x: np.ndarray) -> Any:
        return self.network(self.params, self.tensor(x))

    def predict(self, x: np.ndarray, batch: int) -> np.ndarray:
        parts = [self.forward(x[start : start + batch]) for start in range(0, len(x), batch)]
        return torch.cat(parts).cpu().numpy()

    def logs(self) -> tuple[float, float]:
        found = self.loss.item(), self.right.item()
        self.loss, self.right = torch.zeros_like(self.loss), torch.zeros_like(self.right)
        return found


class Perceptron(Eager):
    """Dense layers with relu."""

    def network(self, params: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        for i in range(0, len(params), 2):
            x = torch.addmm(params[i + 1], x, params[i])
            if i < len(params) - 2:
                x = x.relu()
        return x


class Flat(Perceptron):
    """The same without autograd: its gradient is written out."""

    gradient: Callable[..., Any] = staticmethod(dense_gradient)

    @torch.no_grad()
    def run(self, x: np.ndarray, y: np.ndarray) -> None:
        self.loss, self.right, grads = self.gradient(
            self.params, self.tensor(x), self.tensor(y).long(), self.loss, self.right
        )
        self.adam(grads)


class Scripted(Flat):
    """The same in torch's own interpreter, which calls its operators sooner than Python does."""

    def __init__(self, weights: list[np.ndarray], device: str = "cpu"):
        super().__init__(weights, device)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecated, and still the fastest without a compiler
            self.gradient = torch.jit.script(dense_gradient)


class Convolutional(Eager):
    """conv, pool, conv, pool, dense, dense; channels last by strides alone."""

    @staticmethod
    def own_layout(weights: list[np.ndarray]) -> list[np.ndarray]:
        """See `Eager.own_layout`: kernels `(filters, channels, height, width)`."""
        return [w.transpose(3, 2, 0, 1) if w.ndim == 4 else w for w in weights]

    def network(self, params: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        k1, b1, k2, b2, w3, b3, w4, b4 = params
        x = x.permute(0, 3, 1, 2)
        for kernel, bias in ((k1, b1), (k2, b2)):
            x = F.max_pool2d(F.conv2d(x, kernel, bias).relu(), 2)
        x = torch.addmm(b3, x.permute(0, 2, 3, 1).reshape(len(x), -1), w3).relu()
        return torch.addmm(b4, x, w4)


class Recurrent(Eager):
    """torch's own LSTM, and a dense layer."""

    @staticmethod
    def own_layout(weights: list[np.ndarray]) -> list[np.ndarray]:
        """See `Eager.own_layout`: transposed kernels and two biases, of which one is constant."""
        kernel, recurrent, bias, w, b = weights
        return [kernel.T, recurrent.T, bias, w, b]

    def network(self, params: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        kernel, recurrent, bias, w, b = params
        zeros = x.new_zeros(1, len(x), recurrent.shape[1])
        both = [kernel, recurrent, bias, torch.zeros_like(bias)]
        _, h, _ = torch.lstm(x, (zeros, zeros), both, True, 1, 0.0, True, False, True)
        return torch.addmm(b, h[0], w)
