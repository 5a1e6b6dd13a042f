"""What a run has shown, for people (Markdown with a picture) and for programs (JSON)."""

from __future__ import annotations

import json
import platform as machine
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tools.shop.chaos import happened, picture, verdict
from tools.shop.chaos.soak import Result
from tools.shop.rundir import ROOT

SENTENCES_MAX = 20
VERSIONS = {
    "PostgreSQL": ["/usr/lib/postgresql/15/bin/postgres", "--version"],
    "Redis": ["/usr/bin/redis-server", "--version"], "HAProxy": ["/usr/sbin/haproxy", "-v"],
}


def versions() -> dict[str, str]:
    found = {"commit": _said(["git", "-C", str(ROOT), "rev-parse", "HEAD"])}
    if _said(["git", "-C", str(ROOT), "status", "--porcelain"]):
        found["commit"] += " with changes"
    found |= {name: _said(command).splitlines()[0] for name, command in VERSIONS.items() if _said(command)}
    found["RabbitMQ"] = _said(["dpkg-query", "-W", "-f=${Version}", "rabbitmq-server"])
    found["system"] = f"{machine.system()} {machine.release()}, {len(os.sched_getaffinity(0))} processors"
    return found


def _said(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout.strip()
    except OSError:
        return ""


def write(result: Result, judged: verdict.Verdict, directory: Path) -> None:
    """report.md, report.json and, when there was anything to draw, orders.svg."""
    if result.series is not None and result.series.seconds:
        (directory / "orders.svg").write_text(
            picture.draw(result.series, result.run.happened, result.phases), encoding="utf-8")
    (directory / "report.json").write_text(json.dumps(figures(result, judged), indent=2) + "\n", encoding="utf-8")
    (directory / "report.md").write_text(markdown(result, judged), encoding="utf-8")


def figures(result: Result, judged: verdict.Verdict) -> dict[str, Any]:
    run, options = result.run, result.options
    return {
        "verdict": judged.name, "reasons": list(judged.reasons), "seed": options.seed, "minutes": options.minutes,
        "rate": options.rate, "replicas": options.replicas, "versions": result.versions,
        "orders": run.clients.stored, "confirmed": run.confirmed, "statuses": result.statuses,
        "lost": len(run.clients.lost), "duplicate": len(run.clients.duplicate),
        "unexpected": len(run.clients.unexpected), "broken": len(run.clients.broken),
        "unknown_done": run.clients.unknown_done, "unknown_not_done": run.clients.unknown_not_done,
        "acknowledged": run.clients.ok, "refused": run.clients.failed,
        "faults_planned": run.planned, "faults_effective": sum(1 for one in run.happened if one.effective),
        "drain_seconds": run.drain_seconds, "backlog": run.backlog, "suppressed": run.suppressed,
        "published_late": result.published_late, "counters": result.counters, "baseline": result.baseline,
        "recovery": {group.name: _group(group) for group in happened.by_group(run.recovered, run.patience)},
        "recovery_by_kind": {group.name: _group(group) for group in happened.by_kind(run.recovered)},
        "replays": [asdict(one) for one in run.replays], "audits": list(run.audits),
        "strangers": list(run.strangers), "load": result.load, "lives": [asdict(life) for life in result.lives],
        "phases": [{"name": name, "seconds": round(end - begin, 1)} for name, begin, end in result.phases],
        "broke_off": run.broke_off,
    }


def _group(group: happened.Group) -> dict[str, Any]:
    return {"samples": len(group.alone), "disturbed": len(group.met), "never": group.never, "limit": group.limit,
            "slowest": group.slowest, "p99": group.percentile(0.99),
            "slowest_disturbed": max(group.met, default=0.0)}


def summary(result: Result, judged: verdict.Verdict) -> str:
    run = result.run
    lines = [f"-- {run.clients.stored} orders, {run.confirmed} confirmed, {len(run.clients.lost)} lost, "
             f"{len(run.clients.duplicate)} duplicate, {len(run.clients.unexpected)} unexpected, "
             f"{run.suppressed} duplicates suppressed"]
    lines += [f"   {reason}" for reason in judged.reasons[:SENTENCES_MAX]]
    return "\n".join(lines)


def markdown(result: Result, judged: verdict.Verdict) -> str:
    parts = [f"# {'Replay' if result.options.replay_only else 'Chaos soak'}, seed {result.options.seed}: {judged.name}",
             *(f"- {reason}" for reason in judged.reasons), _head(result)]
    if result.series is not None and result.series.seconds:
        parts.append("![Orders accepted and confirmed in each second, with the faults](orders.svg)")
    parts += [_orders(result), _faults(result), _recovery(result), _replays(result), _processes(result),
              _bounds(result), _schedule(result)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    names = list(head)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join([*lines, *("| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |"
                                for row in rows)])


def _head(result: Result) -> str:
    options = result.options
    rows = [*result.versions.items(), ("seed", options.seed), ("replicas of each service", options.replicas),
            ("arrivals", f"{options.rate:g} a second for {options.minutes:g} minutes")]
    rows += [(name, f"{end - begin:.1f} s") for name, begin, end in result.phases]
    if result.baseline:
        rows.append(("order to confirmation before the first fault, with a card that pays at once",
                     f"p50 {result.baseline['p50'] * 1000:.0f} ms, p99 {result.baseline['p99'] * 1000:.0f} ms "
                     f"({result.baseline['orders']:.0f} orders)"))
    if result.run.broke_off:
        rows.append(("broke off", result.run.broke_off))
    return table(("", ""), rows)


def _orders(result: Result) -> str:
    run, load = result.run, result.load
    clients = run.clients
    rows = [("in the books", clients.stored), *result.statuses.items(),
            ("acknowledged to the customer", clients.ok), ("refused for good", clients.failed),
            ("unknown to the customer, and done", clients.unknown_done),
            ("unknown to the customer, and not done", clients.unknown_not_done),
            ("cancellations accepted", clients.cancelled_ok),
            ("lost acknowledged orders", len(clients.lost)), ("two orders for one operation", len(clients.duplicate)),
            ("orders that nobody asked for, or that were refused", len(clients.unexpected)),
            ("final states or cancellations that did not last", len(clients.broken))]
    if load:
        placed = max(1, load["placed"])
        rows += [("acknowledged within three retries under the same key",
                  f"{100 * load['ok'] / placed:.2f} % of {load['placed']}"),
                 ("of these at the first attempt", _first_attempt(load)),
                 ("repetitions answered with the same order", load["copies_same"]),
                 ("other baskets under a used key, refused", load["keys_refused"]),
                 ("answers that contradict earlier ones", load["broken_promises"]),
                 ("reads, and those without an answer", f"{load['reads']}, {load['reads_unanswered']}"),
                 ("customers turned away by the load program", load["turned_away"]),
                 ("arrivals behind their schedule, worst", f"{load['latest_start_ms']:.0f} ms"),
                 ("until acknowledged, from the planned arrival",
                  f"p50 {load['ok_ms_p50']:.0f} ms, p99 {load['ok_ms_p99']:.0f} ms, max {load['ok_ms_max']:.0f} ms")]
    drained = "not within the time" if run.drain_seconds is None else f"{run.drain_seconds:.1f} s"
    rows += [("all orders final and all events published after the load", drained),
             ("events never published", run.backlog)]
    parts = ["## Orders", table(("orders", ""), rows)]
    sentences = [*clients.sentences(), *run.promises, *run.audits, *run.strangers]
    parts += [f"- {sentence}" for sentence in sentences[:SENTENCES_MAX]]
    if len(sentences) > SENTENCES_MAX:
        parts.append(f"- and {len(sentences) - SENTENCES_MAX} more")
    return "\n\n".join(parts)


def _first_attempt(load: dict[str, Any]) -> int:
    return sum(one["count"] for one in load["ok_after_attempts"] if one["name"] == "1")


def _faults(result: Result) -> str:
    run = result.run
    if not run.planned:
        return ""
    planned = Counter(fault.kind for fault in result.faults)
    met = Counter(one.fault.kind for one in run.happened if one.effective)
    amount: Counter[str] = Counter()
    for one in run.happened:
        amount[one.fault.kind] += one.amount
    rows = [(kind, count, met[kind], amount[kind]) for kind, count in sorted(planned.items())]
    text = ["## Faults", table(("kind", "planned", "met something", "how many"), rows),
            f"Late copies published: {result.published_late}. Copies suppressed by the inboxes: {run.suppressed}, "
            "summed over restarts from the services' counters; what a process counted in the last seconds before it "
            "was killed is missing, so it is a lower bound."]
    return "\n\n".join(text)


def _recovery(result: Result) -> str:
    run = result.run
    if not run.planned:
        return ""

    def rows(groups: Iterable[happened.Group]) -> list[tuple[Any, ...]]:
        return [(group.name, len(group.alone), f"{group.percentile(0.99):.2f} s", f"{group.slowest:.2f} s",
                 "" if group.limit is None else f"{group.limit:.0f} s",
                 f"{len(group.met)}, {max(group.met, default=0.0):.2f} s", group.never) for group in groups]

    head = ("", "samples", "p99", "slowest", "limit", "disturbed, slowest", "never")
    return "\n\n".join([
        "## Recovery", "From the end of a fault (a kill ends when it is sent, so the restart is in it) until the first "
        "order placed after it is confirmed. Samples during which another fault was in force are told apart: they "
        "measure that one, too.", table(head, rows(happened.by_group(run.recovered, run.patience))),
        table(head, rows(happened.by_kind(run.recovered)))])


def _replays(result: Result) -> str:
    if not result.run.replays:
        return ""
    rows = [(one.inbox, one.events, one.published, one.deliveries, one.suppressed, one.answers, one.rows,
             "yes" if one.immune else "NO") for one in result.run.replays]
    text = ["## Replay of all events", "All retained events were published three times in random order. Compared is "
            "all state of all databases except outboxes, inboxes, attempts and the timeline; with the inboxes emptied "
            "also except the column that says where the timeline ends (orders.updated_at), because every late reply is "
            "one more line of it. All checks of the auditors were made after both: a replay fills the emptied inboxes "
            "again, so those about the inbox hold, too.",
            table(("inboxes", "events", "published", "deliveries", "suppressed", "answers", "rows compared",
                   "state unchanged"), rows)]
    text += [f"- {sentence}" for one in result.run.replays for sentence in one.wrong[:SENTENCES_MAX]]
    return "\n\n".join(text)


def _processes(result: Result) -> str:
    if not result.lives:
        return ""

    def growth(first: int, last: int) -> str:
        return f"{100 * (last - first) / max(1, first):+.1f} %"

    rows = [(life.name, f"{life.seconds:.0f} s", f"{life.memory_first >> 20} MB", f"{life.memory_last >> 20} MB",
             growth(life.memory_first, life.memory_last), life.files_first, life.files_last) for life in result.lives]
    return "\n\n".join(["## Processes", "Of each service the process that lived longest, from thirty seconds after its "
                        "first look.", table(("process", "for", "memory", "at the end", "growth", "descriptors",
                                              "at the end"), rows)])


def _bounds(result: Result) -> str:
    run = result.run
    effective = sum(1 for one in run.happened if one.effective)
    lines = ["## What this proves", "No failure in n independent trials bounds the rate of failures by 3/n (with 95 % "
             "confidence), for this load and these faults; it never shows that there is none."]
    if not run.clients.sentences():
        lines.append(f"- Of orders lost, doubled or made up: {verdict.bound(run.clients.stored)} "
                     f"({run.clients.stored} orders).")
        if effective:
            lines.append(f"- Of faults that lead to one: {verdict.bound(effective)} ({effective} faults, which overlap "
                         "and so are not quite independent).")
    return "\n\n".join(lines)


def _schedule(result: Result) -> str:
    if not result.faults:
        return ""
    done = {one.fault.number: one for one in result.run.happened}
    rows = []
    for fault in result.faults:
        one = done.get(fault.number)
        began = time.strftime("%H:%M:%S", time.gmtime(one.began)) if one else ""
        lasted = f"{one.ended - one.began:.1f} s" if one else ""
        what = (one.did or f"met nothing: {one.trouble}") if one else "the time was over"
        rows.append((fault.number, f"{fault.at:.1f} s", fault.kind, fault.target, began, lasted, what))
    head = ("", "planned at", "kind", "target", "began (UTC)", "lasted", "what it did")
    return "\n\n".join(["## Schedule", table(head, rows)])
