"""Writes all drawings of the reactions into the folder that is named, and the list of them.

    python draw.py ..

The same bytes come out again. The still pictures are rendered from the animations,
with rlottie-python 1.3.8 and Pillow 13.0.0.
"""

import gzip
import hashlib
import io
import json
import math
import os
import sys

from pictures import PICTURES
from rlottie_python import LottieAnimation
from shapes import animation, filled, layer, oval, star

# Side of a still picture. Clients show it at a third of that.
STILL_SIDE = 160


def still(items):
    return animation([layer(1, items, 60, scale=98)], 60)


def appear(items):
    """It springs up."""
    scale = [(0, 0), (14, 66), (22, 56), (30, 60)]
    return animation([layer(1, items, 60, scale=scale, turn=[(0, -24), (18, 6), (30, 0)])], 60)


def select(items):
    """It nods, again and again: the end is the beginning."""
    turn = [(0, 0), (20, -10), (50, 10), (80, -6), (100, 0)]
    return animation([layer(1, items, 120, scale=[(0, 60), (30, 66), (60, 60), (90, 64), (110, 60)], turn=turn)], 120)


def activate(items):
    """It grows out of the message, shakes and settles."""
    scale = [(0, 40), (24, 96), (40, 84), (60, 90), (110, 90), (130, 60)]
    turn = [(0, 0), (34, -12), (48, 10), (62, -7), (76, 4), (90, 0)]
    return animation([layer(1, items, 150, scale=scale, turn=turn)], 150)


def centre(items):
    """It beats twice where it was put."""
    return animation([layer(1, items, 60, scale=[(0, 60), (10, 44), (24, 68), (36, 56), (48, 60)])], 60)


def burst(colours, count, reach, size, frames):
    """Dots and stars fly from the middle and fade."""
    layers = []
    for index in range(count):
        angle = 2 * math.pi * (index + 0.37 * (index % 3)) / count
        far = reach * (0.74 + 0.26 * ((index * 7) % 5) / 4)
        ends = [(256 + math.cos(angle) * far * part, 256 + math.sin(angle) * far * part) for part in (0.12, 1)]
        shape = (
            star(256, 256, size * 1.5, size * 0.62)
            if index % 3 == 0
            else oval(256, 256, size * (0.6 + 0.2 * (index % 2)))
        )
        begin = 2 * (index % 4)
        end = frames - 4 * (index % 3)
        layers.append(
            layer(
                index + 1,
                [filled(shape, colours[index % len(colours)])],
                frames,
                position=[(begin, ends[0]), (end, ends[1])],
                scale=[(begin, 20), (begin + frames // 4, 110), (end, 20)],
                turn=[(begin, 0), (end, 90 if index % 2 else -90)],
                opacity=[(0, 0), (begin + 4, 100), (end - 12, 100), (end, 0)],
            )
        )
    return animation(layers, frames)


def effect(items, colours):
    """The picture itself flies up five times over, in a burst."""
    whole = burst(colours, 10, 226, 17, 120)
    count = len(whole["layers"])
    for index, (x, turn) in enumerate(((96, -22), (176, 14), (256, -6), (336, 18), (416, -16))):
        begin = 6 * ((index * 2) % 5)
        way = [(begin, (256 + (x - 256) * 0.3, 330)), (begin + 70, (x, 120 + 30 * (index % 2)))]
        fade = [(begin, 0), (begin + 10, 100), (begin + 50, 100), (begin + 70, 0)]
        scale = [(begin, 6), (begin + 30, 19), (begin + 70, 12)]
        whole["layers"].insert(
            0, layer(count + index + 1, items, 120, position=way, scale=scale, turn=turn, opacity=fade)
        )
    return whole


def packed(drawing):
    return gzip.compress(json.dumps(drawing, separators=(",", ":")).encode(), 9, mtime=0)


def rendered(drawing):
    with LottieAnimation.from_data(json.dumps(drawing)) as lottie:
        image = lottie.render_pillow_frame(0)
    out = io.BytesIO()
    image.resize((STILL_SIDE, STILL_SIDE), 1).save(out, "webp", quality=80, method=6, alpha_quality=80)
    return out.getvalue()


def main(folder):
    lines = []
    for emoji, title, name, items, colours in PICTURES:
        files = {
            "still.webp": rendered(still(items)),
            "appear.tgs": packed(appear(items)),
            "select.tgs": packed(select(items)),
            "activate.tgs": packed(activate(items)),
            "effect.tgs": packed(effect(items, colours)),
            "around.tgs": packed(burst(colours, 12, 236, 20, 60)),
            "centre.tgs": packed(centre(items)),
        }
        for kind, data in files.items():
            with open(os.path.join(folder, f"{name}.{kind}"), "wb") as file:
                file.write(data)
        digest = hashlib.md5(emoji.encode()).digest()
        lines.append(f'    one!("{emoji}", "{title}", "{name}", 0x{digest[:4].hex()}),')
        print(name, *(f"{kind.split('.')[0]} {len(data)}" for kind, data in files.items()))
    print("\n".join(lines))


main(sys.argv[1])
