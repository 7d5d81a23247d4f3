"""The local AWS as a whole: the emulator and the offline provider server, started and stopped together."""

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from presso import atomic, confinement, disk, file_lock, interruption
from presso.confinement import DEVICES, MOST_MEMORY, SYSTEM, Limits, python
from presso.errors import PressoError, UsageError
from presso.folders import contents
from presso.linux.namespaces import NOBODY
from presso.local_aws import addresses, emulator_sandbox, record
from presso.local_aws.record import Daemon, Record
from presso.patience import Patience
from presso.processes import Process, given, kill_running, spawn, this_process

REGION = "us-east-1"
_START_SECONDS = 60.0
_LOCK_SECONDS = 120.0
_DATA_ID = "data-id"
# All that daemons keep of the user's environment: AWS settings, proxies and so on would change what they do.
_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TZ", "USER")


@dataclass(frozen=True)
class Running:
    """A local AWS that answers.

    Attributes:
        endpoint: The URL of every AWS service.
        control: The offline provider server's control socket.
        cli_config: Terraform CLI configuration file for runs by hand.
        folder: Where its data and logs are.
    """

    endpoint: str
    control: Path
    cli_config: Path
    folder: Path

    def environment(self, account: str | None = None) -> dict[str, str]:
        """Environment variables for running Terraform or the AWS CLI by hand against it.

        Args:
            account: The 12-digit account to act in. Its credentials are made up: they open nothing but this.
        """
        keys = {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "local"} if account else {}
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            **keys,
            "TF_CLI_CONFIG_FILE": str(self.cli_config),
        }


@dataclass(frozen=True)
class ProcessStatus:
    """One of the two processes.

    Attributes:
        name: `emulator` or `provider`.
        pid: None when it does not run.
        answers: Whether it answered just now.
        log: What it has written, kept until it is started again.
    """

    name: str
    pid: int | None
    answers: bool
    log: Path


@dataclass(frozen=True)
class Status:
    """What there is to know about the local AWS of a folder.

    Attributes:
        running: What answers, or None.
        parts: The emulator and the provider.
        data_lost: The emulator was killed since it was last stopped cleanly, and what was in it then is gone.
    """

    running: Running | None
    parts: tuple[ProcessStatus, ...]
    data_lost: bool


class LocalAws:
    """The local AWS whose data, logs and record are in one folder. Two folders never meet.

    Args:
        folder: Made when it is missing.
        owner: The process that it must not outlive; by default it runs until `stop`.
        provider: The module, or Python file, that serves Terraform providers on a control socket.
        enforce_iam: Whether requests need permissions (but for those with an account's own key), and rules
            need them for their targets.
        allowed_hosts: What the emulator may call (API destinations, subscriptions), beside what
            `PRESSO_ALLOWED_HOSTS` names: `HOST` or `HOST:PORT` each.
        confined: A folder around this one. Both parts are kept from everything outside it, and functions
            from everything but their own code and the emulator; what they do is written to `journal`.
        forget: Whether its data end when it is stopped: it writes none, and starts with none.
    """

    def __init__(
        self,
        folder: Path,
        *,
        owner: Process | None = None,
        provider: str = "offline_aws.server",
        enforce_iam: bool = False,
        allowed_hosts: Sequence[str] = (),
        confined: Path | None = None,
        forget: bool = False,
    ) -> None:
        self._allowed_hosts = allowed_hosts
        self._forget = forget
        self.folder = folder.resolve()
        self._confined = confined.resolve() if confined else None
        self._enforce_iam = enforce_iam
        self._owner = owner
        self._provider = provider

    @classmethod
    def of_this_process(
        cls, folder: Path, *, enforce_iam: bool = False, confined: Path | None = None, forget: bool = False
    ) -> "LocalAws":
        """A local AWS that ends when this process does, however that ends."""
        owner = this_process()
        return cls(folder, owner=owner, enforce_iam=enforce_iam, confined=confined, forget=forget)

    def ensure(self) -> Running:
        """Start what does not run. Safe to call again, and from several processes at once.

        Raises:
            PressoError: a part does not start (names its log), the wanted port is in use, the folder cannot
                be written, or what runs is on another port, or enforces IAM where this one does not.
            Stopped: A stop is requested; what this call has started is ended by then.
        """
        wanted = addresses.wanted_port()
        running = self.running()
        if running is None:
            with self._lock(), self._writing():
                running = self.running() or self._start(wanted)
        self._check_enforcement()
        if wanted is not None and running.endpoint != _endpoint(wanted):
            raise UsageError(
                f"The local AWS already runs on {running.endpoint}, not on port {wanted}.",
                hint=f"Stop it first (presso down), or unset {addresses.PORT_VARIABLE}.",
            )
        return running

    def running(self) -> Running | None:
        """What runs and answers; None unless both parts do."""
        found = self._record()
        if found is None or not found.serves():
            return None
        return self._running(found)

    def status(self) -> Status:
        """What runs, and since when its data are."""
        found = self._record()
        if found is None:
            parts = tuple(
                ProcessStatus(name, None, False, self.log(name)) for name in ("emulator", "provider")
            )
            return Status(None, parts, data_lost=False)
        emulator = self._part("emulator", found.emulator, lambda: addresses.answers_http(found.port))
        provider = self._part("provider", found.provider, lambda: addresses.accepts(Path(found.control)))
        return Status(self.running(), (emulator, provider), found.data_lost or _was_killed(found))

    def stop(self) -> bool:
        """Stop what runs and remove what it leaves: processes, port, sockets, temporary files.

        Data and logs stay. Once begun it goes on to its end, despite any signal.

        Returns:
            Whether anything ran.
        """
        if not self.folder.is_dir():
            return False
        with interruption.deferred(), self._lock():
            found = self._record()
            if found is None:
                return self._end_unrecorded()
            ran = found.runs()
            self._end(found)
            record.remove(self.folder)
            return ran

    def data_id(self) -> str:
        """What identifies its data: changes when they are lost. "" before the first start."""
        return (contents(self.folder / _DATA_ID) or b"").decode("utf-8", "replace")

    def processes(self) -> list[int]:
        """The pids of what runs."""
        found = self._record()
        parts = (found.emulator, found.provider) if found else ()
        return [part.process.pid for part in parts if part is not None]

    def unrecorded(self) -> list[int]:
        """The pids of parts of this folder's local AWS that no record names: it was lost, and they go on."""
        return [process.pid for process in self._unrecorded()]

    def log(self, part: str) -> Path:
        """The log of `emulator` or `provider`."""
        return self.folder / f"{part}.log"

    @property
    def journal(self) -> Path:
        """What functions did and rules delivered, where confined: an entry a line."""
        return self.folder / "journal.jsonl"

    def _check_enforcement(self) -> None:
        found = self._record()
        if found is not None and found.enforce_iam != self._enforce_iam:
            how = ("without", "with") if self._enforce_iam else ("with", "without")
            raise UsageError(
                f"The local AWS in {self.folder} already runs {how[0]} IAM enforced, not {how[1]}.",
                hint="Stop it first (presso down), or use another folder for this one.",
            )

    def _record(self) -> Record | None:
        found = record.read(self.folder)
        # A checkout that was copied brings the original's record along: that one is not ours.
        return found if found is not None and found.folder == str(self.folder) else None

    def _unrecorded(self) -> dict[Process, list[str]]:
        known = self.processes()
        words = ("-m", "presso.local_aws.daemon", "--folder", str(self.folder))
        return {process: line for process, line in given(*words).items() if process.pid not in known}

    def _end_unrecorded(self) -> bool:
        """End them, which nothing can use and which would write over the data; return whether any ran."""
        left = self._unrecorded()
        for process, line in left.items():
            process.end()
            if "--remove" in line:
                addresses.remove_control(Path(line[line.index("--remove") + 1]) / "control.sock")
        if left:
            self._end_emulator(None)
        return bool(left)

    def _part(self, name: str, daemon: Daemon | None, answers: Callable[[], bool]) -> ProcessStatus:
        if daemon is None or not daemon.process.alive():
            return ProcessStatus(name, None, False, self.log(name))
        return ProcessStatus(name, daemon.process.pid, answers(), self.log(name))

    def _start(self, wanted: int | None) -> Running:
        found = self._record()
        went_on = found is not None and found.lives()
        try:
            return self._started(found, wanted)
        except interruption.Stopped:
            if not went_on and (begun := self._record()):
                self._end(begun)
                record.remove(self.folder)
            raise

    def _started(self, found: Record | None, wanted: int | None) -> Running:
        if found is not None and not found.lives():
            self._end(found)
        if found is None:
            self._end_unrecorded()
        lost = found is not None and (found.data_lost or _was_killed(found))
        if found is None or not found.lives():
            control = addresses.control_socket(self.folder)
            found = Record(str(self.folder), str(control), owner=self._owner)
        found = self._write(replace(found, data_lost=lost))
        if found.emulator is None or not found.emulator.serves():
            found = self._spawn_emulator(replace(found, enforce_iam=self._enforce_iam), wanted)
        if found.provider is None or not found.provider.serves():
            found = self._spawn_provider(found)
        if found.emulator and not found.emulator.ready:
            self._await_ready("emulator", found.emulator.process)
            found = self._write(replace(found, emulator=replace(found.emulator, ready=True)))
        if found.provider and not found.provider.ready:
            self._await_ready("provider", found.provider.process)
            found = self._write(replace(found, provider=replace(found.provider, ready=True)))
        if not found.cli_config:
            found = self._write(replace(found, cli_config=str(self._write_mirror(Path(found.control)))))
        return self._running(found)

    def _running(self, found: Record) -> Running:
        return Running(_endpoint(found.port), Path(found.control), Path(found.cli_config), self.folder)

    def _spawn_emulator(self, found: Record, wanted: int | None) -> Record:
        self._end_emulator(found.emulator)
        if self._confined:
            _make_journal(self.journal)
        # A process missing in the record could never be stopped.
        with addresses.listening(wanted, self.folder / "port") as listener, interruption.deferred():
            self._name_data()
            port = listener.getsockname()[1]
            arguments = [
                "presso.local_aws.emulator",
                "--folder",
                str(emulator_sandbox.SPACE if self._boxed else self.folder),
                "--socket",
                str(listener.fileno()),
                *(f"--allow={host}" for host in (*self._allowed_hosts, *addresses.allowed_hosts())),
                *(["--enforce-iam"] if found.enforce_iam else []),
                *(["--journal", str(self.journal)] if self._confined else []),
                *(["--boxed"] if self._boxed else []),
                *(["--forget"] if self._forget else []),
            ]
            process = self._spawn("emulator", arguments, found, keep=(listener.fileno(),))
            return self._write(replace(found, port=port, emulator=Daemon(process)))

    def _name_data(self) -> None:
        """Give the data a new id, unless the emulator has data to load."""
        if not any((self.folder / "state").glob("*.json")) or not self.data_id():
            atomic.write(self.folder / _DATA_ID, secrets.token_hex(16))

    def _spawn_provider(self, found: Record) -> Record:
        if found.provider is not None:
            found.provider.process.end()
        control = Path(found.control)
        addresses.remove_control(control)
        with interruption.deferred():
            control.parent.mkdir(mode=0o700)
            process = self._spawn("provider", [self._provider, "--control", str(control)], found)
            return self._write(replace(found, provider=Daemon(process), cli_config=""))

    def _end(self, found: Record) -> None:
        if found.provider is not None:
            found.provider.process.end()
        self._end_emulator(found.emulator)
        addresses.remove_control(Path(found.control))

    def _end_emulator(self, daemon: Daemon | None) -> None:
        if daemon is not None:
            daemon.process.end()
        # Functions that are at work outlive the emulator, and their folders one that was killed.
        kill_running(self.folder / "tmp" / "ministack-")
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)

    def _spawn(self, part: str, arguments: list[str], found: Record, keep: tuple[int, ...] = ()) -> Process:
        watch = ["--folder", str(self.folder)]
        watch += ["--remove", str(Path(found.control).parent)] if part == "provider" else []
        if found.owner is not None:
            watch += ["--owner", f"{found.owner.pid}:{found.owner.started}"]
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        python_of_ours = [sys.executable, "-I", "-u"]
        program = [*python_of_ours, "-m", "presso.local_aws.daemon", *watch]
        if self._confined:
            kept = {"HOME": str(self.folder), "LANG": "C.UTF-8", "PATH": emulator_sandbox.path()}
        if self._boxed:
            inside = [*python_of_ours, *([] if arguments[0].endswith(".py") else ["-m"]), *arguments]
            program += ["--run", *self._limits(part, found).command(inside, box=True)]
        elif self._confined and part == "provider":
            program = self._limits(part, found).command([*program, *arguments], box=False)
        else:  # without a box the emulator confines itself, when it knows the functions' port
            program += arguments
        return spawn(program, folder=self.folder, log=self.log(part), environment=kept, keep=keep)

    @property
    def _boxed(self) -> bool:
        return self._confined is not None and not confinement.lacking()

    def _limits(self, part: str, found: Record) -> Limits:
        if part == "emulator":
            return emulator_sandbox.box(self.journal)
        control = str(Path(found.control).parent)
        return Limits(
            # Without a box it watches its owner itself.
            read=(*SYSTEM, *python(), *(() if self._boxed else ("/proc",))),
            write=(str(self._confined), control, *DEVICES),
            run=(),
            connect=(found.port,),
            network="kept",
            memory=0,  # each of its threads reserves much more than it fills
            data=MOST_MEMORY,
            with_parent=True,
        )

    def _await_ready(self, part: str, process: Process) -> None:
        log = self.log(part)
        patience = Patience([process.pid])
        patience.wait_until(
            lambda: _says_ready(log) or not process.alive() or interruption.requested(), _START_SECONDS
        )
        interruption.check()
        if _says_ready(log) and process.alive():
            return
        ended = not process.alive()
        process.end(seconds=2)
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        what = "ended while it started" if ended else f"did not answer within {_START_SECONDS:.0f} s"
        raise PressoError(
            f"The local AWS's {part} {what}{': ' + last[0] if last else ''}",
            hint=f"Its log: {log}",
        )

    def _write_mirror(self, control: Path) -> Path:
        from offline_aws.mirror import write_mirror

        written: Path = write_mirror(self.folder / "terraform", control, sys.executable)
        return written

    def _write(self, changed: Record) -> Record:
        record.write(self.folder, changed)
        return changed

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            opened = (self.folder / "lock").open("w")
        with opened as lock:
            if not file_lock.wait_for(lock.fileno(), _LOCK_SECONDS):
                raise PressoError(
                    "Another presso has been starting or stopping the local AWS for minutes.",
                    hint=f"It holds {lock.name}; end it and try again.",
                )
            yield

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Print an error that the folder cannot be written."""
        try:
            yield
        except OSError as error:
            hint = "Make that folder writable, or choose another by PRESSO_HOME."
            if disk.full_by(error):
                _, hint = disk.full_disk(self.folder)
            raise PressoError(
                f"The local AWS cannot keep its data in {self.folder}: {error.strerror}.", hint=hint
            ) from error


def _endpoint(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _make_journal(path: Path) -> None:
    """Create the file; its writer in the emulator's box is the user nobody, when this is root."""
    path.touch()
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


def _was_killed(found: Record) -> bool:
    """Whether the emulator has ended without writing its state (when a machine shuts down it does write)."""
    ended = found.emulator is not None and found.emulator.ready and not found.emulator.process.alive()
    return ended and not any((Path(found.folder) / "state").glob("*.json"))


def _says_ready(log: Path) -> bool:
    return b"ready" in log.read_bytes().splitlines()
