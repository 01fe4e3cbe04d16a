"""What speaks for a picture and what against it, in words that somebody with a camera can use.

The comparison of pictures weighs a hundred figures. Those that a person can do something about are
reasons of their own; what all others add is one more, so that the reasons together are the whole of
what a picture was judged by.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from thingistat_pipeline.advisor.answered import Reason
from thingistat_pipeline.advisor.picture_models import FURTHEST
from thingistat_pipeline.features.pictures import PHOTOGRAPH, PREFIX
from thingistat_pipeline.report.wording import percent

Speaks = Literal["for", "against", "neither"]

LEAST_SAID = 0.03
"""Log odds: what changes the chance by less than 1 in 100 speaks neither for nor against."""
_ABOUT, _MUCH = 0.25, 1.0
"""Standard deviations from the average cover."""
_SURE = 0.99
_REST = "other"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A figure of a picture beside those of known covers.

    Attributes
    ----------
    value, centre, spread : float
        The picture's, and the mean and the standard deviation of the covers'.
    adds : float
        What it adds to the log odds, against the average cover.
    is_sure : bool
        Whether it is beyond doubt in which direction it speaks.
    """

    value: float
    centre: float
    spread: float
    adds: float
    is_sure: bool


@dataclass(frozen=True, slots=True)
class _Topic:
    """Something to say of a picture; without `in_words`, its number says nothing to anybody."""

    shown: str
    label: str
    more: str
    less: str
    in_words: Callable[[float], str] | None = None
    much_more: str = ""
    much_less: str = ""


def _share(value: float) -> str:
    return percent(value, 0)


def _off_centre(value: float) -> str:
    return f"{percent(value, 0)} off the middle"


_TOPICS = (
    _Topic("contrast_rms", "contrast", "stronger", "weaker", _share),
    _Topic("saturation_mean", "saturation", "more colourful", "paler", _share),
    _Topic("subject_off_centre", "subject", "further off", "nearer", _off_centre),
    _Topic("sharpness", "sharpness", "sharper", "softer", None, "sharp", "soft"),
    _Topic("brightness", "brightness", "brighter", "darker", _share),
)


def reasons(
    measures: Mapping[str, float], weighed: Mapping[str, Weighed], unnamed: float
) -> list[Reason]:
    """Return the reasons for a picture's place, always the same in the same order.

    Parameters
    ----------
    measures : Mapping of str to float
        By the names of the features of pictures.
    weighed : Mapping of str to Weighed
        Those of them that it was judged by; none where pictures are not judged.
    unnamed : float
        What figures without a name add to the log odds.
    """
    found = [_reason(topic, measures, weighed) for topic in _TOPICS]
    if PHOTOGRAPH in measures:
        found.append(_kind(measures[PHOTOGRAPH], weighed.get(PHOTOGRAPH)))
    if weighed:
        shown = {each.feature for each in found}
        rest = unnamed + sum(each.adds for name, each in weighed.items() if name not in shown)
        found.append(
            Reason(
                feature=_REST,
                label="everything else",
                value="",
                compared="colours, composition and what a network sees, together",
                speaks=_speaking(rest),
            )
        )
    return found


def _reason(topic: _Topic, measures: Mapping[str, float], weighed: Mapping[str, Weighed]) -> Reason:
    name = PREFIX + topic.shown
    shown = weighed.get(name)
    no_subject = topic.shown.startswith("subject") and not measures[f"{PREFIX}subject_area"]
    return Reason(
        feature=name,
        label=topic.label,
        value="nothing stands out" if no_subject else _said(topic, measures[name], shown),
        compared="" if shown is None else _compared(topic, shown),
        speaks=_speaks(shown),
    )


def _said(topic: _Topic, value: float, found: Weighed | None) -> str:
    if topic.in_words is not None:
        return topic.in_words(value)
    if found is None:
        return "not compared"
    distance = _distance(found)
    if abs(distance) < _MUCH:
        return "as usual"
    return topic.much_more if distance > 0 else topic.much_less


def _distance(found: Weighed) -> float:
    return (found.value - found.centre) / found.spread


def _compared(topic: _Topic, found: Weighed) -> str:
    distance = _distance(found)
    average = "the average cover"
    if topic.in_words is not None:
        average += f" ({topic.in_words(found.centre)})"
    if abs(distance) < _ABOUT:
        return f"about like {average}"
    much = "much " if abs(distance) >= _MUCH else ""
    rare = ", as few covers are" if abs(distance) > FURTHEST else ""
    return f"{much}{topic.more if distance > 0 else topic.less} than {average}{rare}"


def _kind(probability: float, found: Weighed | None) -> Reason:
    is_photograph = probability >= 0.5
    sure = probability if is_photograph else 1 - probability
    likely = f"more than {_share(_SURE)}" if sure > _SURE else _share(sure)
    return Reason(
        feature=PHOTOGRAPH,
        label="photograph or render",
        value=f"{'photograph' if is_photograph else 'render'} ({likely} likely)",
        compared="" if found is None else f"{_share(found.centre)} of covers are photographs",
        speaks=_speaks(found),
    )


def _speaks(found: Weighed | None) -> Speaks:
    return _speaking(found.adds) if found is not None and found.is_sure else "neither"


def _speaking(adds: float) -> Speaks:
    if abs(adds) < LEAST_SAID:
        return "neither"
    return "for" if adds > 0 else "against"
