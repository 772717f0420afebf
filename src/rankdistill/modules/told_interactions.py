"""Tell networks what users have had: no checkpoint holds it."""

from __future__ import annotations

from functools import partial

from torch import nn

from rankdistill.backbones.interface import ReadsPrefixes, RemembersOrder, give_histories
from rankdistill.backbones.prefixes import Prefixes
from rankdistill.data.interactions import Interactions
from rankdistill.data.item_order import sequences_of
from rankdistill.draws.draws import Draws


def tell_interactions(
    network: nn.Module,
    interactions: Interactions,
    draws: Draws | None = None,
    latest: Interactions | None = None,
) -> None:
    """Let a network, or the members of one, remember interactions.

    Args:
        network: The network.
        interactions: What it was trained on.
        draws: Source of what is drawn in training, on their device; None: never trained.
        latest: What a network that reads items in order is told in their place: validation items
            too, where the next item after these is ranked. None: the training items.
    """
    give_histories(network, interactions.user_ids, interactions.item_ids, draws)
    for module in network.modules():
        if isinstance(module, ReadsPrefixes):
            module.remember_prefixes(Prefixes(partial(sequences_of, interactions)))
    readers = [module for module in network.modules() if isinstance(module, RemembersOrder)]
    if readers:
        sequences = sequences_of(interactions if latest is None else latest)
        for reader in readers:
            reader.remember_order(sequences, draws)
