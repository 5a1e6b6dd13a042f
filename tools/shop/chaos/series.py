"""Orders accepted and confirmed in each second of a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

CONFIRMED = ("select extract(epoch from o.created_at)::float8 as placed, extract(epoch from h.at)::float8 as confirmed "
             "from orders o join order_history h on h.order_id = o.id and h.changed and h.to_status = 'confirmed'")
# Without the cards that are meant to be slow or to make trouble.
QUICK = CONFIRMED + " where o.payment_method = 'pm_card_visa'"
PER_SECOND = ("select second, sum(accepted)::bigint as accepted, sum(confirmed)::bigint as confirmed from ("
              "select floor(extract(epoch from created_at))::bigint as second, 1 as accepted, 0 as confirmed "
              "from orders union all "
              "select floor(extract(epoch from at))::bigint, 0, 1 from order_history "
              "where changed and to_status = 'confirmed') counted group by second order by second")


@dataclass(frozen=True)
class Series:
    began: int  # Seconds since 1970.
    accepted: list[int]
    confirmed: list[int]

    @property
    def seconds(self) -> int:
        return len(self.accepted)


def series_of(rows: Iterable[dict[str, Any]]) -> Series:
    """Seconds without any order are in it, as zeros."""
    found = {row["second"]: (row["accepted"], row["confirmed"]) for row in rows}
    if not found:
        return Series(0, [], [])
    began, ended = min(found), max(found)
    values = [found.get(second, (0, 0)) for second in range(began, ended + 1)]
    return Series(began, [accepted for accepted, _ in values], [confirmed for _, confirmed in values])
