"""The pictures: an emoji, its title, the name of its files, what it is made of, and the colours that fly from it."""

from shapes import box, filled, group, lined, oval, path, star, tilted

YELLOW = ("#ffdf5c", "#f7b125", 50, 462)
SKIN = ("#ffd75e", "#f5ae2c", 60, 450)
DARK = "#57371a"
WHITE = "#ffffff"
RED = ("#ff6a72", "#e5263f", 90, 430)
BLUE = ("#8ad4ff", "#3ea6f2", 60, 460)

HEART = (
    "M256 440 C180 376 62 296 62 190 C62 124 110 80 164 80 C204 80 238 102 256 138 C274 102 308 80 348 80 "
    "C402 80 450 124 450 190 C450 296 332 376 256 440Z"
)
DROP = "M0 -40 C14 -16 26 0 26 18 C26 34 14 44 0 44 C-14 44 -26 34 -26 18 C-26 0 -14 -16 0 -40Z"


def disc(paint=YELLOW, edge="#e39a1c"):
    return [filled(oval(256, 256, 206), edge), filled(oval(256, 252, 202), paint)]


def eyes(y=216, wide=24, high=34, apart=74):
    return [filled(oval(256 + side * apart, y, wide, high), DARK) for side in (-1, 1)]


def small(shape_path, paint, x, y, scale, turn=0, middle=(256, 256)):
    return group(filled(path(shape_path), paint), position=(x, y), scale=scale, turn=turn, around=middle)


def heart(x, y, scale, paint=RED, turn=0):
    return small(HEART, paint, x, y, scale, turn)


def drop(x, y, scale, turn=0):
    return small(DROP, "#4fb4f5", x, y, scale, turn, (0, 0))


def mouth(text, width=20):
    return lined(path(text), DARK, width)


def finger(x, y, wide, high, turn=0, paint=SKIN, edge="#d98e1d"):
    shape = box(0, 0, wide, high, wide / 2)
    return group(
        filled(box(0, 4, wide + 10, high + 10, wide / 2 + 5), edge), filled(shape, paint), position=(x, y), turn=turn
    )


def thumb():
    arm = [filled(box(104, 322, 96, 214, 26), "#3b7de0"), filled(box(128, 322, 28, 214, 10), "#e8f1ff")]
    hand = (
        "M160 236 C206 214 232 160 238 96 C242 60 266 48 288 58 C322 72 328 120 316 166 C310 190 304 204 300 214 "
        "L412 214 C440 214 456 234 452 258 C450 272 442 282 432 286 C446 294 452 312 446 328 C442 342 432 350 422 352 "
        "C432 362 434 378 428 392 C422 404 412 408 404 410 C410 430 396 452 368 452 L244 452 C208 452 190 436 160 424Z"
    )
    lines = [lined(path(f"M{x} {y} L{x - 74} {y}"), "#d98e1d", 9) for x, y in ((424, 286), (416, 352), (398, 411))]
    return [*arm, lined(path(hand), "#d98e1d", 12), filled(path(hand), SKIN), *lines]


def thumb_down():
    return [group(*thumb(), position=(256, 256), around=(256, 256), scale=(100, -100))]


def flame():
    outer = (
        "M262 34 C282 110 372 150 398 262 C426 384 350 478 256 478 C160 478 88 396 112 286 C122 240 146 216 152 172 "
        "C182 190 196 214 200 240 C236 190 262 120 262 34Z"
    )
    middle = (
        "M270 190 C280 244 340 280 344 352 C348 420 304 462 256 462 C204 462 164 424 170 364 C174 330 194 316 "
        "198 288 C216 300 226 314 230 332 C252 296 270 248 270 190Z"
    )
    inner = (
        "M262 326 C268 356 298 374 298 412 C298 442 278 460 256 460 C232 460 214 442 216 414 C218 390 256 372 262 326Z"
    )
    return [
        filled(path(outer), ("#ff8a2b", "#ec2f1a", 60, 480)),
        filled(path(middle), ("#ffc83a", "#ff8a1f", 200, 460)),
        filled(path(inner), ("#fff3b0", "#ffe05a", 330, 460)),
    ]


def party():
    cone = "M70 448 L190 190 C250 220 306 276 332 332Z"
    stripes = ["M118 346 L176 406 L136 422 L98 386Z", "M166 242 L286 356 L240 376 L146 286Z"]
    bits = [
        (330, 96, 40, "#ff5d6c"),
        (424, 176, -30, "#46b4f6"),
        (236, 86, 10, "#57c95e"),
        (444, 300, 60, "#ffb52e"),
        (388, 258, 20, "#b46bf2"),
    ]
    return [
        filled(path(cone), ("#ffd34d", "#f2a01e", 190, 450)),
        *[filled(path(stripe), "#e0527f") for stripe in stripes],
        filled(tilted(262, 262, 104, 40, 45), "#a85f12"),
        lined(path("M280 240 C300 190 282 150 310 128 C336 108 366 132 352 158"), "#ff5d6c", 18),
        lined(path("M300 262 C340 214 384 232 404 206 C424 180 408 150 440 128"), "#46b4f6", 18),
        *[group(filled(box(0, 0, 34, 22, 5), paint), position=(x, y), turn=turn) for x, y, turn, paint in bits],
        *[
            filled(oval(x, y, 13), paint)
            for x, y, paint in (
                (190, 132, "#b46bf2"),
                (376, 92, "#57c95e"),
                (430, 236, "#ff5d6c"),
                (330, 210, "#ffd34d"),
            )
        ],
    ]


def palm(turn, x, y, scale=100):
    fingers = [finger(-69 + index * 46, (-92, -122, -116, -84)[index], 44, 170) for index in range(4)]
    whole = [
        finger(-104, 66, 46, 140, -38),
        *fingers,
        filled(path("M-96 10 C-96 -20 96 -20 96 10 L92 92 C88 150 52 176 0 176 C-52 176 -92 150 -96 92Z"), SKIN),
        filled(box(0, 196, 132, 58, 20), "#3b7de0"),
    ]
    return group(*whole, position=(x, y), turn=turn, scale=scale)


def clap():
    ticks = ["M256 46 L256 92", "M170 62 L190 104", "M342 62 L322 104"]
    return [*[lined(path(tick), "#f2a01e", 20) for tick in ticks], palm(28, 318, 300, 88), palm(-26, 196, 310, 88)]


def pray():
    half = "M256 60 C236 60 226 84 222 116 L206 250 C196 292 158 316 132 356 L206 452 C236 428 256 400 256 366Z"
    sleeve = "M140 340 L222 446 L176 484 C160 496 148 494 138 480 L90 418 C80 404 82 394 96 384Z"
    side = [lined(path(half), "#d98e1d", 12), filled(path(half), SKIN), filled(path(sleeve), "#3b7de0")]
    other = group(*side, position=(256, 256), around=(256, 256), scale=(-100, 100))
    rays = ["M104 126 L146 150", "M76 216 L124 222", "M408 126 L366 150", "M436 216 L388 222"]
    return [
        *[lined(path(ray), "#ffc83a", 18) for ray in rays],
        *side,
        other,
        lined(path("M256 70 L256 366"), "#d98e1d", 10),
    ]


def fine():
    return [
        finger(300, 150, 50, 210, 6),
        finger(352, 176, 50, 210, 18),
        finger(398, 220, 48, 190, 30),
        filled(
            path(
                "M214 300 C240 220 320 230 372 262 C420 292 404 360 376 410 C352 452 300 470 250 452 C206 436 196 360 214 300Z"
            ),
            SKIN,
        ),
        lined(oval(194, 236, 66, 74), "#d98e1d", 62),
        lined(oval(194, 234, 66, 74), "#fbc544", 50),
        lined(path("M214 300 C226 330 250 352 280 360"), "#d98e1d", 9),
        group(filled(box(0, 0, 150, 56, 18), "#3b7de0"), position=(318, 462), turn=-8),
    ]


def grin():
    teeth = "M118 262 L394 262 C394 350 336 404 256 404 C176 404 118 350 118 262Z"
    arcs = ["M142 214 C154 168 206 168 218 214", "M294 214 C306 168 358 168 370 214"]
    return [
        *disc(),
        *[lined(path(arc), DARK, 22) for arc in arcs],
        filled(path(teeth), DARK),
        filled(path("M136 276 L376 276 C374 306 366 322 356 336 L156 336 C146 322 138 306 136 276Z"), WHITE),
        filled(path("M188 374 C220 350 292 350 324 374 C304 388 282 396 256 396 C230 396 208 388 188 374Z"), "#f0556a"),
    ]


def laugh():
    wide = "M128 262 L384 262 C384 354 330 404 256 404 C182 404 128 354 128 262Z"
    lines = ["M136 170 L206 206 L136 236", "M376 170 L306 206 L376 236"]
    face = [
        *disc(),
        *[lined(path(line), DARK, 22) for line in lines],
        filled(path(wide), DARK),
        filled(path("M146 274 L366 274 C364 296 358 306 352 314 L160 314 C154 306 148 296 146 274Z"), WHITE),
        filled(path("M186 374 C220 346 292 346 326 374 C304 390 282 396 256 396 C230 396 208 390 186 374Z"), "#f0556a"),
    ]
    tears = [drop(94, 268, 150, 40), drop(418, 268, 150, -40)]
    return [group(*face, *tears, position=(256, 256), around=(256, 256), turn=-14)]


def sad():
    return [
        *disc(),
        *eyes(228),
        lined(path("M136 166 C156 150 180 146 204 152"), DARK, 16),
        lined(path("M376 166 C356 150 332 146 308 152"), DARK, 16),
        mouth("M188 362 C216 318 296 318 324 362"),
        drop(148, 316, 170),
    ]


def cry():
    arcs = ["M130 214 C146 244 200 244 216 214", "M296 214 C312 244 366 244 382 214"]
    streams = [filled(box(x, 330, 54, 190, 20), "#5dbdf8") for x in (172, 340)]
    return [
        *disc(),
        *streams,
        *[lined(path(arc), DARK, 22) for arc in arcs],
        lined(path("M132 160 C154 136 182 134 208 146"), DARK, 16),
        lined(path("M380 160 C358 136 330 134 304 146"), DARK, 16),
        filled(oval(256, 336, 48, 58), DARK),
        filled(oval(256, 368, 30, 22), "#f0556a"),
    ]


def scream():
    blue = ("#6fb4f0", "#f9c445", 60, 330)
    hands = [group(finger(0, 0, 74, 190), position=(x, 388), turn=turn) for x, turn in ((112, -14), (400, 14))]
    pupils = [filled(oval(x, 204, 14), DARK) for x in (186, 326)]
    return [
        *disc(blue, "#d0912c"),
        *[filled(oval(x, 200, 44, 50), WHITE) for x in (186, 326)],
        *pupils,
        filled(oval(256, 344, 54, 82), DARK),
        filled(oval(256, 394, 34, 24), "#f0556a"),
        *hands,
    ]


def love():
    grin_path = "M148 282 C214 304 298 304 364 282 C364 352 320 400 256 400 C192 400 148 352 148 282Z"
    return [
        *disc(),
        heart(172, 196, 32, turn=-6),
        heart(340, 196, 32, turn=6),
        filled(path(grin_path), DARK),
        filled(path("M196 372 C224 350 288 350 316 372 C298 386 280 392 256 392 C232 392 214 386 196 372Z"), "#f0556a"),
    ]


def adore():
    arcs = ["M144 224 C158 184 202 184 216 224", "M296 224 C310 184 354 184 368 224"]
    cheeks = [filled(oval(x, 282, 38, 26), "#f58a6b") for x in (132, 380)]
    return [
        *disc(),
        *cheeks,
        *[lined(path(arc), DARK, 22) for arc in arcs],
        mouth("M182 304 C212 352 300 352 330 304", 22),
        heart(418, 116, 26, turn=14),
        heart(82, 360, 24, turn=-16),
        heart(398, 400, 32, turn=10),
    ]


def starry():
    grin_path = "M138 288 C210 308 302 308 374 288 C370 358 320 404 256 404 C192 404 142 358 138 288Z"
    stars = [filled(star(x, 202, 62, 27), ("#ff7a6b", "#e5263f", 140, 260)) for x in (168, 344)]
    return [
        *disc(),
        *stars,
        filled(path(grin_path), DARK),
        filled(
            path(
                "M152 300 C216 316 296 316 360 300 C358 312 356 320 352 328 C292 340 220 340 160 328 C156 320 154 312 152 300Z"
            ),
            WHITE,
        ),
    ]


def think():
    brows = ["M140 146 C160 120 190 116 216 130", "M300 156 C322 150 346 152 366 164"]
    hand = [finger(300, 352, 44, 170, 66), finger(196, 398, 130, 116, 24), finger(148, 346, 46, 120, -24)]
    return [
        *disc(),
        *eyes(214, 22, 30),
        *[lined(path(brow), DARK, 18) for brow in brows],
        mouth("M220 300 C250 288 290 290 316 304"),
        *hand,
    ]


def cool():
    left = "M70 168 L244 168 C250 226 226 270 172 270 C116 270 84 232 70 168Z"
    right = "M442 168 L268 168 C262 226 286 270 340 270 C396 270 428 232 442 168Z"
    lenses = ("#3a4350", "#12161c", 168, 270)
    return [
        *disc(),
        filled(path(left), lenses),
        filled(path(right), lenses),
        lined(path("M60 172 L452 172"), "#12161c", 18),
        *[lined(path(f"M{x} 190 L{x - 26} 232"), "#7d8b9c", 12) for x in (146, 352)],
        mouth("M176 328 C214 372 300 372 340 322", 22),
    ]


def angry():
    red = ("#ff9a4a", "#e8322c", 60, 450)
    return [
        *disc(red, "#b81f1f"),
        *eyes(244, 24, 30),
        lined(path("M124 168 L214 216"), DARK, 24),
        lined(path("M388 168 L298 216"), DARK, 24),
        mouth("M190 364 C220 318 292 318 322 364", 22),
    ]


def sleepy():
    lids = ["M132 240 C150 264 196 264 214 240", "M298 240 C316 264 362 264 380 240"]
    face = group(
        *disc(),
        *[lined(path(lid), DARK, 20) for lid in lids],
        filled(oval(256, 336, 38, 30), DARK),
        position=(236, 282),
        around=(256, 256),
        scale=88,
    )
    return [face, letter_z(332, 100, 50), letter_z(404, 34, 66)]


def letter_z(x, y, size):
    low = round(y + size * 1.1)
    return lined(path(f"M{x} {y} L{x + size} {y} L{x} {low} L{x + size} {low}"), "#3b8be8", size / 3.6)


def hundred():
    one = "M96 188 L148 148 L120 322"
    zeros = [group(lined(oval(0, 0, 48, 88), "#e5263f", 40), position=(x, 234), turn=9) for x in (236, 388)]
    lines = ["M104 392 C204 366 316 362 420 370", "M150 446 C236 424 310 420 380 424"]
    return [lined(path(one), "#e5263f", 40), *zeros, *[lined(path(line), "#e5263f", 28) for line in lines]]


def bolt():
    shape = "M304 34 L112 286 L236 286 L192 478 L400 206 L272 206Z"
    return [lined(path(shape), "#f09a12", 26), filled(path(shape), ("#ffe868", "#ffbb1c", 40, 470))]


def cup():
    gold = ("#ffe06a", "#f0a21b", 60, 400)
    return [
        lined(path("M150 116 C70 100 64 226 168 246"), "#e39a1c", 26),
        lined(path("M362 116 C442 100 448 226 344 246"), "#e39a1c", 26),
        filled(path("M226 300 L286 300 L300 396 L212 396Z"), "#d98e1d"),
        filled(path("M134 62 L378 62 C384 200 352 322 256 322 C160 322 128 200 134 62Z"), gold),
        filled(box(256, 68, 268, 36, 18), "#ffeaa0"),
        filled(star(256, 190, 54, 23), "#fff6d0"),
        filled(box(256, 432, 200, 76, 18), "#7a4a22"),
        filled(box(256, 400, 150, 26, 12), "#9a6230"),
        filled(box(256, 438, 96, 28, 8), "#f0c04a"),
    ]


def broken():
    left = (
        "M256 440 C180 376 62 296 62 190 C62 124 110 80 164 80 C198 80 228 96 248 124 L214 190 L276 236 L226 "
        "306 L262 366Z"
    )
    right = (
        "M276 424 C352 362 450 288 450 190 C450 124 402 80 348 80 C318 80 290 92 270 116 L246 184 L310 232 "
        "L262 304 L292 362Z"
    )
    return [
        group(filled(path(left), RED), position=(246, 260), around=(256, 256), turn=-5),
        group(filled(path(right), RED), position=(268, 258), around=(256, 256), turn=6),
    ]


def look():
    return [*eyeball(146), *eyeball(366)]


def eyeball(x):
    white = [filled(oval(x, 260, 104, 142), "#c3ccd6"), filled(oval(x, 256, 98, 136), WHITE)]
    return [*white, filled(oval(x - 32, 268, 48, 64), "#2b1c12"), filled(oval(x - 44, 246, 15, 18), WHITE)]


def ghost():
    body = (
        "M256 44 C152 44 104 128 104 230 L96 436 C96 464 122 474 144 450 C162 430 184 430 200 450 C222 480 "
        "240 480 256 456 C272 480 290 480 312 450 C328 430 350 430 368 450 C390 474 416 464 416 436 L408 230 "
        "C408 128 360 44 256 44Z"
    )
    return [
        lined(path(body), "#b6bfd2", 14),
        filled(path(body), ("#ffffff", "#dfe6f3", 60, 460)),
        *eyes(204, 26, 36, 62),
        filled(oval(256, 300, 38, 48), DARK),
        filled(oval(256, 324, 24, 18), "#f0556a"),
        *[filled(oval(x, 264, 28, 17), "#f7b3c2") for x in (156, 356)],
    ]


def plain_heart():
    return [filled(path(HEART), RED), lined(path("M112 186 C114 154 136 132 164 130"), "#ffb3b8", 24)]


# Emoji, title, name of the files, picture, colours of what flies from it. The order is that of the list of reactions.
PICTURES = [
    ("\N{THUMBS UP SIGN}", "Thumbs Up", "thumbs_up", thumb(), ("#ffd75e", "#3b7de0", "#ffffff")),
    ("\N{THUMBS DOWN SIGN}", "Thumbs Down", "thumbs_down", thumb_down(), ("#9aa7b8", "#3b7de0", "#ffd75e")),
    ("\N{HEAVY BLACK HEART}", "Red Heart", "heart", plain_heart(), ("#ff6a72", "#e5263f", "#ffb3b8")),
    ("\N{FIRE}", "Fire", "fire", flame(), ("#ff8a2b", "#ffc83a", "#ec2f1a")),
    ("\N{PARTY POPPER}", "Party Popper", "party", party(), ("#ff5d6c", "#46b4f6", "#57c95e", "#ffb52e", "#b46bf2")),
    ("\N{CLAPPING HANDS SIGN}", "Clapping Hands", "clap", clap(), ("#ffd75e", "#f2a01e", "#ffffff")),
    ("\N{PERSON WITH FOLDED HANDS}", "Folded Hands", "pray", pray(), ("#ffd75e", "#ffc83a", "#8ad4ff")),
    ("\N{OK HAND SIGN}", "OK Hand", "ok", fine(), ("#ffd75e", "#57c95e", "#ffffff")),
    ("\N{GRINNING FACE WITH SMILING EYES}", "Beaming Face", "grin", grin(), ("#ffdf5c", "#f7b125", "#ffffff")),
    (
        "\N{ROLLING ON THE FLOOR LAUGHING}",
        "Rolling on the Floor Laughing",
        "laugh",
        laugh(),
        ("#4fb4f5", "#ffdf5c", "#8ad4ff"),
    ),
    (
        "\N{SMILING FACE WITH SMILING EYES AND THREE HEARTS}",
        "Smiling Face with Hearts",
        "adore",
        adore(),
        ("#ff6a72", "#e5263f", "#ffb3b8"),
    ),
    ("\N{SMILING FACE WITH HEART-SHAPED EYES}", "Heart Eyes", "love", love(), ("#ff6a72", "#e5263f", "#ffdf5c")),
    ("\N{GRINNING FACE WITH STAR EYES}", "Star-Struck", "starry", starry(), ("#ffdf5c", "#e5263f", "#f7b125")),
    ("\N{SMILING FACE WITH SUNGLASSES}", "Sunglasses", "cool", cool(), ("#3a4350", "#ffdf5c", "#46b4f6")),
    ("\N{THINKING FACE}", "Thinking Face", "think", think(), ("#ffdf5c", "#9aa7b8", "#f7b125")),
    ("\N{FACE SCREAMING IN FEAR}", "Screaming Face", "scream", scream(), ("#6fb4f0", "#f9c445", "#ffffff")),
    ("\N{CRYING FACE}", "Crying Face", "sad", sad(), ("#4fb4f5", "#8ad4ff", "#3ea6f2")),
    ("\N{LOUDLY CRYING FACE}", "Loudly Crying Face", "cry", cry(), ("#4fb4f5", "#8ad4ff", "#3ea6f2")),
    ("\N{POUTING FACE}", "Angry Face", "angry", angry(), ("#e8322c", "#ff9a4a", "#57371a")),
    ("\N{SLEEPING FACE}", "Sleeping Face", "sleep", sleepy(), ("#3b8be8", "#8ad4ff", "#ffdf5c")),
    ("\N{BROKEN HEART}", "Broken Heart", "broken_heart", broken(), ("#ff6a72", "#e5263f", "#9aa7b8")),
    ("\N{HUNDRED POINTS SYMBOL}", "Hundred Points", "hundred", hundred(), ("#e5263f", "#ffb52e", "#ff6a72")),
    ("\N{HIGH VOLTAGE SIGN}", "High Voltage", "bolt", bolt(), ("#ffe868", "#ffbb1c", "#ffffff")),
    ("\N{TROPHY}", "Trophy", "trophy", cup(), ("#ffe06a", "#f0a21b", "#ffffff")),
    ("\N{EYES}", "Eyes", "eyes", look(), ("#ffffff", "#c3ccd6", "#8ad4ff")),
    ("\N{GHOST}", "Ghost", "ghost", ghost(), ("#ffffff", "#dfe6f3", "#b6bfd2")),
]
