"""What all explorers have: sliders with numbers that have names, and a sentence that is told."""

from ipywidgets import HTML, BoundedFloatText, BoundedIntText, FloatSlider, IntSlider, Layout, link


def field(
    name: str, slider: IntSlider | FloatSlider, wide: int = 110, words: int = 40
) -> BoundedIntText | BoundedFloatText:
    """The number of a slider, and its name: ipywidgets gives names to fields, not to sliders.

    wide: pixels, of which so many are for the words
    """
    whole = isinstance(slider, IntSlider)
    kind = BoundedIntText if whole else BoundedFloatText
    limits = {"min": slider.min, "max": slider.max, "step": slider.step}
    field = kind(slider.value, description=name, **limits)
    field.layout.width, field.style.description_width = f"{wide}px", f"{words}px"
    # A slider counts its steps in binary, up to 0.9500000000000001.
    link((slider, "value"), (field, "value"), transform=(lambda x: round(x, 2), lambda x: x))
    return field


def live_region(style: str, name: str) -> HTML:
    """A style for all, and an element that has a screen reader tell what has this id.

    An HTML widget makes its content anew when it changes, and a screen reader tells the changes of
    a region that stays: of this one.
    """
    region = f'<div aria-live="polite" aria-owns="{name}"></div>'
    return HTML(style + region, layout=Layout(height="0", margin="0"))
