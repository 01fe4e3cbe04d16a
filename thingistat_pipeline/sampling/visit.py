"""One id: what is asked, what is written down, and the record that follows from it.

Asking and understanding are apart on purpose. `visit` asks and journals; `record_of` makes the
record from the journal's lines alone, so that a night's records can be made again without asking.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from thingistat_pipeline.sampling.journal import NO_TREE, Answered, Tried, Visit, Why
from thingistat_pipeline.thingiverse.answers import (
    PERSONAL_KEYS,
    UnknownShape,
    UnreadableAnswer,
    clean_text,
    iso_z,
    scrub,
)
from thingistat_pipeline.thingiverse.client import Answer, ThingiverseClient
from thingistat_pipeline.thingiverse.errors import Refused, TokenRejected, Unavailable, Verdict
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.likers import hash_liker
from thingistat_pipeline.thingiverse.payloads import (
    ThingAnswer,
    decode_categories,
    decode_files,
    decode_images,
    decode_thing,
)
from thingistat_pipeline.thingiverse.records import Outcome, Quarantined, Record, Resource

T = TypeVar("T")

_FORGOTTEN = "forgotten"
"""Outcome of an answer that is not written down, because its creator is forgotten."""

_OUTCOMES: dict[Verdict, Outcome] = {
    Verdict.GONE: "gone",
    Verdict.PRIVATE: "private",
    Verdict.MODERATED: "moderated",
}


@dataclass(frozen=True)
class Visitor:
    """Asks for things one by one and journals what it hears.

    Attributes
    ----------
    client : ThingiverseClient
    write : callable
        Takes each journal line as soon as it is known.
    subresources : collection of str
        What is asked about live things: categories, likes, files, images.
    likers_cap : int
        Likers fetched for a thing at most; none are asked for when it is zero.
    liker_key : bytes
        Key of the likers' hashes.
    keep_personal_data : bool
        Whether creators' names and places are written down.
    forgotten : Forgotten
        What is not written down. It learns of new things of forgotten creators.
    now : callable
        Our clock, seconds since the epoch.
    not_before : str
        When the night was planned. Nothing is observed earlier, whatever clocks have been set back.
    """

    client: ThingiverseClient
    write: Callable[[Answered | Tried], None]
    subresources: tuple[str, ...]
    likers_cap: int
    liker_key: bytes
    keep_personal_data: bool = False
    forgotten: Forgotten = field(default_factory=Forgotten)
    now: Callable[[], float] = time.time
    not_before: str = ""

    def visit(
        self,
        thing_id: int,
        *,
        why: Why,
        attempts: int = 1,
        panel: bool = False,
        known: Iterable[Answered] = (),
    ) -> Tried:
        """Find out what an id stands for, and return the line that says so.

        Parameters
        ----------
        thing_id : int
        why : {"frame", "panel", "retry"}
        attempts : int
            Which attempt at this id it is, over all nights.
        panel : bool
            Whether the id is asked for because it belongs to the panel.
        known : iterable of Answered
            Answers of an attempt that was interrupted; they are not asked for again.

        Raises
        ------
        TokenRejected, Blocked, Unavailable
            When it is us who are refused, or nobody can tell; nothing is said about the id then.
        """
        before = self.client.requests_sent
        answers = list(known)
        first = next((each for each in answers if each.resource == "thing"), None)
        if first is None:
            first = self._answer("thing", thing_id, lambda: self.client.thing(thing_id))
            if first.outcome == _FORGOTTEN:
                return self._passed_over(first, why, before)
            answers.append(first)
            self.write(first)
        outcome, reason, thing = _decide(first, thing_id)
        if thing is not None:
            self._ask_subresources(thing, answers)
        tried = Tried(
            thing_id=thing_id,
            why=why,
            outcome=outcome,
            observed_at=first.observed_at,
            fetched_at=self._our_time(),
            requests=self.client.requests_sent - before,
            attempts=attempts,
            panel=panel,
            status=first.status,
            reason=reason,
        )
        self.write(tried)
        return tried

    def _passed_over(self, answer: Answered, why: Why, before: int) -> Tried:
        """Remember a new thing of somebody who is forgotten; nothing of it is written down."""
        self.forgotten.remember(things=[answer.thing_id])
        return Tried(
            thing_id=answer.thing_id,
            why=why,
            outcome="gone",
            observed_at=answer.observed_at,
            fetched_at=self._our_time(),
            requests=self.client.requests_sent - before,
        )

    def _ask_subresources(self, thing: ThingAnswer, answers: list[Answered]) -> None:
        """Ask for what is wanted, not known yet, and not certainly empty."""
        thing_id, client = thing.thing.id, self.client
        done = {each.resource for each in answers if each.resource != "likes"}

        def ask(resource: Resource, question: Callable[[], Answer]) -> None:
            if resource in self.subresources and resource not in done:
                answers.append(self._answer(resource, thing_id, question))
                self.write(answers[-1])

        ask("categories", lambda: client.categories(thing_id))
        if "likes" in self.subresources and self.likers_cap and thing.thing.like_count != 0:
            self._ask_likes(thing_id, answers)
        if thing.thing.file_count != 0:
            ask("files", lambda: client.files(thing_id))
        if thing.zip_images is None:
            ask("images", lambda: client.images(thing_id))

    def _ask_likes(self, thing_id: int, answers: list[Answered]) -> None:
        """Fetch pages of likers until the last one, the cap, or a page that brings nobody new."""
        pages = [each for each in answers if each.resource == "likes"]
        while _wants_page(pages, self.likers_cap):
            try:
                page = self.client.likes_page(thing_id, pages[-1].next_page if pages else None)
            except TokenRejected:
                pages.append(self._rejected("likes", thing_id))
            except UnknownShape as error:
                pages.append(self._missing("likes", thing_id, str(error), status=200))
            except Unavailable as error:
                if isinstance(error, Refused):
                    self._make_sure_of_ourselves()
                pages.append(self._missing("likes", thing_id, str(error)))
            else:
                room = self.likers_cap - len(_distinct_likers(pages))
                hashes = {hash_liker(user, self.liker_key): None for user in page.user_ids}
                new = [
                    liker
                    for liker in hashes
                    if liker not in _distinct_likers(pages) and not self.forgotten.liker(liker)
                ]
                pages.append(
                    Answered(
                        thing_id=thing_id,
                        resource="likes",
                        observed_at=max(page.observed_at, self.not_before),
                        status=200,
                        likers=new[:room],
                        next_page=page.following,
                        cut=len(new) > room,
                    )
                )
            answers.append(pages[-1])
            self.write(pages[-1])

    def _answer(
        self, resource: Resource, thing_id: int, question: Callable[[], Answer]
    ) -> Answered:
        """Return the line for an answer, without personal data."""
        try:
            answer = question()
        except Unavailable as error:
            return self._missing(resource, thing_id, str(error))
        except TokenRejected:
            return self._rejected(resource, thing_id)
        if answer.verdict is Verdict.REFUSED:
            self._make_sure_of_ourselves()
        outcome, tree, reason = answer.verdict.value, NO_TREE, answer.reason
        if answer.verdict is Verdict.OK:
            try:
                kept = scrub(answer.tree, () if self.keep_personal_data else PERSONAL_KEYS)
                if resource == "thing":
                    kept = self.forgotten.answer(kept)
                    outcome = _FORGOTTEN if kept is None else outcome
                tree = Raw(msgspec.json.encode(kept))
            except UnreadableAnswer as error:
                reason = str(error)
            except (ValueError, OverflowError, RecursionError) as error:
                reason = f"cannot be written down ({type(error).__name__})"
        return Answered(
            thing_id=thing_id,
            resource=resource,
            observed_at=max(answer.observed_at, self.not_before),
            outcome=outcome,
            status=answer.status,
            reason=reason,
            tree=tree,
        )

    def _make_sure_of_ourselves(self) -> None:
        """Ask for what anybody may see; raises when it is not one answer but us who are refused."""
        self.client.newest()

    def _rejected(self, resource: Resource, thing_id: int) -> Answered:
        self._make_sure_of_ourselves()
        return self._missing(
            resource, thing_id, "status 401 for this alone, while the token is accepted elsewhere"
        )

    def _missing(
        self, resource: Resource, thing_id: int, reason: str, *, status: int = 0
    ) -> Answered:
        return Answered(
            thing_id=thing_id,
            resource=resource,
            observed_at=max(self._our_time(), self.not_before),
            outcome=Verdict.TRANSIENT.value,
            status=status,
            reason=reason,
        )

    def _our_time(self) -> str:
        return iso_z(datetime.fromtimestamp(self.now(), UTC))


def record_of(visit: Visit) -> Record:
    """Return the record that a journaled attempt amounts to.

    A live thing whose answers are incomplete or not understood in parts is still ``ok``: the parts
    are ``None`` and `reason` says why.
    """
    tried, answers = visit.tried, visit.answers
    by_resource: dict[str, Answered] = {
        each.resource: each for each in answers if each.resource != "likes"
    }
    outcome, reason, thing = (
        _decide(by_resource["thing"], tried.thing_id)
        if "thing" in by_resource
        else (tried.outcome, tried.reason, None)
    )
    common: dict[str, Any] = {
        "thing_id": tried.thing_id,
        "observed_at": tried.observed_at,
        "outcome": outcome,
        "status": tried.status or None,
        "panel": tried.panel,
    }
    if thing is None:
        held = outcome == "quarantined" and "thing" in by_resource
        strange = [_put_aside(by_resource["thing"], reason)] if held else None
        return Record(**common, reason=reason, quarantined=strange)
    troubles: list[str] = []
    aside: list[Quarantined] = []

    def part(resource: Resource, decode: Callable[[Any], T]) -> T | None:
        answer = by_resource.get(resource)
        if answer is None:
            return None
        try:
            if answer.has_tree:
                return _understood(answer, decode)
            troubles.append(f"{resource}: {answer.reason or 'no answer'}")
            if answer.is_strange:
                aside.append(_put_aside(answer, answer.reason))
        except UnknownShape as error:
            troubles.append(f"{resource}: {error}")
            aside.append(_put_aside(answer, str(error)))
        return None

    files = part("files", decode_files) if "files" in by_resource else thing.zip_files
    images = part("images", decode_images) if "images" in by_resource else thing.zip_images
    categories = part("categories", decode_categories)
    likers, truncated = _likers(answers, thing, troubles)
    aside += [_put_aside(each, each.reason) for each in _strange_likes(answers)]
    return Record(
        **common,
        thing=thing.thing,
        categories=categories,
        files=[] if files is None and thing.thing.file_count == 0 else files,
        images=images,
        likers=likers,
        likers_truncated=truncated,
        reason="; ".join(troubles) or None,
        quarantined=aside or None,
    )


def _put_aside(answer: Answered, reason: str | None) -> Quarantined:
    return Quarantined(
        resource=answer.resource, reason=reason or "no answer - at `$`", text=answer.text
    )


def _strange_likes(answers: Iterable[Answered]) -> list[Answered]:
    """Return the first page of likers that was not understood, if there is one."""
    return [each for each in answers if each.resource == "likes" and each.is_strange][:1]


def _decide(answer: Answered, thing_id: int) -> tuple[Outcome, str | None, ThingAnswer | None]:
    """Return what a thing's answer comes to, why, and the thing when it is live and understood."""
    if answer.outcome != Verdict.OK.value:
        outcome = _OUTCOMES.get(Verdict(answer.outcome), "retry")
        return outcome, answer.reason, None
    if not answer.has_tree:
        return "quarantined", answer.reason or "no answer - at `$`", None
    try:
        thing = _understood(answer, decode_thing)
    except UnknownShape as error:
        return "quarantined", str(error), None
    if thing.thing.id != thing_id:
        return "quarantined", f"Asked for {thing_id}, answered {thing.thing.id} - at `$.id`", None
    return "ok", None, thing


def _understood(answer: Answered, decode: Callable[[Any], T]) -> T:
    """Return what an answer says.

    Whatever else a decoder stumbles over counts as an unknown shape: it costs one answer and is
    kept in the journal for a better decoder, where an exception would stop every night to come.
    """
    try:
        return decode(msgspec.json.decode(answer.tree))
    except UnknownShape:
        raise
    except (ValueError, OverflowError, RecursionError) as error:
        told = f"{type(error).__name__}: {clean_text(str(error))[:100]}"
        raise UnknownShape(f"Not understood ({told}) - at `$`") from None


def _likers(
    answers: Iterable[Answered], thing: ThingAnswer, troubles: list[str]
) -> tuple[list[int] | None, bool | None]:
    """Return the likers, each once, and whether there are more; neither when a page is missing."""
    pages = [each for each in answers if each.resource == "likes"]
    failed = [each for each in pages if each.likers is None]
    if failed:
        troubles.append(f"likes: {failed[0].reason}")
        return None, None
    if not pages:
        return ([], False) if thing.thing.like_count == 0 else (None, None)
    likers = list(_distinct_likers(pages))
    if not likers and thing.thing.like_count:
        troubles.append(f"likes: nobody is listed, where {thing.thing.like_count} are counted")
        return None, None
    return likers, pages[-1].cut or pages[-1].next_page is not None


def _wants_page(pages: list[Answered], cap: int) -> bool:
    """Whether another page of likers is due; one that brought nobody new would go on for ever."""
    if not pages:
        return True
    more = bool(pages[-1].likers) and pages[-1].next_page is not None
    return more and len(_distinct_likers(pages)) < cap


def _distinct_likers(pages: Iterable[Answered]) -> dict[int, None]:
    return dict.fromkeys(liker for page in pages for liker in page.likers or [])
