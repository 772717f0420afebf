"""What a step learns, with or without autograd, is the gradient of its losses."""

import pytest
import torch
from tests.modules.test_precision import METHODS, configured
from tests.running import small_datamodule

from rankdistill.runs.models import make_model, make_teacher
from rankdistill.runs.trainer import make_trainer


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def prepared(cfg, datamodule, folder):
    """A distilled student after an epoch, the generator that it draws from, and some batches."""
    torch.manual_seed(0)
    module = make_model(cfg, datamodule, make_teacher(cfg, datamodule).backbone)
    monitor = cfg.evaluation.monitor
    make_trainer(cfg.trainer, monitor, folder, "model").fit(module, datamodule=datamodule)
    generator, train = torch.Generator().manual_seed(0), datamodule.split.train
    module.prepare(train, generator)
    module.on_train_epoch_start()
    batches = module.batches(train, 300, generator)
    return module, generator, module.objective.completed(list(batches))


def found(step, module, generator, batches):
    """Losses and gradients of each batch, with the same draws."""
    generator.manual_seed(1)
    outcomes = []
    for scores, batch in zip(module.views(batches), batches, strict=True):
        module.zero_grad()
        losses = step(scores, batch)
        scores.backward(losses["loss"])
        gradients = [each.grad for each in module.parameters()]
        outcomes.append([{name: each.detach() for name, each in losses.items()}, gradients])
    return outcomes


@pytest.mark.parametrize("backbone", ["matrix_factorization", "lightgcn"])
@pytest.mark.parametrize("ranking_loss", ["bpr", "softmax"])
@pytest.mark.parametrize("method", METHODS)
def test_a_step_learns_the_gradient_of_its_losses(
    method, ranking_loss, backbone, datamodule, tmp_path
):
    chosen = (f"ranking_loss={ranking_loss}", f"backbone={backbone}", "trainer.max_epochs=1")
    cfg = configured(method, *chosen, "backbone@teacher=matrix_factorization")
    module, *given = prepared(cfg, datamodule, tmp_path)
    outcomes = [found(step, module, *given) for step in (module.learn, module.losses)]
    torch.testing.assert_close(*outcomes, rtol=1e-4, atol=1e-6)


def test_a_step_of_ranking_distillation_on_pairs_needs_no_autograd(datamodule, tmp_path):
    cfg = configured("ranking", "ranking_loss=bpr", "distillation.alpha=0.3")
    module, _, batches = prepared(cfg, datamodule, tmp_path)
    scores = next(module.views(batches))
    assert not module.learn(scores, batches[0])["loss"].requires_grad
    assert module.losses(scores, batches[0])["loss"].requires_grad
