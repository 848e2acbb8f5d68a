# spoil_cache.py FOLDER - damages two mappings and a placement in a cache, and puts folders in place of routings
import os
import sys

paths = sorted(os.path.join(sys.argv[1], name) for name in os.listdir(sys.argv[1]))
kinds = {kind: [path for path in paths if "/" + kind + "-" in path] for kind in ("mapping", "placement", "routing")}
for path in kinds["mapping"][:2]:
    with open(path, "w") as file:
        file.write("nonsense\n")
for path in kinds["placement"]:
    os.truncate(path, os.stat(path).st_size - 1)
for path in kinds["routing"]:
    os.remove(path)
    os.mkdir(path)
