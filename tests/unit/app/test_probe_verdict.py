from __future__ import annotations

from kastellan.model.probe import Layer, Probed, Sign, Step


def found(*signs: Sign) -> Probed:
    steps = tuple(
        Step(layer=layer, of="b:9092", sign=sign, observation="seen") for layer, sign in zip(Layer, signs, strict=False)
    )
    return Probed(at_ms=1, bootstrap="b:9092", host="here", principal="User:me", steps=steps)


def test_the_first_layer_that_fails_is_the_verdict():
    assert found(Sign.OK, Sign.FAILED, Sign.FAILED).verdict == "The way breaks at the TCP connection of b:9092."


def test_what_was_not_tried_is_said():
    assert found(Sign.OK, Sign.WARNING, Sign.UNKNOWN).verdict == "Every layer works; 1 to look at, 1 could not be tried."
    assert found(Sign.OK).verdict == "Every layer works."
