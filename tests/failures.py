#!/usr/bin/env python3
"""Prints the failed tests of a .trx file with their messages, cut to what is readable in a log."""
import sys
import xml.etree.ElementTree as tree

NAMESPACE = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"

for result in tree.parse(sys.argv[1]).iter(NAMESPACE + "UnitTestResult"):
    if result.get("outcome") == "Passed":
        continue
    message = result.findtext(f"{NAMESPACE}Output/{NAMESPACE}ErrorInfo/{NAMESPACE}Message") or ""
    lines = message.strip().splitlines()
    print(f"--- {result.get('testName')}: {result.get('outcome')}")
    for line in lines[:40] + (["..."] + lines[-20:] if len(lines) > 60 else lines[40:]):
        print(f"    {line[:300]}")
