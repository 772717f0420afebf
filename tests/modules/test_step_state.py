import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.modules.step_state import StepState


def test_a_step_is_undone_by_putting_back_what_it_changed():
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer, draws = torch.optim.Adam([weight], fused=True), seeded_draws()

    def step():
        weight.grad = draws.uniform((3,))
        optimizer.step()

    step()
    state = StepState.of(optimizer, draws)
    before = state.copied()
    step()
    after = state.copied()
    assert all(
        not torch.equal(one, other)
        for parts in zip(before, after, strict=True)
        for one, other in zip(*parts, strict=True)
    )
    state.put(before)
    step()
    for parts in zip(state, after, strict=True):
        assert all(map(torch.equal, *parts))
