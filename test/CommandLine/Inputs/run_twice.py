# run_twice.py COMMAND... - runs the command twice at once, with @ replaced by a and b
import subprocess
import sys

runs = [subprocess.Popen([word.replace("@", name) for word in sys.argv[1:]]) for name in "ab"]
sys.exit(max([run.wait() for run in runs]))
