"""Both rankers, small and untrained, and a short training."""

from __future__ import annotations

import pytorch_lightning as pl
import torch
from tests.cascade.networks.made_networks import DEEP_CROSS, MULTI_INTEREST

from rankdistill.cascade.data.examples_datamodule import ExamplesDataModule
from rankdistill.cascade.data.tasks import TASKS
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.modules.final_ranker import FinalRanker

LABELS = "rankdistill.cascade.networks.teacher_labels"
FORMS = {
    "none": {"_target_": f"{LABELS}.NoTeacher"},
    "auxiliary": {"_target_": f"{LABELS}.AuxiliaryHeads", "weight": 5.0},
    "shared": {"_target_": f"{LABELS}.SharedEstimate", "weight": 5.0},
    "cut": {
        "_target_": "rankdistill.cascade.networks.learned_cut.LearnedCut",
        "weight": 5.0,
        "cut_weight": 0.3,
        "temperature": 1.0,
        "penalty": "log",
    },
}
NETWORKS = "rankdistill.cascade.networks"


def settings(data, network, **changed):
    return {
        "network": network,
        "vocabulary": data.vocabulary._asdict(),
        "learning_rate": 0.02,
        "weight_decay": 0.001,
        "batch_size": 8,
        "decay_epochs": None,
        "seed": 0,
        "tasks": list(TASKS),
        "data": {
            "fingerprint": data.fingerprint,
            "split_fingerprint": "made",
            "split_seed": 0,
            "config": {"data": {}, "split": {}},
        },
        **changed,
    }


def final_ranker(data, **changed):
    torch.manual_seed(0)
    network = {"_target_": f"{NETWORKS}.deep_cross.DeepCross", **DEEP_CROSS}
    return FinalRanker(**settings(data, network, **changed), further={"items": data.items})


def early_ranker(data, form, **changed):
    torch.manual_seed(0)
    network = {"_target_": f"{NETWORKS}.multi_interest.MultiInterest", **MULTI_INTEREST}
    aim = {"value": [1.0] * len(TASKS), "top_k": 5, "kept": 10}
    return EarlyRanker(FORMS[form], aim, **settings(data, network, **changed))


def rankers(data):
    return {"final": final_ranker(data), **{form: early_ranker(data, form) for form in FORMS}}


def with_log(examples, share=1.0):
    generator = torch.Generator().manual_seed(0)
    teacher = torch.rand(examples.labels.shape, generator=generator)
    weights = (torch.rand(len(examples), generator=generator) <= share).float()
    return examples.with_teacher(torch.where(weights[:, None] > 0, teacher, torch.nan), weights)


def fit(module, data, epochs, folder, **more):
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=1000,
        default_root_dir=folder,
        **more,
    )
    examples = {name: with_log(each, share=0.5) for name, each in data.examples.items()}
    trainer.fit(module, datamodule=ExamplesDataModule(examples["train"], examples["validation"]))
    return trainer


@torch.no_grad()
def inference(module, batch):
    return module.losses(batch)


@torch.no_grad()
def inference_logits(module, batch):
    return module.logits(batch)
