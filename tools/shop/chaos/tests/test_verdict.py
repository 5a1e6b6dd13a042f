"""Pass, fail or inconclusive."""

from __future__ import annotations

import unittest
from dataclasses import replace

from tools.shop.chaos import verdict
from tools.shop.chaos.clients import Comparison
from tools.shop.chaos.happened import Happened, Recovery
from tools.shop.chaos.replay import Round
from tools.shop.chaos.schedule import Fault
from tools.shop.chaos.verdict import FAIL, INCONCLUSIVE, PASS, Run, bound, judge

DONE = [Happened(Fault(number, 1.0, "service.kill", "order-service"), 1, 1, "killed") for number in range(10)]
SAME = Round("intact", 10, 30, 30, 30, digest_before="a", digest_after="a")


def run(**changed) -> Run:
    good = Run(arrivals_planned=100, suppressed_min=5, planned=10, happened=DONE, clients=Comparison(stored=92, ok=92),
               suppressed=5, drain_seconds=3.0, replays=[SAME], confirmed=80)
    return replace(good, **changed)


class Judge(unittest.TestCase):
    def expect(self, name: str, reason: str, **changed) -> None:
        judged = judge(run(**changed))
        self.assertEqual(name, judged.name, judged.reasons)
        self.assertIn(reason, " ".join(judged.reasons))

    def test_a_run_that_shows_everything_passes(self) -> None:
        self.assertEqual((PASS, (), 0), (judge(run()).name, judge(run()).reasons, judge(run()).code))

    def test_every_broken_promise_fails(self) -> None:
        for member in ("lost", "duplicate", "unexpected", "broken"):
            with self.subTest(member):
                self.expect(FAIL, "this one", clients=Comparison(stored=92, **{member: ["this one"]}))
        self.expect(FAIL, "this one", promises=["this one"], promises_broken=1)
        self.expect(FAIL, "this one", audits=["this one"])
        self.expect(FAIL, "this one", strangers=["this one"])

    def test_orders_must_become_final_in_time(self) -> None:
        self.expect(FAIL, "was final", drain_seconds=None)
        self.expect(FAIL, "was final", drain_seconds=120.5)
        self.expect(FAIL, "never published", backlog=1)

    def test_a_replay_must_change_nothing(self) -> None:
        self.expect(FAIL, "changed state", replays=[replace(SAME, digest_after="b")])
        self.expect(FAIL, "row 7", replays=[replace(SAME, wrong=["row 7"])])

    def test_a_recovery_must_keep_to_its_limit(self) -> None:
        self.expect(FAIL, "5.1 s, at most 5", recovered=[Recovery(DONE[0], 5.1, True)])
        self.assertEqual(PASS, judge(run(recovered=[Recovery(DONE[0], 5.1, True)], patience=2)).name)
        self.expect(FAIL, "never", recovered=[Recovery(DONE[0], None, False)])
        self.assertEqual(PASS, judge(run(recovered=[Recovery(DONE[0], 5.1, False)])).name)

    def test_a_run_that_shows_too_little_is_inconclusive(self) -> None:
        self.expect(INCONCLUSIVE, "0 duplicates", suppressed=0, suppressed_min=0)
        self.expect(INCONCLUSIVE, "at least 5", suppressed=4)
        self.expect(INCONCLUSIVE, "8 of 10 faults", happened=DONE[:8])
        self.expect(INCONCLUSIVE, "at least 74", clients=Comparison(stored=50))
        self.expect(INCONCLUSIVE, "no order was confirmed", confirmed=0)
        self.expect(INCONCLUSIVE, "nothing was replayed", replays=[])
        self.expect(INCONCLUSIVE, "broke off", broke_off="out of disk")
        self.assertEqual(3, judge(run(suppressed=0)).code)

    def test_a_kind_that_met_nothing_is_inconclusive(self) -> None:
        idle = Happened(Fault(11, 1.0, "broker.alarm", "rabbitmq"), 1, 1, trouble="no alarm")
        self.expect(INCONCLUSIVE, "kind broker.alarm", happened=[*DONE, idle])

    def test_a_failure_weighs_more_than_a_doubt(self) -> None:
        self.expect(FAIL, "this one", audits=["this one"], suppressed=0)

    def test_the_bound_is_three_over_n(self) -> None:
        self.assertEqual("less than 0.015 of all", bound(200))
        self.assertEqual("nothing", bound(0))
        self.assertEqual(1, verdict.EXIT[FAIL])


if __name__ == "__main__":
    unittest.main()
