"""What a figure must satisfy in print: text that can be read, that nothing covers, in panels that are large enough.

Contents
--------
small_texts, overlaps, small_panels
    What is wrong with a figure that is laid out, each as a list.
"""

from itertools import combinations

from matplotlib.text import Text

SMALLEST_TEXT = 4.9  # points: PNAS asks for 6, indices and exponents are smaller
SMALLEST_SIDE = 18  # millimetres, of a panel
TOUCHING = 1.0, 1.5  # points by which boxes of text may overlap: they are larger than the ink


def drawn_texts(figure):
    """The texts that are drawn: ticks beyond the ends of an axis have texts that are not."""
    hidden = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_transform().transform(axis.get_view_interval()))
            slack = 1e-9 * (high - low)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low - slack <= axis.get_transform().transform(tick.get_loc()) <= high + slack:
                    hidden |= {tick.label1, tick.label2}
    texts = figure.findobj(Text)
    return [text for text in texts if text.get_visible() and text.get_text().strip() and text not in hidden]


def small_texts(figure):
    """Texts whose letters are too small."""
    return [text.get_text() for text in drawn_texts(figure) if text.get_fontsize() < SMALLEST_TEXT]


def overlaps(figure):
    """Pairs of texts that cover each other."""
    renderer = figure.canvas.get_renderer()
    point = figure.dpi / 72
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in drawn_texts(figure)]
    found = []
    for (one, a), (other, b) in combinations(boxes, 2):
        width = min(a.x1, b.x1) - max(a.x0, b.x0)
        height = min(a.y1, b.y1) - max(a.y0, b.y0)
        if width > TOUCHING[0] * point and height > TOUCHING[1] * point:
            found.append((one, other))
    return found


def small_panels(figure):
    """Letters and sizes in millimetres of panels one of whose sides is too short."""
    millimetre = figure.dpi / 25.4
    sizes = {ax.get_title(loc="left"): (ax.bbox.width / millimetre, ax.bbox.height / millimetre) for ax in figure.axes}
    return [(letter, size) for letter, size in sizes.items() if letter and min(size) < SMALLEST_SIDE]
