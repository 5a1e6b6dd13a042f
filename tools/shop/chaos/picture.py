"""The run as an SVG: orders accepted and confirmed in each second, phases, and a lane of bars for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from tools.shop.chaos.happened import Happened
from tools.shop.chaos.series import Series

WIDTH, LEFT, RIGHT, TOP, PLOT, LANE = 1200, 150, 20, 40, 260, 16
BAR_MIN = 2.0  # What is over at once must be seen, too.
ACCEPTED, CONFIRMED, FAULT, MISSED, GRID = "#8c8c8c", "#1a7f37", "#cf222e", "#d4a72c", "#e4e4e4"
Phases = Sequence[tuple[str, float, float]]


def draw(series: Series, happened: Sequence[Happened], phases: Phases) -> str:
    """Phases and faults as times since 1970."""
    kinds = sorted({one.fault.kind for one in happened})
    seconds = max(series.seconds, 1)
    lanes = TOP + PLOT + 40
    height = lanes + LANE * len(kinds) + 30

    def x(time: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max((time - series.began) / seconds, 0.0), 1.0)

    top = max([1, *series.accepted, *series.confirmed])
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
             f'font-size="11"><rect width="{WIDTH}" height="{height}" fill="white"/>']
    parts += _phases(phases, x, lanes)
    parts += _grid(top, seconds, series.began, x)
    for values, colour, name, place in ((series.accepted, ACCEPTED, "accepted a second", 0),
                                        (series.confirmed, CONFIRMED, "confirmed a second", 150)):
        points = " ".join(f"{x(series.began + second):.1f},{TOP + PLOT * (1 - value / top):.1f}"
                          for second, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1"/>')
        parts.append(f'<text x="{LEFT + place}" y="14" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{LEFT + 310}" y="14" fill="{FAULT}">fault</text>')
    parts.append(f'<text x="{LEFT + 360}" y="14" fill="{MISSED}">fault that met nothing</text>')
    for lane, kind in enumerate(kinds):
        y = lanes + LANE * lane
        parts.append(f'<text x="{LEFT - 6}" y="{y + 10}" text-anchor="end">{escape(kind)}</text>')
        parts.append(f'<line x1="{LEFT}" y1="{y + 6}" x2="{WIDTH - RIGHT}" y2="{y + 6}" stroke="{GRID}"/>')
    for one in happened:
        y = lanes + LANE * kinds.index(one.fault.kind)
        begin = x(one.began)
        width = max(BAR_MIN, x(one.ended) - begin)
        colour = FAULT if one.effective else MISSED
        told = escape(f"{one.fault.number}: {one.fault.kind} {one.fault.target}: {one.did or one.trouble}")
        parts.append(f'<rect x="{begin:.1f}" y="{y}" width="{width:.1f}" height="12" fill="{colour}" '
                     f'fill-opacity="0.8"><title>{told}</title></rect>')
    return "\n".join([*parts, "</svg>\n"])


def _phases(phases: Phases, x, lanes: int) -> list[str]:
    parts = []
    for name, begin, end in phases:
        left, right = x(begin), x(end)
        if right - left < 1:
            continue
        parts.append(f'<line x1="{left:.1f}" y1="{TOP - 14}" x2="{left:.1f}" y2="{lanes}" stroke="{GRID}"/>')
        if right - left > 7 * len(name):
            parts.append(f'<text x="{left + 3:.1f}" y="{TOP - 5}" fill="#57606a">{escape(name)}</text>')
    return parts


def _grid(top: int, seconds: int, began: int, x) -> list[str]:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = TOP + PLOT * (1 - share)
        parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{GRID}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{top * share:g}</text>')
    step = next(step for step in (10, 30, 60, 300, 600, 3600, 86400) if seconds / step <= 12 or step == 86400)
    for second in range(0, seconds + 1, step):
        label = f"{second // 60}:{second % 60:02d}"
        parts.append(f'<text x="{x(began + second):.1f}" y="{TOP + PLOT + 16}" text-anchor="middle">{label}</text>')
    return parts
