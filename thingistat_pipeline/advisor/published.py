"""What is served: one consistent set of database and models, renewed whenever a run publishes.

A run of the pipeline turns links: of the database, and of each model. Somebody who looks while it
does so sees some turned and some not. So the links are watched; once they have rested for a moment,
what they name is loaded beside what is served, and takes its place in one step. Requests that are
under way keep what they began with, which is closed when the last of them has ended. What cannot be
loaded never takes the place of what could; but models that were removed beside a new publish, as a
forgetting removes them, are gone here too.

A server that has just started need not wait for everything: it answers as soon as there are pages
and advice, and says of the rest that it is being loaded.
"""

import gc
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from thingistat_pipeline.advisor.advice import Adviser
from thingistat_pipeline.advisor.answered import ModelState, Status
from thingistat_pipeline.advisor.candidates import CoverShape
from thingistat_pipeline.advisor.catalogue import Catalogue
from thingistat_pipeline.advisor.database import Database, served_version
from thingistat_pipeline.advisor.freed_memory import give_back
from thingistat_pipeline.advisor.links import CHOICE_MODELS, Links, links_now
from thingistat_pipeline.advisor.picture_models import PictureModels
from thingistat_pipeline.advisor.picture_ranking import PictureJudge
from thingistat_pipeline.advisor.reasons import reason_of
from thingistat_pipeline.advisor.tagging import Tagger
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.recommender.model_names import RECOMMENDER
from thingistat_pipeline.report.wording import listed
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import read_metrics, version_folder

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 1.0
TRY_AGAIN_SECONDS = 60.0
_NOT_YET = "It is being loaded. Try again in a few seconds."
_TOLD = ((ADVISOR,), CHOICE_MODELS, (RECOMMENDER,))
"""Of each model that the status tells of, in its order: what is loaded for it."""
_TRIES = 5
"""How often something is loaded anew because links were turned meanwhile, before it is taken."""
_WORLDS = {
    "sandbox": "sandbox",
    "thingiverse": "Thingiverse",
    "snapshot": "a published data set",
}


class NothingPublishedError(ThingistatError):
    """There is nothing to serve yet."""


@dataclass(frozen=True)
class Published:
    """One version of everything, which belongs together."""

    status: Status
    database: Database
    catalogue: Catalogue
    adviser: Adviser
    judge: PictureJudge
    tagger: Tagger


class Publications:
    """Serves the newest version of everything, and renews it when another one is published.

    A context manager: of what is published, pages and advice are loaded on entering, and the rest
    soon after. It is watched until leaving. Where there is nothing yet, it is picked up as soon as
    there is.

    Parameters
    ----------
    settings : Settings
    look_again_seconds : float, default=1.0
        How often the links are looked at.
    """

    def __init__(
        self, settings: Settings, *, look_again_seconds: float = LOOK_AGAIN_SECONDS
    ) -> None:
        self._settings = settings
        self._seconds = look_again_seconds
        self._lock, self._renewing = threading.Lock(), threading.Lock()
        self._served: _Served | None = None
        self._problem: str | None = None
        self._replaced = False
        self._left = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="publications", daemon=True)

    def __enter__(self) -> Self:
        """Load what pages and advice need, and begin to load the rest and to watch."""
        self.renew(rest=False)
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching, and let go of everything once nobody uses it."""
        self._left.set()
        self._watcher.join()
        self._serve(None)

    @property
    def problem(self) -> str | None:
        """Why what is published last is not what is served; None where it is."""
        return self._problem

    @property
    def loading(self) -> bool:
        """Whether something of what is served is not there yet, but will be soon."""
        served = self._served
        return served is not None and not served.whole

    def current(self) -> Published:
        """Return what is served now. It may be closed at any time: answer from `use`.

        Raises
        ------
        NothingPublishedError
            If there is nothing yet.
        """
        with self._lock:
            return self._require_served().published

    @contextmanager
    def use(self) -> Iterator[Published]:
        """Give what is served now for one request, and keep it open until its end.

        Raises
        ------
        NothingPublishedError
            If there is nothing yet.
        """
        with self._lock:
            served = self._require_served()
            served.users += 1
        try:
            yield served.published
        finally:
            with self._lock:
                served.users -= 1
                unused = served.retired and not served.users
            if unused:
                self._close(served)

    def renew(self, *, rest: bool = True) -> bool:
        """Load what is published now and serve it, if that can be done; return whether it is.

        Where nothing is served yet, pages and advice are served first, and the `rest` soon after:
        by this call or, without, by another.
        """
        with self._renewing:
            before = self._served
            try:
                loaded = _loaded(self._settings, before)
            except Exception as problem:
                if not isinstance(problem, ThingistatError):
                    logger.exception("What is published cannot be loaded.")
                else:
                    self._warn(problem)
                self._keep(before, _in_words(problem, self._settings))
                return False
            self._serve(loaded)
        if rest:
            self.load_rest()
        logger.info("Version %s is served.", loaded.published.status.version)
        return True

    def load_rest(self) -> None:
        """Load what the start has left out, and serve it beside what there is."""
        with self._renewing:
            served = self._served
            if served is None or served.whole:
                return
            try:
                whole = _completed(self._settings, served.published)
            except Exception as problem:
                logger.exception("Not all that is published can be loaded.")
                self._keep(served, _in_words(problem, self._settings))
                return
            with self._lock:
                status = whole.status.model_copy(update={"problem": self._problem})
                served.published, served.whole = replace(whole, status=status), True

    def _watch(self) -> None:
        self.load_rest()
        seen, tried, tried_at = None, None, 0.0
        while not self._left.wait(self._seconds):
            served = self._served
            if self._replaced:
                self._replaced = False
                gc.collect()  # what was served before may be in cycles, and is to be gone
                give_back()
            links = links_now(self._settings, served.published.database if served else None)
            if served and served.whole and links == served.links:
                tried = None
                self._keep(served, None)
            elif links != seen:
                pass  # a run is turning them: wait until they rest
            elif links != tried or time.monotonic() - tried_at > TRY_AGAIN_SECONDS:
                self.renew()
                tried, tried_at = links, time.monotonic()
            seen = links

    def _serve(self, loaded: "_Served | None") -> None:
        with self._lock:
            old, self._served, self._problem = self._served, loaded, None
            if old:
                old.retired = True
            unused = old and not old.users
        if old and unused:
            self._close(old)

    def _close(self, served: "_Served") -> None:
        """Let go of what is served no more; the watcher sees to the memory."""
        served.published.database.close()
        self._replaced = True

    def _warn(self, problem: ThingistatError) -> None:
        """Tell whoever runs the server what clients are told, and where, but not time and again."""
        if reason_of(problem, self._settings) != self._problem:
            # the words alone: whoever keeps the error keeps all that was being loaded
            logger.warning("%s", str(problem))

    def _keep(self, served: "_Served | None", problem: str | None) -> None:
        """Go on with what is served, and say why it is not the newest, if it is not."""
        with self._lock:
            if problem == self._problem:
                return
            self._problem = problem
            if served:
                status = served.published.status.model_copy(update={"problem": problem})
                served.published = replace(served.published, status=status)

    def _require_served(self) -> "_Served":
        if self._served is None:
            raise NothingPublishedError(
                self._problem or reason_of(_nothing_in(self._settings), self._settings)
            )
        return self._served


@dataclass(eq=False)
class _Served:
    """What is served, the links by which it was found, and how many requests use it."""

    published: Published
    links: Links
    whole: bool = True
    users: int = 0
    retired: bool = False


def _loaded(settings: Settings, before: _Served | None) -> _Served:
    """Load what is published now, again if links were turned while it was loaded."""
    for _ in range(_TRIES):
        if not settings.published_file.exists():
            raise NothingPublishedError(_nothing_in(settings))
        database = Database(settings.published_file)
        with ExitStack() as unless_served:
            unless_served.callback(database.close)
            links = links_now(settings, database)
            published = _opened(settings, database)
            if before:  # there is time: something is served meanwhile
                published = _completed(settings, published)
            if links == links_now(settings, database):
                if before:
                    _require_no_loss(settings, before.published, published)
                unless_served.pop_all()
                return _Served(published, links, whole=before is not None)
    raise ThingistatError("What is published changes faster than it can be loaded.")


def _opened(settings: Settings, database: Database) -> Published:
    """Load what pages and advice need."""
    with ThreadPoolExecutor(2) as pool:
        advising = pool.submit(Adviser.load, settings, database)
        catalogue = Catalogue(database, settings)
        adviser = advising.result()
    shape = CoverShape(settings.thumbnail_pixels, aspect=None)
    nothing_yet = PictureModels(None, None, None, _NOT_YET, shape, loading=True)
    judge = PictureJudge(nothing_yet, synthetic=database.synthetic)
    tags = ModelState(
        name=RECOMMENDER, available=False, loading=True, version=None, reason=_NOT_YET
    )
    tagger = Tagger(None, tags, None, None, catalogue.tags, synthetic=database.synthetic)
    (told,) = database.rows("status")
    return Published(
        status=Status(
            source=listed([_WORLDS.get(each, each) for each in database.sources]) or "nothing",
            synthetic=database.synthetic,
            things=told["things"],
            observed_from=_in_utc(told["observed_from"]),
            observed_to=_in_utc(told["observed_to"]),
            version=database.version,
            models=[adviser.state(), judge.state(), tagger.state()],
        ),
        database=database,
        catalogue=catalogue,
        adviser=adviser,
        judge=judge,
        tagger=tagger,
    )


def _completed(settings: Settings, published: Published) -> Published:
    """Load the rest: what ranks pictures and suggests tags, and what advice has to compile."""
    database, adviser = published.database, published.adviser
    with ThreadPoolExecutor(2) as pool:
        judging = pool.submit(PictureJudge.load, settings, database)
        adviser.warm_up()
        tagger = Tagger.load(settings, database, published.catalogue.tags)
        judge = judging.result()
    models = [adviser.state(), judge.state(), tagger.state()]
    return replace(
        published,
        status=published.status.model_copy(update={"models": models}),
        judge=judge,
        tagger=tagger,
    )


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def _require_no_loss(settings: Settings, old: Published, new: Published) -> None:
    """Refuse to serve something without a model that was served, if that one is broken.

    A model for which there is too little to learn from says so itself, and is nothing broken. Nor
    is one of which no version is stored any more beside another database: it was removed, and may
    know what was published before and must not be known now.
    """
    is_another = new.database.version != old.database.version
    for had, state, models in zip(old.status.models, new.status.models, _TOLD, strict=True):
        is_lost = had.available and not state.available
        is_removed = is_another and not all(_is_stored(settings, model) for model in models)
        if is_lost and not is_removed and not _says_why(settings, new, models[0]):
            raise ThingistatError(
                state.reason or f"The model {state.name} cannot be loaded any more."
            )


def _is_stored(settings: Settings, model: str) -> bool:
    return version_folder(settings.models_dir, model).is_dir()


def _says_why(settings: Settings, new: Published, model: str) -> bool:
    try:
        version = served_version(settings, new.database, model)
        metrics = read_metrics(settings.models_dir, model, version=version)
    except ThingistatError:
        return False
    return not metrics.get("fitted", metrics.get("judged", True))


def _nothing_in(settings: Settings) -> str:
    return (
        f"Nothing is published in {settings.data_dir} yet: run `make run` first (or `thingistat "
        "run`), or name the data folder of an earlier run (--data-dir, THINGISTAT_DATA_DIR)."
    )


def _in_words(problem: Exception, settings: Settings) -> str:
    if isinstance(problem, ThingistatError):
        return reason_of(problem, settings)
    return (
        f"What was published last cannot be loaded ({type(problem).__name__}); the log says more. "
        "Run `make run` again."
    )
