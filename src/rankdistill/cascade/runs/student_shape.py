"""What a student and its measures depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.logged_requests import LoggedRequests
from rankdistill.cascade.runs.final_ranker_store import final_ranker_shape
from rankdistill.runs.trained_on import without_places
from rankdistill.runs.trainer import shaping_settings

STUDENT_FORMAT = 1


def student_shape(
    cfg: CascadeConfig,
    data: CascadeData,
    student: str,
    log_changes: Mapping[str, Any],
    whole: bool,
) -> str:
    """Sixteen hexadecimal digits over everything that shapes a student and its measures.

    Args:
        cfg: The configuration of the seed.
        data: Requests, features and impressions.
        student: Name of its form.
        log_changes: Settings of logging that differ from the main ones.
        whole: Whether more than the cut is measured.
    """
    of_log = {
        "final_ranker": final_ranker_shape(cfg, data),
        "log": {**cfg.log.node, **log_changes},
        "value": cfg.value,
        "whole": whole,
    }
    return _digits(cfg, student, of_log)


def log_student_shape(cfg: CascadeConfig, data: LoggedRequests, student: str) -> str:
    """Sixteen hexadecimal digits over everything that shapes a student of a request log.

    Args:
        cfg: The configuration of the seed.
        data: The log.
        student: Name of its form.
    """
    of_log = {
        "log": data.table.fingerprint,
        "data": without_places(cfg.data.node),
        "split": cfg.split.node,
        "seed": asdict(cfg.seed),
        "storage": asdict(cfg.storage),
        "trainer": shaping_settings(cfg.trainer),
    }
    return _digits(cfg, student, of_log)


def _digits(cfg: CascadeConfig, student: str, of_log: Mapping[str, Any]) -> str:
    node = cfg.early_ranker
    content = {
        "format": STUDENT_FORMAT,
        "early_ranker": {"network": node.network.node, "training": asdict(node.training)},
        "form": cfg.students[student].node,
        "evaluation": asdict(cfg.evaluation),
        **of_log,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
