"""A function that does not start reports why, in its log and its answer, as AWS's runtimes do.

The emulator alone answers with the text of an exception, under a type that AWS has not, and logs nothing.

Sources: awslambdaric (bootstrap.py) and aws-lambda-ric (UserFunction.js, LogPatch.js), the clients of AWS's
own runtimes: the types, the texts, and how they are logged. Beside what AWS logs, an import that fails has
the lines that led to it, and an error in syntax its place.

The emulator alone imports botocore into each Python function, to count in its calls how deep functions call
each other: most of the start of a function that does not use it. Here the function's own import does that.
"""

from ministack.core import lambda_runtime

from presso.local_aws.emulator_patches.internals import Patches

PATCHES = Patches()
PATCHES.uses(lambda_runtime, "_NODEJS_WORKER_SCRIPT", "_PYTHON_WORKER_SCRIPT")

_PYTHON_FUNCTION = r"""
def _presso_start_fault(error, module, handler, code_dir):
    import json, os, traceback
    place = os.path.join(code_dir, "")
    def task(text):
        return str(text).replace(place, "/var/task/")
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(place)]
    trace = [task(line) for line in traceback.format_list(own)]
    kind, text = type(error).__name__, task(error)
    if isinstance(error, AttributeError) and error.__traceback__.tb_next is None:
        kind, text = "Runtime.HandlerNotFound", f"Handler '{handler}' missing on module '{module}'"
    elif isinstance(error, SyntaxError):
        kind, text = "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {task(error)}"
        trace = ['  File "%s" Line %s\n    %s' % (task(error.filename), error.lineno, error.text)]
    elif isinstance(error, ImportError):
        kind, text = "Runtime.ImportModuleError", f"Unable to import module '{module}': {task(error)}"
    elif isinstance(error, SystemExit):
        kind, text = "Runtime.ExitError", f"Runtime exited with error: exit status {error.code}"
    return json.dumps({"type": kind, "message": text, "trace": trace})

class _PressoCountsDepth:
    # Finds the one module, and lets the emulator add to it what it counts with.
    def find_spec(self, name, path=None, target=None):
        if name != "botocore.handlers":
            return None
        import importlib.util, sys
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            execute = spec.loader.exec_module
            def exec_module(module):
                execute(module)
                sys.modules["botocore"].handlers = module  # as its import does afterwards
                _ms_install_invoke_depth()
            spec.loader.exec_module = exec_module
        return spec

def run():
"""
_PYTHON_COUNTED = "    _ms_install_invoke_depth()\n    try:\n"
_PYTHON_COUNTED_LATER = "    sys.meta_path.insert(0, _PressoCountsDepth())\n    try:\n"
_PYTHON_FAULT = r"""    except Exception as e:
        _real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\n")"""
_PYTHON_NAMED = r"""    except BaseException as e:
        fault = _presso_start_fault(e, module_name, handler_name, code_dir)
        _real_stdout.write(json.dumps({"status": "error", "error": fault}) + "\n")"""

_NODE_FUNCTION = r"""
// An exception has no place of an import that fails in an ES module, nor of an error in its syntax. The text
// of the file has the former, and Node.js's own check of the file the latter.
function _pressoPlace(codeDir, message) {
  const { spawnSync } = require("child_process");
  const all = fs.readdirSync(codeDir, { recursive: true }).map(String).sort();
  const own = all.filter((name) => /\.[cm]?js$/.test(name) && !name.includes("node_modules")).slice(0, 50);
  const imported = /(?:find (?:package|module)|requested module) '([^']+)'/.exec(message);
  for (const name of imported ? own : []) {
    const lines = fs.readFileSync(path.join(codeDir, name), "utf8").split("\n");
    const spec = path.isAbsolute(imported[1]) ? path.basename(imported[1]) : imported[1];
    const imports = (line) => /\b(?:import|from|export|require)\b/.test(line) && line.includes(spec);
    const at = lines.findIndex(imports);
    if (at >= 0) return [`${path.join(codeDir, name)}:${at + 1}`, lines[at]];
  }
  for (const name of own) {
    const file = path.join(codeDir, name);
    const { stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8" });
    if (stderr && stderr.startsWith(file)) return stderr.split("\n").slice(0, 3);
  }
  return [];
}

function _pressoStartFault(error, codeDir) {
  const task = (text) => String(text).replaceAll("file://", "").replaceAll(codeDir, "/var/task");
  const code = error && error.code;
  let type = error instanceof Error ? error.name : typeof error;
  let message = error instanceof Error ? error.message : String(error);
  let lines = String((error && error.stack) || "").split("\n");
  if (error instanceof SyntaxError) {
    type = "Runtime.UserCodeSyntaxError";
  } else if (code === "MODULE_NOT_FOUND") {
    type = "Runtime.ImportModuleError";
  }
  const failed = error instanceof SyntaxError || code === "ERR_MODULE_NOT_FOUND";
  if (failed && !lines.slice(1).some((line) => line.includes(codeDir))) {
    lines = [..._pressoPlace(codeDir, message), ...lines];
  }
  if (type.startsWith("Runtime.")) message = String(error);
  const trace = lines.filter((line) => !/^\s+at .*node:internal\//.test(line)).map(task);
  return JSON.stringify({ type, message: task(message), trace, code });
}

let handlerFn = null;
"""
_NODE_FAULT = r"""          status: "error", error: e.message
        }) + "\n");"""
_NODE_NAMED = r"""          status: "error", error: _pressoStartFault(e, code_dir)
        }) + "\n");"""
_NODE_HANDLER = "handlerFn = mod[handlerName] || (mod.default && mod.default[handlerName]) || mod.default;"
_NODE_OWN_HANDLER = "handlerFn = mod[handlerName];"
_NODE_MISSING = "            error: `Handler ${handlerName} is not a function in ${modPath}`"
_NODE_NOT_FOUND = """            error: JSON.stringify({
              type: "Runtime.HandlerNotFound",
              message: `${modPath}.${handlerName} is ` +
                (handlerFn ? "not a function" : "undefined or not exported"),
              trace: [],
            })"""
_CHANGES = {
    "_PYTHON_WORKER_SCRIPT": (
        (_PYTHON_FAULT, _PYTHON_NAMED),
        ("\ndef run():\n", _PYTHON_FUNCTION),
        (_PYTHON_COUNTED, _PYTHON_COUNTED_LATER),
    ),
    "_NODEJS_WORKER_SCRIPT": (
        (_NODE_FAULT, _NODE_NAMED),
        ("\nlet handlerFn = null;\n", _NODE_FUNCTION),
        (_NODE_HANDLER, _NODE_OWN_HANDLER),
        (_NODE_MISSING, _NODE_NOT_FOUND),
    ),
}
PATCHES.rewrite(lambda_runtime, _CHANGES, "starts functions in another way")
