"""Where the two gateways may differ. The suite reads its expectation from here, so a difference that is not
listed is a failure; `why` is what an operator should know when moving from one to the other."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Difference:
    haproxy: object
    kong: object
    why: str


DIFFERENCES = {
    "limit_per_user": Difference(
        True, False, "Kong sees one consumer, the issuer of the tokens, so it can only limit per address."),
    "refused_tokens_count": Difference(
        True, False, "Kong verifies the token before it counts; HAProxy counts first, which is cheaper."),
    "checks_issuer_audience_and_nbf": Difference(
        True, False, "Kong's jwt plugin checks signature and exp alone; the services check the rest."),
    "chunked_body": Difference(
        411, 200, "HAProxy cannot count a chunked body and demands a Content-Length; Kong counts it."),
    "slow_body": Difference(
        408, None, "HAProxy limits the time of the whole body; nginx limits the pause between two reads."),
    "oversize_with_expect": Difference(
        413, 417, "Kong answers 417 when the client asked first whether to send the body."),
    "repeats_a_read": Difference(
        True, False, "nginx would repeat PUT and DELETE together with reads, so Kong repeats nothing."),
    "knows_replicas": Difference(
        True, False, "HAProxy checks each replica; under Kong the network's name service chooses one."),
    "unrouted_method_on_the_catalogue": Difference(
        401, 404, "Kong's catalogue routes list their methods; HAProxy asks for a token first."),
}


def expected(kind, name):
    return getattr(DIFFERENCES[name], kind)
