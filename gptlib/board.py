"""TensorBoard, where it is installed."""


def find_writer() -> type:
    """The class `SummaryWriter` of TensorBoard. ValueError if that is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ValueError(
            "tensorboard is not installed: `pip install tensorboard`, or leave --tensorboard out"
        ) from None
    return SummaryWriter
