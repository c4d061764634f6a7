"""What a person would run: the ten largest changes. Usage: python.py lineno|traceback OLD NEW"""
import sys
import tracemalloc

key, old, new = sys.argv[1:]
for stat in tracemalloc.Snapshot.load(new).compare_to(tracemalloc.Snapshot.load(old), key)[:10]:
    print(stat)
