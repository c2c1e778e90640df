"""Shapes of the Lottie format, as few as the drawings need. Source: https://lottie.github.io/lottie-spec/."""

import math
import re

# The square that everything is drawn in, as the format of animated stickers has it.
SIDE = 512
# The part of a circle's radius at which a curve of four pieces has its handles.
ROUND = 0.5523


def rounded(value):
    value = round(value, 2)
    return int(value) if value == int(value) else value


def point(x, y):
    return [rounded(x), rounded(y)]


def colour(text):
    return [rounded(int(text[at : at + 2], 16) / 255) for at in (1, 3, 5)] + [1]


def still(value):
    return {"a": 0, "k": value}


def keyed(frames):
    """A value that moves: (frame, value) in order, slow at each end."""
    ease = {"i": {"x": [0.6], "y": [1]}, "o": {"x": [0.4], "y": [0]}}
    lists = [(at, value if isinstance(value, list) else [value]) for at, value in frames]
    return {
        "a": 1,
        "k": [{"t": at, "s": value} | ease for at, value in lists[:-1]] + [{"t": lists[-1][0], "s": lists[-1][1]}],
    }


def moved(position=(0, 0), scale=100, turn=0, opacity=100, around=(0, 0)):
    """A place, a size and a turn; each a value or a list of (frame, value)."""

    def one(value, wide):
        if isinstance(value, list):
            return keyed([(at, wide(value)) for at, value in value])
        return still(wide(value))

    return {
        "a": still(point(*around)),
        "p": one(position, lambda xy: point(*xy)),
        "s": one(scale, lambda by: point(by, by) if not isinstance(by, tuple) else point(*by)),
        "r": one(turn, rounded),
        "o": one(opacity, rounded),
    }


def group(*items, **place):
    """Items in the order in which they are painted; the format has the one on top first."""
    return {"ty": "gr", "it": [*reversed(items), {"ty": "tr"} | moved(**place)]}


def fill(paint):
    """One colour, or two from top to bottom."""
    if isinstance(paint, str):
        return {"ty": "fl", "c": still(colour(paint)), "o": still(100)}
    top, bottom, begin, end = paint
    stops = [0, *colour(top)[:3], 1, *colour(bottom)[:3]]
    return {
        "ty": "gf",
        "t": 1,
        "o": still(100),
        "s": still(point(256, begin)),
        "e": still(point(256, end)),
        "g": {"p": 2, "k": still(stops)},
    }


def filled(shape, paint):
    return {"ty": "gr", "it": [shape, fill(paint), {"ty": "tr"} | moved()]}


def lined(shape, paint, width):
    line = {"ty": "st", "c": still(colour(paint)), "o": still(100), "w": still(width), "lc": 2, "lj": 2}
    return {"ty": "gr", "it": [shape, line, {"ty": "tr"} | moved()]}


def oval(x, y, wide, high=None):
    return {"ty": "el", "p": still(point(x, y)), "s": still(point(2 * wide, 2 * (high or wide)))}


def box(x, y, wide, high, corner):
    """A box by its middle."""
    return {"ty": "rc", "p": still(point(x, y)), "s": still(point(wide, high)), "r": still(corner)}


def path(text):
    """A path in the letters M, L, C and Z, as SVG writes it, absolute."""
    verts, ins, outs, closed = [], [], [], False
    for letter, numbers in re.findall(r"([MLCZ])([^MLCZ]*)", text):
        xy = [float(number) for number in numbers.replace(",", " ").split()]
        if letter == "Z":
            closed = True
        elif letter == "C":
            for at in range(0, len(xy), 6):
                outs[-1] = point(xy[at] - verts[-1][0], xy[at + 1] - verts[-1][1])
                verts.append(point(xy[at + 4], xy[at + 5]))
                ins.append(point(xy[at + 2] - xy[at + 4], xy[at + 3] - xy[at + 5]))
                outs.append([0, 0])
        else:
            for at in range(0, len(xy), 2):
                verts.append(point(xy[at], xy[at + 1]))
                ins.append([0, 0])
                outs.append([0, 0])
    if closed and len(verts) > 1 and verts[0] == verts[-1]:
        ins[0] = ins[-1]
        del verts[-1], ins[-1], outs[-1]
    return {"ty": "sh", "ks": still({"c": closed, "v": verts, "i": ins, "o": outs})}


def tilted(x, y, wide, high, turn):
    """An oval that is turned, as a path: an oval of the format lies straight."""
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))

    def at(px, py):
        return f"{x + px * cos - py * sin:.1f} {y + px * sin + py * cos:.1f}"

    # A quarter, then the three others as the quarters before them turned on.
    text, (from_x, from_y) = f"M{at(wide, 0)}", (1, 0)
    for _ in range(4):
        to_x, to_y = -from_y, from_x
        first = at((from_x + ROUND * to_x) * wide, (from_y + ROUND * to_y) * high)
        second = at((to_x + ROUND * from_x) * wide, (to_y + ROUND * from_y) * high)
        text += f" C{first} {second} {at(to_x * wide, to_y * high)}"
        from_x, from_y = to_x, to_y
    return path(text + "Z")


def star(x, y, outer, inner, points=5):
    """A star that stands on two of its points."""
    corners = []
    for index in range(2 * points):
        angle, radius = math.pi * (index / points - 0.5), (outer, inner)[index % 2]
        corners.append(f"{x + radius * math.cos(angle):.1f} {y + radius * math.sin(angle):.1f}")
    return path("M" + " L".join(corners) + "Z")


def layer(index, items, until, **place):
    """A layer of the animation. What is drawn around the middle of the square turns and grows around it."""
    place = {"position": (SIDE / 2, SIDE / 2), "around": (SIDE / 2, SIDE / 2)} | place
    return {
        "ty": 4,
        "ind": index,
        "ip": 0,
        "op": until,
        "st": 0,
        "ks": moved(**place),
        "shapes": list(reversed(items)),
    }


def animation(layers, frames):
    """The whole file; the layer that is painted last comes first."""
    top = {"tgs": 1, "v": "5.5.2", "fr": 60, "ip": 0, "op": frames, "w": SIDE, "h": SIDE, "ddd": 0, "assets": []}
    return top | {"layers": list(reversed(layers))}
