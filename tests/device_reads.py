"""Tell where a program would wait for a GPU, on a machine that has none."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import rankdistill.kernels
import rankdistill.stacks

_SHAPED_BY_VALUES = {
    *("bincount", "equal", "histc", "masked_select", "multinomial", "nonzero"),
    *("_unique", "_unique2", "unique_consecutive", "unique_dim", "_local_scalar_dense"),
}
"""Operations whose result, or its shape, a program learns from the values of a tensor."""
_READS = (Tensor.cpu, Tensor.numpy, Tensor.tolist)
_MADE_OF_NUMBERS = (torch.tensor, torch.as_tensor, torch.from_numpy, Tensor.new_tensor)


def pretend_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program take the ways of a GPU, on tensors of the CPU."""
    for room in (rankdistill.kernels, rankdistill.stacks):
        for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            module = importlib.import_module(found.name)
            for name, answer in (("on_cpu", False), ("starts_slowly", True)):
                if hasattr(module, name):
                    monkeypatch.setattr(module, name, lambda _, answer=answer: answer)


class DeviceReads(ExitStack):
    """Counts copies between the host and a GPU while it is entered, as if there were one.

    All tensors pass for those of the GPU, but for copies made by ``Tensor.cpu``, tensors made of
    numbers without a device, and what is computed of these alone.

    Attributes:
        found: What each copy came from.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._of_host: dict[int, Any] = {}

    def __enter__(self) -> DeviceReads:
        super().__enter__()
        self.enter_context(_Operations(self))
        self.enter_context(_Calls(self))
        return self

    def are_of_host(self, values: Any) -> bool:
        """Whether there are tensors, and all of them lie on the host."""
        tensors = [each for each in tree_leaves(values) if isinstance(each, Tensor)]
        return bool(tensors) and all(_place(each) in self._of_host for each in tensors)

    def take_for_host(self, values: Any) -> None:
        """Take tensors for such of the host from now on."""
        for each in tree_leaves(values):
            if isinstance(each, Tensor):
                self._of_host[_place(each)] = each.untyped_storage()  # keeps the place its own


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


class _Operations(TorchDispatchMode):
    """Sees all operations, those of libraries and of backward passes among them."""

    def __init__(self, reads: DeviceReads):
        super().__init__()
        self._reads = reads

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        is_of_host = self._reads.are_of_host((args, kwargs))
        if not is_of_host and _waits(func.__name__.split(".")[0], args, kwargs):
            self._reads.found.append(func.__name__)
        result = func(*args, **kwargs)
        if is_of_host:
            self._reads.take_for_host(result)
        return result


def _waits(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    if name == "repeat_interleave":
        return kwargs.get("output_size") is None
    if name in {"index", "index_put", "index_put_", "_index_put_impl_"}:
        return any(each is not None and each.dtype == torch.bool for each in args[1])
    return name in _SHAPED_BY_VALUES


class _Calls(TorchFunctionMode):
    """Sees calls that leave no trace among the operations of a CPU."""

    def __init__(self, reads: DeviceReads):
        super().__init__()
        self._reads = reads

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _READS and not self._reads.are_of_host(args):
            self._reads.found.append(func.__name__)
        result = func(*args, **kwargs)
        if func is Tensor.cpu:
            result = result.clone()
            self._reads.take_for_host(result)
        if func in _MADE_OF_NUMBERS:
            if kwargs.get("device") is None and func is not Tensor.new_tensor:
                self._reads.take_for_host(result)
            else:
                self._reads.found.append(func.__name__)
        return result
