import pytest
import torch
import torch.nn.functional as F

from rankdistill.backbones.window_convolutions import ACTIVATIONS, WindowConvolutions

LENGTH, DIM, VERTICAL, HORIZONTAL = 4, 3, 2, 5


def made(activation="relu"):
    torch.manual_seed(0)
    return WindowConvolutions(LENGTH, DIM, VERTICAL, HORIZONTAL, activation).double()


def by_conv2d(network, window, activation):
    """The filters of one window, by PyTorch's convolutions."""
    image = window[None, None]
    weights = network.vertical.weight[:, None, :, None]
    sums = F.conv2d(image, weights, network.vertical.bias)[0, :, 0].t().flatten()
    values = [sums]
    for height, linear in enumerate(network.horizontal, start=1):
        weights = linear.weight.view(HORIZONTAL, 1, height, DIM)
        at_places = activation(F.conv2d(image, weights, linear.bias)[0, :, :, 0])
        values.append(F.max_pool1d(at_places[None], LENGTH - height + 1)[0, :, 0])
    return torch.cat(values)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_it_is_what_convolutions_give_window_by_window(name):
    network, windows = made(name), torch.randn(6, LENGTH, DIM, dtype=torch.float64)
    wanted = [by_conv2d(network, window, ACTIVATIONS[name]()) for window in windows]
    torch.testing.assert_close(network(windows), torch.stack(wanted))


def test_gradients_are_those_of_convolutions():
    network, windows = made(), torch.randn(6, LENGTH, DIM, dtype=torch.float64)
    names = [name for name, _ in network.named_parameters()]
    weights = torch.randn(6, network.width, dtype=torch.float64)
    ours = torch.autograd.grad((network(windows) * weights).sum(), list(network.parameters()))
    values = torch.stack([by_conv2d(network, window, F.relu) for window in windows])
    theirs = torch.autograd.grad((values * weights).sum(), list(network.parameters()))
    for name, one, other in zip(names, ours, theirs, strict=True):
        torch.testing.assert_close(one, other, msg=lambda text, name=name: f"{name}: {text}")


def test_a_window_of_two_items_is_worked_by_hand():
    network = WindowConvolutions(2, 1, 1, 1, "relu")
    with torch.no_grad():
        network.vertical.weight.copy_(torch.tensor([[2.0, 3.0]]))
        network.vertical.bias.fill_(0.5)
        network.horizontal[0].weight.fill_(10.0)
        network.horizontal[0].bias.fill_(1.0)
        network.horizontal[1].weight.copy_(torch.tensor([[1.0, -4.0]]))
        network.horizontal[1].bias.fill_(0.0)
    window = torch.tensor([[[1.0], [2.0]]])
    torch.testing.assert_close(network(window), torch.tensor([[8.5, 21.0, 0.0]]))


def test_weights_are_counted_by_hand():
    vertical = VERTICAL * (LENGTH + 1)
    horizontal = sum(HORIZONTAL * (height * DIM + 1) for height in (1, 2, 3, 4))
    assert sum(weight.numel() for weight in made().parameters()) == vertical + horizontal
    assert made().width == VERTICAL * DIM + HORIZONTAL * LENGTH


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_activation_falls(name):
    assert bool((ACTIVATIONS[name]()(torch.linspace(-4, 4, 41)).diff() >= 0).all())
