"""`causeline run` and `causeline record`: put the parts together, work until stopped, close them in order."""

from contextlib import ExitStack, closing
from pathlib import Path

from causeline.app.intake import Intake, connect_to
from causeline.app.live import LiveLoop, Retention
from causeline.app.pacing import PacedCheckpoints
from causeline.app.replaying import keep_story
from causeline.app.screen import RunScreen
from causeline.app.system_clock import RisingClock, SystemClock
from causeline.app.version import engine_version, package_version
from causeline.app.wire import Rules, open_checkpoints, open_log, open_store
from causeline.core.config import Settings
from causeline.core.errors import StoreError
from causeline.core.ports import ObservationLog, Store
from causeline.sources.connect import disconnect
from causeline.sources.recorder import Recorder
from causeline.streams.local import LocalCarrier
from causeline.streams.pipeline import Engine
from causeline.streams.suspect_logs import suspect_runs


def run(settings: Settings, rules: Rules, screen: RunScreen, for_seconds: float | None = None) -> None:
    """Watch the cluster until a signal or `for_seconds` ends it. Raises ClusterError, ConfigError or StoreError."""
    client = connect_to(settings)
    with ExitStack() as stack:
        stack.callback(disconnect, client)
        store = stack.enter_context(closing(open_store(settings.store.data_dir)))
        log = stack.enter_context(closing(open_log(settings)))
        loop = _loop(settings, rules, screen, store, log, stack)
        screen.began(f"watching {client.configuration.host}, keeping all in {settings.store.data_dir}; Ctrl-C ends")
        screen.say("reading the log")
        positions = log.positions() if loop.catch_up() else {}
        intake = Intake(settings, client, RisingClock(SystemClock(), loop.latest), positions=positions)
        with intake.stopped_by_signals(for_seconds):
            _work(loop, intake, screen)
        store.sync()


def _loop(
    settings: Settings, rules: Rules, screen: RunScreen, store: Store, log: ObservationLog, stack: ExitStack
) -> LiveLoop:
    checkpoints = stack.enter_context(closing(open_checkpoints(settings.store.data_dir)))
    engine = Engine(rules.base, settings.cluster.name)
    retention = Retention(log, store, settings.store, SystemClock())

    def on_saved(offset: int) -> None:
        retention.checkpointed(offset)
        keep_story(engine, store)

    paced = PacedCheckpoints(checkpoints, settings.store.checkpoint_seconds, on_saved=on_saved)
    version = engine_version(settings, rules.extra)
    return LiveLoop(LocalCarrier(engine, store, paced, version=version, due=paced.due), log, screen.told)


def _work(loop: LiveLoop, intake: Intake, screen: RunScreen) -> None:
    """Take batches to the end; whatever ends it but a store that fails, the state is kept."""
    try:
        with closing(intake.batches()) as batches:
            for batch in batches:
                for incident in loop.take(batch):
                    if incident.state == "open":
                        intake.ask_logs(suspect_runs(loop.topology, incident))
                screen.marked(batch.records)
                screen.counted(loop.records)
    except StoreError:
        raise
    except BaseException:
        loop.finish()
        raise
    loop.finish()


def record(settings: Settings, folder: Path, screen: RunScreen, for_seconds: float | None = None) -> int:
    """Record the cluster into `folder`; return how many records were written. Raises ClusterError or RecordingError."""
    client = connect_to(settings)
    about = {"cluster": settings.cluster.name, "recorded_by": f"causeline {package_version()}"}
    count = 0
    screen.began(f"recording {client.configuration.host} into {folder}; Ctrl-C ends")
    with ExitStack() as stack:
        stack.callback(disconnect, client)
        recorder = stack.enter_context(Recorder(folder, about, values_follow=True))
        intake = Intake(settings, client, RisingClock(SystemClock()), ticks=False, on_scrape=recorder.write_scrape)
        with intake.stopped_by_signals(for_seconds), closing(intake.batches()) as batches:
            for batch in batches:
                recorder.write(batch.records)
                screen.marked(batch.records)
                count += len(batch.records)
                screen.say(f"{count} records")
    return count
