# numerics.py - runs attn-numerics on the artefacts of the bundle, which need no compiler

import os
import re
import subprocess
import threading

# What --quick runs: names of cases that have this in them.
QUICK = "causal"


def start_words(bundle, program, driver_folder):
    """How a binary of the bundle is started: by the loader and the C library that it was built with."""
    glibc = os.path.join(bundle, "glibc")
    folders = [glibc, os.path.join(bundle, "lib")] + ([driver_folder] if driver_folder else [])
    folders += [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    return [os.path.join(glibc, "ld-linux-x86-64.so.2"), "--library-path", ":".join(folders), os.path.join(bundle, "bin", program)]


def relay(words, log, say, limit):
    """Runs a program with its output shown by `say` and kept in `log`; ends it after `limit` seconds. The exit status, or None."""
    with open(log, "w") as stream:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        ended = threading.Event()

        def end():
            ended.set()
            process.kill()

        timer = threading.Timer(limit, end)
        timer.start()
        try:
            for line in process.stdout:
                stream.write(line)
                stream.flush()
                say(line.rstrip())
            status = process.wait()
            return None if ended.is_set() and status < 0 else status
        finally:
            timer.cancel()
            process.kill()


def run(bundle, arch, device, driver_folder, quick, log, say, limit):
    """What came of one architecture's cases: counts, failures, and whether they were run to the end."""
    words = start_words(bundle, "attn-numerics", driver_folder)
    words += [f"--device={device}", "--artifacts=" + os.path.join(bundle, "numerics", arch)]
    if quick:
        words.append("--filter=" + QUICK)
    status = relay(words, log, say, limit)
    with open(log) as stream:
        text = stream.read()
    counts = re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", text, re.M)
    result = {"failures": re.findall(r"^FAILED (.*)$", text, re.M), "status": status, "finished": bool(counts)}
    if counts:
        result.update(zip(("passed", "failed", "skipped"), map(int, counts[-1])))
    if status is None:
        result["why"] = f"it was ended after {limit:.0f} s"
    elif not counts:
        result["why"] = f"it ended with status {status} before it had counted; its output is in {log}"
    result["ok"] = status == 0 and bool(counts)
    return result
