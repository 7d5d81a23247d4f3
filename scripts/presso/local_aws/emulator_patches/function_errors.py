"""A function that fails reports why, in its log and its answer, as AWS's runtimes do.

The emulator alone answers each exception with the type `Runtime.HandlerError`, and where the process of a
function ends, or its result is not JSON, without the cause. Python's and Node.js's processes end there by
themselves: `sys.exit()`, a crash, a promise that is rejected and awaited by none.

Sources: awslambdaric (bootstrap.py, lambda_runtime_marshaller.py) and aws-lambda-ric (Runtime.js, index.mjs,
LogPatch.js, Errors.js), the clients of AWS's own runtimes: the types, the texts, and how they are logged; the
Lambda developer guide for the ten seconds of a start and the six megabytes of an answer. Beside what AWS
logs, there is the place in the code where a function timed out or ended, as far as its language has it.
"""

import contextlib
import contextvars
import json
import re
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from presso.local_aws.emulator_patches import computing_clock
from presso.local_aws.emulator_patches.internals import Json, Patches

PATCHES = Patches()
PATCHES.uses(lambda_runtime, "_NODEJS_WORKER_SCRIPT", "_PYTHON_WORKER_SCRIPT", "threading", _signal="proc")
PATCHES.uses(
    lambda_runtime.Worker,
    invoke="self event request_id trace_id depth durable invoked_function_arn",
    _drain_stderr="self",
    _spawn="self",
)
_START_FAILED = "Worker init failed: "
_CALL_FAILED = "Worker call failed: "
_DIED = "Worker process died"
_DIED_AT_START = "Worker process exited immediately"
_START_SECONDS = 10.0
_FIRST_AND_LAST_CALLS = 10
_WAIT_FOR_LAST_LINES = 5.0
# What Python's faulthandler writes before a function times out or when it crashes: calls, the last one first.
_DUMP = re.compile(
    r"^(?:Timeout \([\d:.]+\)!|Fatal Python error: .*)\n+"
    r"(?:(?:Current thread|Thread|Stack|Extension modules)\b.*\n?|  .*(?:\n|\Z)|"
    r"\n(?=Current|Thread|Extension))+",
    re.MULTILINE,
)
_CALL = re.compile(r'^  File ".*?/code/(.*)", line (\d+) in (.*)$', re.MULTILINE)
_HEAP_FULL = "JavaScript heap out of memory"
_EXIT = re.compile(r"^Exit\n((?:    at .*\n?)+)", re.MULTILINE)

_PYTHON_FUNCTIONS = r"""
_PRESSO_MOST_BYTES = 6291556

def _presso_fault(kind, text, frames, code_dir):
    import json, os, traceback
    place = os.path.join(code_dir, "")
    trace = [line.replace(place, "/var/task/") for line in traceback.format_list(frames)]
    fault = json.dumps({"type": kind, "message": text, "trace": trace})
    return json.dumps({"status": "error", "error": fault})

def _presso_exception(error, code_dir):
    import traceback
    kind, text = type(error).__name__, str(error)
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        how = f"with error: exit status {code}" if code else "without providing a reason"
        kind, text = "Runtime.ExitError", f"Runtime exited {how}"
    return _presso_fault(kind, text, traceback.extract_tb(error.__traceback__)[1:], code_dir)

def _presso_at(handler):
    import traceback
    code = getattr(handler, "__code__", None)
    return [traceback.FrameSummary(code.co_filename, code.co_firstlineno, code.co_name)] if code else []

def _presso_number(value):
    import decimal
    if not isinstance(value, decimal.Decimal):
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)

def _presso_result(result, handler, code_dir):
    import json
    at = _presso_at(handler)
    try:
        answer = json.dumps({"status": "ok", "result": result}, default=_presso_number)
    except Exception as error:
        return _presso_fault("Runtime.MarshalError", f"Unable to marshal response: {error}", at, code_dir)
    if len(answer) > _PRESSO_MOST_BYTES:
        text = f"Response payload size exceeded maximum allowed payload size ({_PRESSO_MOST_BYTES} bytes)."
        return _presso_fault("Function.ResponseSizeTooLarge", text, at, code_dir)
    return answer

def _presso_excess(handler, memory, code_dir):
    try:
        with open("/proc/self/status") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return ""
    if peak <= memory << 10:
        return ""
    text = f"Runtime exited with error: signal: killed; it took more than its {memory} MB of memory"
    return _presso_fault("Runtime.OutOfMemory", text, _presso_at(handler), code_dir)

class _PressoGuard:
    # Answers and ends this process when it takes more memory than the function has.
    def __init__(self, answers, handler, memory, code_dir):
        import _thread
        self._answers, self._excess = answers, lambda: _presso_excess(handler, memory, code_dir)
        self._running, self._answering = True, _thread.allocate_lock()
        _thread.start_new_thread(self._look, ())

    def _look(self):
        import os, time
        while self._running:
            time.sleep(0.05)
            with self._answering:
                if self._running and (excess := self._excess()):
                    self._answers.write(excess + "\n")
                    self._answers.flush()
                    os._exit(1)

    def end(self):
        with self._answering:
            self._running = False
        return self._excess()

def run():
"""
_PYTHON_BEFORE = """        try:
            result = handler_fn(event, context)
            _real_stdout.write(json.dumps({"status": "ok", "result": result}) + "\\n")
        except Exception as e:
            _real_stdout.write(json.dumps({"status": "error", "error": str(e), \
"trace": traceback.format_exc()}) + "\\n")
"""
_PYTHON_AFTER = """        _presso_before = max(0.2, float(os.environ.get("_LAMBDA_TIMEOUT", "3")) - 0.3)
        _presso_guard = _PressoGuard(_real_stdout, handler_fn, init.get("memory", 128), code_dir)
        try:
            faulthandler.dump_traceback_later(_presso_before, repeat=True)
            result = handler_fn(event, context)
            faulthandler.cancel_dump_traceback_later()
            answer = _presso_result(result, handler_fn, code_dir)
        except BaseException as e:
            faulthandler.cancel_dump_traceback_later()
            answer = _presso_exception(e, code_dir)
        answer = _presso_guard.end() or answer
        _real_stdout.write(answer + "\\n")
"""
_PYTHON_START = '    init = json.loads(sys.stdin.readline())\n    code_dir = init["code_dir"]\n'
_PYTHON_WATCHED_START = (
    """    import faulthandler
    faulthandler.enable(all_threads=False)
    faulthandler.dump_traceback_later(9.7, repeat=True)
"""
    + _PYTHON_START
    + '    _presso_guard = _PressoGuard(_real_stdout, None, init.get("memory", 128), code_dir)\n'
)
_PYTHON_READY = '        _real_stdout.write(json.dumps({"status": "ready", "cold": True}) + "\\n")\n'
_PYTHON_STARTED = """        faulthandler.cancel_dump_traceback_later()
        _presso_ready = _presso_guard.end() or json.dumps({"status": "ready", "cold": True})
        _real_stdout.write(_presso_ready + "\\n")
"""

_NODE_FUNCTIONS = r"""
const _presso = { answer: null, pending: null, drained: null, folder: "" };
const _PRESSO_NEVER_SETTLED = "The Lambda runtime client detected an unexpected Node.js exit code. This is " +
  "most commonly caused by a Promise that was never settled. For more information, see " +
  "https://nodejs.org/docs/latest/api/process.html#exit-codes";

function _pressoFault(type, message, stack, more) {
  const task = (text) => String(text).replaceAll("file://", "").replaceAll(_presso.folder, "/var/task");
  const lines = String(stack || "").split("\n").filter((line) => !/_worker\.|\(?node:internal\//.test(line));
  return JSON.stringify({ type, message: task(message), trace: lines.map(task), ...more });
}

function _pressoExcess() {
  const most = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  let peak;
  try {
    peak = /^VmHWM:\s+(\d+)/m.exec(fs.readFileSync("/proc/self/status", "utf8"));
  } catch {}
  if (!peak || Number(peak[1]) <= most * 1024) return "";
  const text = `Runtime exited with error: signal: killed; it took more than its ${most} MB of memory`;
  return _pressoFault("Runtime.OutOfMemory", text);
}

function _pressoException(error) {
  const type = error instanceof Error ? error.name : typeof error;
  const stack = [error && error.stack];
  for (let cause = error && error.cause; cause && stack.length < 5; cause = cause.cause)
    stack.push(`[cause]: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : cause}`);
  return _pressoFault(type, error instanceof Error ? error.message : error, stack.join("\n"));
}

function _pressoResult(result) {
  let answer;
  try {
    answer = JSON.stringify({ status: "ok", result: result === undefined ? null : result });
  } catch (error) {
    const text = `Unable to stringify response body: ${error.message.split("\n")[0]}`;
    return { status: "error", error: _pressoFault("Error", text) };
  }
  if (Buffer.byteLength(answer) > 6291556) {
    const text = "Response payload size exceeded maximum allowed payload size (6291556 bytes).";
    return { status: "error", error: _pressoFault("Function.ResponseSizeTooLarge", text) };
  }
  return answer;
}

function _pressoWrite(answer) {
  _realStdoutWrite((typeof answer === "string" ? answer : JSON.stringify(answer)) + "\n");
}

function _pressoCrash(kind, type, error) {
  const found = error instanceof Error ? error : new Error(String(error));
  const text = error instanceof Error ? `${error.name}: ${error.message}` : error;
  const fault = type ? _pressoFault(type, text, error && error.stack, { kind }) : _pressoException(found);
  if (_presso.answer) _presso.answer(fault);
  else _presso.pending = fault;
}

process.on("unhandledRejection", (reason) =>
  _pressoCrash("Unhandled Promise Rejection", "Runtime.UnhandledPromiseRejection", reason));
process.on("uncaughtException", (error) => _pressoCrash("Uncaught Exception", "", error));
// What waits for an invocation does not keep this process busy while one runs: then only the function does.
process.on("beforeExit", () => {
  if (_presso.answer && _presso.drained) _presso.drained();
  process.stdin.ref();
});
process.on("exit", () => {
  const lines = new Error().stack.split("\n").filter((line) => line.includes(_presso.folder + "/"));
  if (_presso.answer && lines.length) _realWriteSync(2, ["Exit", ...lines, ""].join("\n"));
});

let handlerFn = null;
"""
_NODE_INIT = "      const { code_dir, module: modPath, handler: handlerName, env } = msg;\n"
_NODE_OWN_INIT = (
    _NODE_INIT
    + """      _presso.folder = code_dir;
      _presso.answer = (fault) => _pressoWrite({ status: "error", error: fault });
      _presso.drained = () =>
        _presso.answer(_pressoFault("Runtime.ExitError",
          "Runtime exited with error: exit status 13; it awaits a promise that is never settled"));
      process.stdin.unref();
"""
)
_NODE_READY = '        _realStdoutWrite(JSON.stringify({ status: "ready", cold: true }) + "\\n");'
_NODE_STARTED = (
    """        await new Promise(setImmediate);
        process.stdin.ref();
        _presso.answer = null;
"""
    + _NODE_READY
)
_NODE_SETTLE = """        if (err) {
          _realStdoutWrite(JSON.stringify({
            status: "error", error: String(err.message || err), trace: err.stack || ""
          }) + "\\n");
        } else {
          _realStdoutWrite(JSON.stringify({ status: "ok", result: res }) + "\\n");
        }
      };
"""
_NODE_SETTLED = """        // A promise that has been rejected by now is reported first.
        if (err !== undefined && err !== null) answer({ status: "error", error: _pressoException(err) });
        else setImmediate(() => answer(_pressoResult(res)));
      };
      const answer = (given) => {
        if (!_presso.answer) return;
        _presso.answer = null;
        process.stdin.ref();
        const excess = _pressoExcess();
        _pressoWrite(excess ? { status: "error", error: excess } : given);
      };
      _presso.answer = (fault) => {
        settled = true;
        answer({ status: "error", error: fault });
      };
      if (_presso.pending) {
        _presso.answer(_presso.pending);
        return;
      }
      _presso.drained = () => {
        if (settled) return;
        if (handlerFn.constructor.name !== "AsyncFunction") settle(null, null);
        else _presso.answer(_pressoFault("Runtime.NodeJsExit", _PRESSO_NEVER_SETTLED));
      };
      process.stdin.unref();
"""
_NODE_PROMISE = "result.then(res => settle(null, res), err => settle(err));"
_NODE_REJECTED = 'result.then(res => settle(null, res), err => settle(err ?? "handled"));'
_NODE_THROWN = """      _realStdoutWrite(JSON.stringify({
        status: "error", error: e.message, trace: e.stack
      }) + "\\n");
"""
_NODE_NAMED = '      _pressoWrite({ status: "error", error: _pressoException(e) });\n'
_CHANGES = {
    "_PYTHON_WORKER_SCRIPT": (
        ("\ndef run():\n", _PYTHON_FUNCTIONS),
        (_PYTHON_BEFORE, _PYTHON_AFTER),
        (_PYTHON_START, _PYTHON_WATCHED_START),
        (_PYTHON_READY, _PYTHON_STARTED),
    ),
    "_NODEJS_WORKER_SCRIPT": (
        ("\nlet handlerFn = null;\n", _NODE_FUNCTIONS),
        (_NODE_INIT, _NODE_OWN_INIT),
        (_NODE_READY, _NODE_STARTED),
        (_NODE_SETTLE, _NODE_SETTLED),
        (_NODE_PROMISE, _NODE_REJECTED),
        (_NODE_THROWN, _NODE_NAMED),
    ),
}
PATCHES.rewrite(lambda_runtime, _CHANGES, "calls functions in another way")


@PATCHES.around(lambda_runtime.Worker)
def _drain_stderr(original: Callable[[Any], str], self: Any) -> str:
    """Return the lines that have been written; all of them, when the process has ended."""
    if self._proc is None and self._stderr_thread is not None:
        self._stderr_thread.join(_WAIT_FOR_LAST_LINES)
    return original(self)


@PATCHES.around(lambda_runtime.Worker)
def _spawn(original: Callable[[Any], None], self: Any) -> None:
    """Start a worker, which may take ten seconds; an error has its cause."""
    failed: list[Exception] = []

    def start() -> None:
        try:
            original(self)
        except Exception as error:
            failed.append(error)

    before, context = self._proc, contextvars.copy_context()
    starting = computing_clock.Thread(target=context.run, args=(start,), daemon=True)
    starting.start()
    starting.join(timeout=_START_SECONDS)
    late = starting.is_alive()
    if late and self._proc is not before:
        _end(self._proc)
        starting.join(timeout=_WAIT_FOR_LAST_LINES)
    if failed:
        raise _named(self, failed[0], late=late)
    self._presso_process = self._proc


def _end(process: Any) -> None:
    lambda_runtime._signal(process)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_WAIT_FOR_LAST_LINES)


def _named(worker: Any, error: Exception, *, late: bool) -> Exception:
    """An error of a start, with what the function wrote until then, and with the cause where it ended."""
    text, process = str(error), worker._proc
    if text.startswith(f"{_START_FAILED}{{"):
        fault: Json = json.loads(text.removeprefix(_START_FAILED))
    elif text.startswith(_DIED_AT_START):
        _end(process)
        fault = {"type": "Runtime.ExitError", "message": _exit_text(process.returncode), "trace": []}
    else:
        return error
    _end(process)
    worker._proc = None
    printed, trace = _parted(worker._drain_stderr())
    fault = _heap_full(worker, printed) or fault
    if late:
        message = f"Task timed out after {_START_SECONDS:.2f} seconds, while it started"
        fault = {"type": "Sandbox.Timedout", "message": message}
    fault["trace"] = fault.get("trace") or trace
    return RuntimeError(_START_FAILED + json.dumps({**fault, "printed": printed}))


@PATCHES.around(lambda_runtime.Worker)
def invoke(original: Callable[..., Json], self: Any, *arguments: Any, **named: Any) -> Json:
    """Invoke a function; an error has its cause, and its log the place."""
    result = original(self, *arguments, **named)
    printed, trace = _parted(result.get("log") or "")
    result["log"] = printed
    if result.get("status") != "error":
        return result
    text = str(result.get("error"))
    if text.startswith('{"type":'):
        fault: Json = json.loads(text)
    elif text == _DIED:
        process = self._presso_process
        _end(process)
        fault = {"type": "Runtime.ExitError", "message": _exit_text(process.returncode), "trace": trace}
        fault = _heap_full(self, printed) or fault
    elif text.startswith("Task timed out"):
        fault = {"type": "Sandbox.Timedout", "message": text, "trace": trace}
    else:
        return result
    return {**result, "error": _CALL_FAILED + json.dumps(fault), "trace": ""}


def _exit_text(code: int | None) -> str:
    """How a process ended, as Lambda words it."""
    if code is None or code == 0:
        return "Runtime exited without providing a reason"
    how = f"signal: {(signal.strsignal(-code) or str(-code)).lower()}" if code < 0 else f"exit status {code}"
    return f"Runtime exited with error: {how}"


def _heap_full(worker: Any, printed: str) -> Json | None:
    """The fault of a process of Node.js whose objects took more than its memory."""
    if _HEAP_FULL not in printed:
        return None
    memory = worker.config.get("MemorySize", 128)
    text = f"Runtime exited with error: signal: killed; it took more than its {memory} MB of memory"
    return {"type": "Runtime.OutOfMemory", "message": text, "trace": []}


def _parted(log: str) -> tuple[str, list[str]]:
    """What a function wrote itself; and the calls it was in when it was stopped, the last one last."""
    trace: list[str] = []
    for dump in _DUMP.findall(log):
        calls = _CALL.findall(dump)
        trace = [f'  File "/var/task/{file}", line {line}, in {name}' for file, line, name in reversed(calls)]
    log = _DUMP.sub("", log)
    for lines in _EXIT.findall(log):
        trace = [re.sub(r"\((?:file://)?\S*/code/", "(/var/task/", line) for line in lines.splitlines()]
    return _EXIT.sub("", log).strip("\n"), trace


@PATCHES.around(lambda_svc)
def _execute_function_warm(original: Any, func: Json, event: Any, request_id: str) -> Json:
    result: Json = original(func, event, request_id)
    config = func.get("config") or func
    fault = _fault(result, str(config.get("Handler") or ""))
    if fault is None:
        return result
    kind, text, trace = fault["type"], fault["message"], _few(fault.get("trace") or [])
    body: Json = {"errorType": kind, "errorMessage": text}
    if str(config.get("Runtime", "")).startswith("nodejs") and kind != "Sandbox.Timedout":
        body["trace"] = trace
        log = _node_line(fault, trace)
    else:
        body |= {"requestId": request_id, "stackTrace": trace}
        first = text if kind == "Sandbox.Timedout" else f"[ERROR] {kind}: {text}"
        log = "\n".join([first, *(["Traceback (most recent call last):"] if trace else []), *trace])
    printed = fault.get("printed") or result.get("log") or ""
    log = "\n".join(filter(None, [printed, log]))
    return {**result, "body": body, "log": log, "at_start": fault["at_start"]}


def _few(trace: list[str]) -> list[str]:
    """The first and the last calls: an endless recursion has a thousand."""
    most = _FIRST_AND_LAST_CALLS
    return trace if len(trace) <= 2 * most else [*trace[:most], *trace[-most:]]


def _node_line(fault: Json, trace: list[str]) -> str:
    """What the runtime of Node.js logs of an exception."""
    body = {"errorType": fault["type"], "errorMessage": fault["message"]}
    more = {"code": fault["code"]} if fault.get("code") else {}
    kind = fault.get("kind") or ("Uncaught Exception" if fault["at_start"] else "Invoke Error")
    found = {**body, **more, "stack": trace}
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{time}\tundefined\tERROR\t{kind} \t{json.dumps(found, ensure_ascii=False)}"


def _fault(result: Json, handler: str) -> Json | None:
    """Why a function failed; None when it did not, or when that is known already."""
    body = result.get("body")
    if not result.get("error") or not isinstance(body, dict):
        return None
    text = str(body.get("errorMessage"))
    if body.get("errorType") == "ValueError" and "." not in handler:
        return {
            "type": "Runtime.MalformedHandlerName",
            "message": f"Bad handler '{handler}': {text}",
            "at_start": True,
        }
    for start in (_START_FAILED, _CALL_FAILED):
        if text.startswith(f"{start}{{"):
            return {**json.loads(text.removeprefix(start)), "at_start": start == _START_FAILED}
    return None
