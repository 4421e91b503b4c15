"""What all explorers share: named number fields for sliders, and a region for screen readers."""

from ipywidgets import HTML, BoundedFloatText, BoundedIntText, FloatSlider, IntSlider, Layout, link


def field(
    name: str, slider: IntSlider | FloatSlider, wide: int = 110, words: int = 40
) -> BoundedIntText | BoundedFloatText:
    """A named number field linked to a slider: ipywidgets gives names to fields, not to sliders.

    wide: the width of the field in pixels, of which `words` are for the name
    """
    whole = isinstance(slider, IntSlider)
    kind = BoundedIntText if whole else BoundedFloatText
    limits = {"min": slider.min, "max": slider.max, "step": slider.step}
    field = kind(slider.value, description=name, **limits)
    field.layout.width, field.style.description_width = f"{wide}px", f"{words}px"
    # A slider's steps are not exact in binary: 0.9500000000000001.
    link((slider, "value"), (field, "value"), transform=(lambda x: round(x, 2), lambda x: x))
    return field


def live_region(style: str, name: str) -> HTML:
    """A style sheet, and a region that has a screen reader announce the element with this id.

    An HTML widget replaces its content when it changes, and a screen reader announces changes only
    in a region that stays, as this one does.
    """
    region = f'<div aria-live="polite" aria-owns="{name}"></div>'
    return HTML(style + region, layout=Layout(height="0", margin="0"))
