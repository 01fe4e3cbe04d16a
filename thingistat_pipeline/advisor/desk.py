"""Where requests meet what is published: a few threads, so that nobody's work slows all others.

Answers are computed in threads, for the loop that speaks to clients must never wait for them. Only
so many work at once; more would only slow each other down. Pictures have a thread of their own, so
that they never hold up advice. How many may wait is the business of the guards.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import anyio
from anyio import to_thread
from fastapi import Depends, HTTPException, Request

from thingistat_pipeline.advisor.answered import PictureRanking
from thingistat_pipeline.advisor.decoding import Decoder, Refused
from thingistat_pipeline.advisor.published import Publications, Published
from thingistat_pipeline.advisor.uploads import Upload

THREADS = 4

Answer = TypeVar("Answer")


class Desk:
    """Answers questions from what is published at the moment.

    Parameters
    ----------
    publications : Publications
        What is published, at any time the newest.
    decoder : Decoder
        Opens pictures that clients send.
    """

    def __init__(self, publications: Publications, decoder: Decoder) -> None:
        self.publications = publications
        self._decoder = decoder
        self._threads = anyio.CapacityLimiter(THREADS)
        self._picture_thread = anyio.CapacityLimiter(1)

    async def answer(self, question: Callable[[Published], Answer]) -> Answer:
        """Return what `question`, called in a thread, makes of what is published now.

        A new publish in between changes nothing for a question that has begun.

        Raises
        ------
        NothingPublishedError
            If there is nothing yet.
        """

        def asked() -> Answer:
            with self.publications.use() as published:
                return question(published)

        return await to_thread.run_sync(asked, limiter=self._threads)

    async def ranking(self, uploads: Sequence[Upload]) -> PictureRanking:
        """Return candidate pictures in their order.

        Raises
        ------
        NothingPublishedError
            If there is nothing yet.
        HTTPException
            422 if none of them can be looked at.
        """

        def ranked() -> PictureRanking:
            pictures = self._decoder.decoded([upload.content for upload in uploads])
            reasons = [picture.reason for picture in pictures if isinstance(picture, Refused)]
            if len(reasons) == len(pictures):
                raise HTTPException(422, " ".join(dict.fromkeys(reasons)))
            names = [upload.name for upload in uploads]
            with self.publications.use() as published:
                return published.judge.ranked(names, pictures, published.catalogue.cards)

        return await to_thread.run_sync(ranked, limiter=self._picture_thread)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
"""Parameter of an endpoint: the app's desk."""
