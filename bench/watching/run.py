#!/usr/bin/env python3
"""What a watch costs: processor time and memory of Tidemark, its start-up included, on one zoo service of each runtime, without captures and with them.

    bench/watching/run.py [RUNTIME/CASE ...] [--for SECONDS]

The services run one after another. What stands behind the last capture (the analysis) is told apart: it begins when the watch ends.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ["dotnet/invoice-mailer", "go/unbounded-cache", "jvm/session-registry", "node/price-feed", "python/log-handlers", "native/telemetry-sink"]
TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def start(case):
    for command in case["setup"]:
        subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    service = subprocess.Popen(case["start"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, text=True)
    for line in service.stdout:
        if line.strip() == "ready":
            break
    threading.Thread(target=lambda: [None for _ in service.stdout], daemon=True).start()
    members = [int(p) for p in subprocess.run(["pgrep", "-g", str(service.pid)], capture_output=True, text=True).stdout.split()]
    return service, max(members, key=resident)


def watch(pid, seconds, *options):
    """Processor time and memory of one diagnosis of a process: of the watch, and of the analysis that follows the last capture."""
    with tempfile.TemporaryDirectory() as folder:
        tidemark = subprocess.Popen(
            [ROOT / "artifacts/tidemark/tidemark", "diagnose", "--pid", str(pid), "--for", f"{seconds}s", *options, "--format", "json", "--out", f"{folder}/case"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        threading.Thread(target=lambda: tidemark.stdout.read(), daemon=True).start()
        begun = time.monotonic()
        watched = most = analysed = peak = wall = 0
        case_file = pathlib.Path(f"{folder}/case/case.json")
        while tidemark.poll() is None:
            try:
                now, size = processor_seconds(tidemark.pid), resident(tidemark.pid)
            except (FileNotFoundError, ValueError, ProcessLookupError):
                break
            if not case_file.exists() or '"ending": "Open"' in case_file.read_text():
                watched, most, wall = now, max(most, size), time.monotonic() - begun
            analysed, peak = now, max(peak, size)
            time.sleep(0.1)
        captures = len([f for f in pathlib.Path(f"{folder}/case").iterdir() if f.name[0].isdigit()])
        return watched, wall, most, captures, analysed - watched, peak


def measure(name, seconds):
    os.chdir(ROOT / "zoo" / name)
    case = json.loads(pathlib.Path("case.json").read_text())
    service, pid = start(case)
    try:
        watched, wall, most, *_ = watch(pid, seconds, "--no-captures")
        print(f"{name:28} {watched / wall * 100:5.2f} % of a core, {most / 1e6:4.0f} MB ({wall:.0f} s)", end="", flush=True)
        watched, wall, most, captures, analysis, peak = watch(pid, seconds)
        print(
            f"; {captures} captures: {watched / wall * 100:5.2f} %, {most / 1e6:4.0f} MB ({wall:.0f} s);"
            f" the analysis: {analysis:4.1f} CPU s, {peak / 1e6:4.0f} MB",
            flush=True,
        )
    finally:
        os.killpg(service.pid, signal.SIGTERM)


def main():
    arguments = sys.argv[1:]
    seconds = 110
    if "--for" in arguments:
        at = arguments.index("--for")
        seconds = int(arguments[at + 1])
        del arguments[at : at + 2]
    subprocess.run([ROOT / "tidemark", "--version"], check=True, stdout=subprocess.DEVNULL)
    for name in arguments or CASES:
        measure(name, seconds)


main()
