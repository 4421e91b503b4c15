"""TensorBoard, where it is installed."""


def find_writer() -> type:
    """The class `SummaryWriter` of TensorBoard. ValueError if that is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ValueError(
            "tensorboard is not installed: leave it out, or `pip install tensorboard`"
        ) from None
    return SummaryWriter
